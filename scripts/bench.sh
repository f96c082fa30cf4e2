#!/usr/bin/env bash
# Every benchmark, a table each, on the release programs. Numbers are only worth comparing within one run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(readlink -f build/bin)
echo "$(nproc) cores, $(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)"
for bench in roundtrip engine program metering fetch component devnet devnet_start contract dcap vm attestation; do
    "$bin/bench_$bench" 2> >(grep -v '^  ' >&2)
done

. tests/programs/tools.sh
work=$bin/../programs
mkdir -p "$work"
if python=$(wasmtime_python "$work" 2>/dev/null); then
    go=$(build_go standard "$work") || go=
    PYTHONDONTWRITEBYTECODE=1 "$python" tests/bench/compile.py "$bin/outlayer" "JavaScript's interpreter=build/examples/javascript.wasm" ${go:+"Go, many data segments=$go"}
else
    echo "compiling beside wasmtime: not measured, its Python binding cannot be installed here"
fi
