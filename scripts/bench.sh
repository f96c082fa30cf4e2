#!/usr/bin/env bash
# Every benchmark, a table each, on the release programs. Numbers are only worth comparing within one run.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(readlink -f build/bin)
echo "$(nproc) cores, $(awk -F': ' '/model name/{print $2; exit}' /proc/cpuinfo)"
for bench in roundtrip engine metering fetch component devnet devnet_start contract dcap vm attestation; do
    "$bin/bench_$bench" 2> >(grep -v '^  ' >&2)
done
