"""Programs that were not written for this engine, run by `outlayer wasm run` and by wasmtime's own Python binding: the same input gives the
same output and the same end in both. Takes the command and the programs' paths; a path that is empty is skipped, with a word."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import wasmtime
from wasmtime import component

# What it takes to build a program, by the first part of its name.
NEEDS = {
    "go": "a Go compiler as new as go/go.mod asks",
    "rust": "cargo and Rust's library for its target; with rustup: rustup target add wasm32-wasip1 wasm32-wasip2",
}

# The Rust program is a module for one target and a component for the other.
TEXT_TOOL = [
    b"find (?P<key>[[:alpha:]]+)=(\\d+)?\nwidth=10\nheigh\xc3\xb6t=7\ndepth=\n==\n",
    b"find (\n",
    b"replace (?i)\\b(\\w)(\\w*)\nHello wide WORLD of \xc3\xa9l\xc3\xa8ves\n$2-$1\n",
    b'json /b/1\n{"b": [1, {"z": 1e300, "a": 18446744073709551615, "text": "\\ud83d\\ude00"}], "c": null}',
    b'json /b/2\n{"b": [1, 2]}',
    b'json /b\n{"b": [1, 2}',
    b'table\nname,age\n"Zo\xc3\xab, B",44\nAl,31\n',
    b"table\nname,age\nAl\n",
    b"pack\n" + b"the quick brown fox " * 500,
    b"find x\n\xff\xfe",
    b"none of these\n",
]

CASES = {
    "go-standard": [
        b'{"words": ["pear", "apple", "fig"], "power": 500}',
        b'{"words": [], "power": 0}',
        b'{"fail": 7}',
        b"not json",
    ],
    "go-jq": [
        b'.a | map(. * 2), keys\n{"a": [1, 2, 3]}',
        b'[.[] | select(.age > 30) | {name, first: (.name | split(" ")[0])}] | sort_by(.first)\n'
        b'[{"name": "Zo\xc3\xab B", "age": 44}, {"name": "Al C", "age": 31}, {"name": "D", "age": 3}]',
        b"reduce range(100000) as $i (0; . + $i)\nnull",
        b'.a.b\n{"a": "text"}',
        b".[\n{}",
    ],
    "go-codec": [b"", b"hello hello w\xc3\xb6rld", bytes(range(256))],
    "go-sql": [
        b"CREATE TABLE fruit (id INT, name TEXT)\nINSERT INTO fruit (id, name) VALUES (1, 'fig')\n"
        b"INSERT INTO fruit (id, name) VALUES (2, 'pear')\nINSERT INTO fruit (id, name) VALUES (3, 'plum')\n"
        b"SELECT name FROM fruit WHERE id > 1\nDELETE FROM fruit WHERE id = 3\nSELECT id, name FROM fruit\n",
        b"SELECT a FROM nowhere\n",
    ],
    "go-matrix": [b"1", b"60", b"200", b"ten"],
    "rust-wasip1": TEXT_TOOL,
    "rust-wasip2": TEXT_TOOL,
    "python": [
        b"data = json.loads('{\"a\": [1, 2.5, null, true, \"\\\\u00e9\"]}'); print(data, json.dumps(data, sort_keys=True, indent=1))",
        b"text = 'pear apple fig apple'\nprint(sorted(collections.Counter(re.findall(r'\\w+', text)).items()))",
        b"print(math.factorial(300), 7**200 % 10**9, decimal.Decimal(2).sqrt(), fractions.Fraction(3, 7) ** 9, 0.1 + 0.2)",
        b"packed = zlib.compress(bytes(range(256)) * 40)\nprint(len(packed), zlib.decompress(packed)[-1], hashlib.sha256(packed).hexdigest(),"
        b" base64.b85encode(packed[:9]), struct.pack('<dI', 1.5, 7))",
        b"random.seed(7); print(random.sample(range(1000), 9), statistics.stdev([2, 4, 4.5, 9]), heapq.nsmallest(2, [3, 1, 2]))",
        b"print(unicodedata.normalize('NFKD', 'Zo\xc3\xab \xef\xac\x81'), 'stra\xc3\x9fe'.upper(), html.escape('<&>'), urllib.parse.quote('\xc3\xa9 /'))",
        b"print(datetime.date(2024, 2, 28) + datetime.timedelta(days=2), list(csv.reader(io.StringIO('a,\"b,c\"\\n1,2'))))",
        b"@dataclasses.dataclass(order=True)\nclass Point:\n    x: int\n    y: int = 0\nprint(sorted([Point(2), Point(1, 5)]))",
        b"def primes():\n    sieve = {}\n    for n in itertools.count(2):\n        step = sieve.pop(n, None)\n        if step is None:\n"
        b"            yield n\n            step = n\n        at = n + step\n        while at in sieve:\n            at += step\n"
        b"        sieve[at] = step\nprint(list(itertools.islice(primes(), 3000))[-1])",
        b"print('\\n'.join(difflib.unified_diff('a b c'.split(), 'a c d'.split(), lineterm='')), textwrap.fill('word ' * 30, 40))",
        b"def deep(n):\n    return n and 1 + deep(n - 1)\nprint(deep(500))\ntry:\n    deep(10**6)\nexcept RecursionError as e:\n    print(e)",
        b"try:\n    [0] * 10**9\nexcept MemoryError:\n    print('no memory')\nprint(len(bytearray(20 << 20)))",
        b"print('before'); 1 / 0",
        b"raise SystemExit(3)",
        b"def broken(:",
    ],
    "javascript": [
        b'JSON.stringify([..."banana"].sort())',
        b"let a = 1n; for (let i = 1n; i <= 200n; i++) a *= i; a.toString()",
        b"const f = n => n < 2 ? n : f(n - 1) + f(n - 2); f(20)",
        b'throw new Error("no")',
    ],
}


TRAP = "trap"  # how a program ends that neither returns nor exits


def run_module(store, engine, module):
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.instantiate(store, module).exports(store)["_start"](store)
    return 0


def run_component(store, engine, program):
    linker = component.Linker(engine)
    linker.add_wasip2()
    instance = linker.instantiate(store, program)
    interface = instance.get_export_index(store, "wasi:cli/run@0.2.0")
    run = instance.get_func(store, instance.get_export_index(store, "run", interface))
    return 0 if run(store).tag == "ok" else 1


def by_wasmtime(engine, program, stdin):
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "in"), Path(folder, "out")
        given.write_bytes(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.stdin_file = str(given)
        wasi.stdout_file = str(out)
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        try:
            end = (run_module if isinstance(program, wasmtime.Module) else run_component)(store, engine, program)
        except wasmtime.ExitTrap as exited:
            end = exited.code
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:  # the second is what a component's trap comes as
            if "wasm trap: " not in str(error):
                raise
            end = TRAP
        return out.read_bytes(), end


def by_outlayer(command, path, stdin):
    with tempfile.NamedTemporaryFile() as given:
        given.write(stdin)
        given.flush()
        run = subprocess.run([command, "wasm", "run", path, "--stdin", given.name, "--json"], capture_output=True, check=False)
    outcome = json.loads(run.stdout)
    ended = outcome["outcome"] in ("completed", "guest_exit")
    return outcome["output"].encode(), outcome["exit_code"] if ended else outcome["outcome"]


COMPONENT = b"\x0d\0\x01\0"  # instead of a module's version, behind the magic number


def load(engine, path):
    with open(path, "rb") as file:
        is_component = file.read(8)[4:] == COMPONENT
    return (component.Component if is_component else wasmtime.Module).from_file(engine, path)


def main(command, paths):
    engine = wasmtime.Engine()
    failed = 0
    for name, path in paths:
        if not path:
            print(f"skip {name}: it takes {NEEDS[name.split('-')[0]]}")
            continue
        program = load(engine, path)
        for stdin in CASES[name]:
            expected, got = by_wasmtime(engine, program, stdin), by_outlayer(command, path, stdin)
            verdict = "ok  " if expected == got else "FAIL"
            failed += expected != got
            print(verdict, name, stdin[:40], "" if expected == got else f"\n  wasmtime: {expected}\n  outlayer: {got}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], [argument.split("=", 1) for argument in sys.argv[2:]]))
