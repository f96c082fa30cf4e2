"""Compiling by the engine (a process of its own, confined, its artifact authenticated and kept) beside wasmtime's own binding with
instructions counted as well. Takes the command and programs as NAME=PATH; best of several, as what else runs only slows both."""

import json
import os
import subprocess
import sys
import tempfile
import time

import wasmtime

ROUNDS = 5


def by_outlayer(command, path):
    with tempfile.TemporaryDirectory() as cache:
        environment = dict(os.environ, XDG_CACHE_HOME=cache)
        run = subprocess.run([command, "wasm", "compile", path, "--json"], capture_output=True, check=True, env=environment)
    return json.loads(run.stdout)["compile_ms"]


def by_wasmtime(path):
    with open(path, "rb") as program:
        wasm = program.read()
    config = wasmtime.Config()
    config.consume_fuel = True
    start = time.monotonic()
    wasmtime.Module(wasmtime.Engine(config), wasm).serialize()
    return (time.monotonic() - start) * 1000


def main(command, programs):
    print(f"{f'compiling, best of {ROUNDS}':44} {'MB':>8} {'here ms':>8} {'wasmtime':>8} {'of it':>8}")
    for name, path in programs:
        here = theirs = float("inf")
        for _ in range(ROUNDS):
            here = min(here, by_outlayer(command, path))
            theirs = min(theirs, by_wasmtime(path))
        print(f"{f'{name} (goal: 1.15)':44} {os.path.getsize(path) / 1e6:8.1f} {here:8.0f} {theirs:8.0f} {here / theirs:8.2f}")


if __name__ == "__main__":
    main(sys.argv[1], [argument.split("=", 1) for argument in sys.argv[2:]])
