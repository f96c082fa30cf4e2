"""Makes the LLVM IR of a contract smaller in four ways that C cannot say.

A slice is passed and returned as one i64. The C ABI of WebAssembly passes a struct of two members by its address, so every call that takes or gives
one would go through memory. `byval` and `sret` of struct.slice become an i64 and a local variable, in definitions and calls alike, before any
optimisation; the optimiser then removes the variables.

Texts are shortened. What kit/text.h puts into the section "text" is rewritten byte by byte: `{}` becomes the byte 1, and the pairs of bytes that occur
most become bytes that are not ASCII's, one pair after the other (byte pair encoding). The table of what they stand for goes into section
"text_pairs", where kit/text.c finds it. A table of sentences (base/sentence.h) lies there too: the zeros that end its sentences stay.

What no table of fields (kit/schema.h) and no sentence needs is left out: `schema_parts` (kit/schema_parts.h) gets a bit for each type of field and each kind
of schema that there is, `text_parts` (kit/text.c) one for each kind of argument.

Constants have no identity: tables that hold the same may become one. Nothing compares their addresses.

    contract_ir.py linked.ll small.ll
"""
import collections
import re
import sys

SLICE = r"ptr [^,()]*{}\(%struct\.slice\) align 4 ([%@][\w.]+|getelementptr [^()]*\([^()]*\))"
RETURNED = re.compile(SLICE.format("sret") + r"(?:, )?")
PASSED = re.compile(SLICE.format("byval"))
UNCHANGED = re.compile(r"(?:byval|sret)\(%struct\.slice\)")


class Function:
    """Rewrites one function, line by line."""

    def __init__(self):
        self.result = None  # the variable that held the returned slice
        self.loads = 0

    def fresh(self):
        self.loads += 1
        return f"%packed{self.loads}"

    def definition(self, line):
        """Parameters become i64s, stored to variables of the old names."""
        first = []
        passed = re.findall(r"%v(\d+)[,)]", line)
        entry = f"v{max(map(int, passed)) + 1 if passed else 0}:"  # the unnamed first block, which phis may name
        returned = RETURNED.search(line)
        if returned:
            self.result = returned[1]
            first.append(f"  {self.result} = alloca %struct.slice, align 4")
            line = (line[: returned.start()] + line[returned.end() :]).replace(" void @", " i64 @", 1)
        for name in PASSED.findall(line):
            first += [f"  {name} = alloca %struct.slice, align 4", f"  store i64 {name}.packed, ptr {name}, align 4"]
        return [PASSED.sub(r"i64 \1.packed", line), entry, *first]

    def call(self, line):
        before, after = [], []

        def load(match):
            value = self.fresh()
            before.append(f"  {value} = load i64, ptr {match[1]}, align 4")
            return f"i64 {value}"

        line = PASSED.sub(load, line)
        returned = RETURNED.search(line)
        if returned:
            value = self.fresh()
            line = (line[: returned.start()] + line[returned.end() :]).replace("call void", f"{value} = call i64")
            after.append(f"  store i64 {value}, ptr {returned[1]}, align 4")
        return [*before, line, *after]

    def rewrite(self, line):
        line = re.sub(r"^(\d+):", r"v\1:", re.sub(r"%(\d+)\b", r"%v\1", line))  # numbers must ascend, names need not
        if line.startswith("define "):
            return self.definition(line)
        if line == "  ret void" and self.result:
            value = self.fresh()
            return [f"  {value} = load i64, ptr {self.result}, align 4", f"  ret i64 {value}"]
        return self.call(line) if " call " in line else [line]


def pack_slices(lines):
    function = None
    for line in lines:
        if line.startswith("define "):
            function = Function()
        if line == "}":
            function = None
        for changed in function.rewrite(line) if function else [line]:
            if UNCHANGED.search(changed):
                sys.exit(f"contract_ir.py: a slice that it does not understand: {changed}")
            yield changed


CONSTANT = re.compile(r'^(@[\w.]+ = internal )constant \[\d+ x i8\] c"(.*)", section "text", align 1$')
PAIRS = re.compile(r'^(@[\w.]+ = internal )constant .*, section "text_pairs", align \d+$')
ARGUMENT = 1
PAIR_CODES = [*range(128, 256), *range(32)]  # in the order of the table


def unquote(quoted):
    return re.sub(rb"\\([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), quoted.encode())


def quote(data):
    return "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\{c:02X}" for c in data)


def constant(data):
    return f'unnamed_addr constant [{len(data)} x i8] c"{quote(data)}", align 1'


def encode(texts):
    """The texts with pairs replaced, and the pairs: zeros where a byte stands for itself."""
    texts = [text.replace(b"{}", bytes([ARGUMENT])) for text in texts]
    pairs = bytearray(2 * len(PAIR_CODES))
    taken = {0, *b"".join(texts)}
    for at, code in enumerate(PAIR_CODES):
        if code in taken:
            continue
        counts = collections.Counter()
        for text in texts:
            counts.update(text[i : i + 2] for i in range(len(text) - 1) if 0 not in text[i : i + 2])
        pair, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=(b"", 0))
        if count < 2:
            break
        texts = [text.replace(pair, bytes([code])) for text in texts]
        pairs[2 * at : 2 * at + 2] = pair
    return texts, bytes(pairs)


def shorten_texts(lines):
    found = sorted({unquote(m[2])[:-1] for m in map(CONSTANT.match, lines) if m})
    encoded, pairs = encode(found)
    codes = dict(zip(found, encoded))
    for line in lines:
        if m := CONSTANT.match(line):
            line = m[1] + constant(codes[unquote(m[2])[:-1]] + b"\0")
        elif m := PAIRS.match(line):
            line = m[1] + constant(pairs)
        yield line


PARTS = re.compile(r'^(@[\w.]+ = internal )constant \[1 x i32\] \[i32 -1\], section "(schema|text)_parts", align 4$')
SCHEMA = re.compile(r"^@[\w.]+ = .*constant %struct\.schema { ptr [^,]*, ptr (?:getelementptr \(i8, ptr )?@([\w.]+).*, i8 (\d+), i8 (\d+) }")
FIELD_TYPE = re.compile(r"i8 (-?\d+) }(?:, |\]|$)")  # in a field's last byte
KINDS = 16


TEXT_ARGS = re.compile(r" call void @text_args_(\d)\(i32 noundef (\d+), ")  # each of them hands a variable on to the one before it
KIND_BITS = 4


def find_text_parts(lines):
    """The bits of text_parts."""
    bits = 0
    for count, kinds in (map(int, m.groups()) for m in map(TEXT_ARGS.search, lines) if m):
        for at in range(count):
            bits |= 1 << (kinds >> KIND_BITS * at & (1 << KIND_BITS) - 1)
    return bits


def find_schema_parts(lines):
    """The bits of schema_parts."""
    bits = 0
    schemas = [m for m in map(SCHEMA.match, lines) if m]
    if len(schemas) != sum("constant %struct.schema {" in line for line in lines):
        sys.exit("contract_ir.py: a schema that it does not understand")
    for table, count, kind in (m.groups() for m in schemas):
        (line,) = (line for line in lines if line.startswith(f"@{table} = "))
        types = [int(m[1]) >> 2 & 15 for m in FIELD_TYPE.finditer(line)]
        if len(types) < int(count):
            sys.exit(f"contract_ir.py: a table of fields that it does not understand: {line}")
        bits |= 1 << KINDS + int(kind)
        for field_type in types:
            bits |= 1 << field_type
    return bits


def set_parts(lines):
    bits = {"schema": find_schema_parts(lines), "text": find_text_parts(lines)}
    for line in lines:
        yield PARTS.sub(lambda m: f"{m[1]}unnamed_addr constant [1 x i32] [i32 {bits[m[2]]}], align 4", line)


def drop_identity(lines):
    for line in lines:
        yield re.sub(r"^(@\S+ = internal )constant ", r"\1unnamed_addr constant ", line)


def main():
    source, result = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        lines = file.read().split("\n")
    with open(result, "w", encoding="utf-8") as file:
        file.write("\n".join(drop_identity(set_parts(list(shorten_texts(list(pack_slices(lines))))))))


main()
