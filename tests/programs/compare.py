"""Programs that were not written for this engine, run by `outlayer wasm run` and by wasmtime's own Python binding: the same input gives the
same output and exit status in both. Takes the command and the programs' paths; a path that is empty is skipped, with a word."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import wasmtime

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
    "javascript": [
        b'JSON.stringify([..."banana"].sort())',
        b"let a = 1n; for (let i = 1n; i <= 200n; i++) a *= i; a.toString()",
        b"const f = n => n < 2 ? n : f(n - 1) + f(n - 2); f(20)",
        b'throw new Error("no")',
    ],
}


def by_wasmtime(engine, module, stdin):
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "in"), Path(folder, "out")
        given.write_bytes(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.stdin_file = str(given)
        wasi.stdout_file = str(out)
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        status = 0
        try:
            linker.instantiate(store, module).exports(store)["_start"](store)
        except wasmtime.ExitTrap as end:
            status = end.code
        return out.read_bytes(), status


def by_outlayer(command, path, stdin):
    with tempfile.NamedTemporaryFile() as given:
        given.write(stdin)
        given.flush()
        run = subprocess.run([command, "wasm", "run", path, "--stdin", given.name, "--json"], capture_output=True, check=False)
    outcome = json.loads(run.stdout)
    return outcome["output"].encode(), outcome["exit_code"]


def main(command, paths):
    engine = wasmtime.Engine()
    failed = 0
    for name, path in paths:
        if not path:
            print(f"skip {name}: its tool chain is not on this machine, or too old")
            continue
        module = wasmtime.Module.from_file(engine, path)
        for stdin in CASES[name]:
            expected, got = by_wasmtime(engine, module, stdin), by_outlayer(command, path, stdin)
            verdict = "ok  " if expected == got else "FAIL"
            failed += expected != got
            print(verdict, name, stdin[:40], "" if expected == got else f"\n  wasmtime: {expected}\n  outlayer: {got}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], [argument.split("=", 1) for argument in sys.argv[2:]]))
