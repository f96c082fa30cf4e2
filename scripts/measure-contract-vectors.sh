#!/usr/bin/env bash
# Measures tests/vectors/contracts anew: takes the contracts as built, keeps a copy beside the scenarios, and writes down what a reference
# machine makes of each scenario. Read the difference before you commit it: these outcomes are what the contracts promise.
#
#     REFERENCE_VM=path/to/tool scripts/measure-contract-vectors.sh [SCENARIO…]
#
# The tool takes a scenario file and prints one outcome a line, as `outlayer vm run` does, but on NEAR's own virtual machine crate.
set -euo pipefail
cd "$(dirname "$0")/.."
reference=${REFERENCE_VM:?set REFERENCE_VM to the program that runs a scenario on the reference machine}
built=${CONTRACTS:-build/dev/contracts}
vectors=tests/vectors/contracts

for contract in "$built"/*.wasm; do
    name=$(basename -s .wasm "$contract")
    if [[ -f "$vectors/$name.json" || -f "$vectors/$name.wasm" ]]; then
        cp "$contract" "$vectors/"
    fi
done
if (($# == 0)); then
    mapfile -t scenarios < <(basename -s .json "$vectors"/*.json)
else
    scenarios=("$@")
fi
for scenario in "${scenarios[@]}"; do
    "$reference" "$vectors/$scenario.json" >"$vectors/$scenario.jsonl.new"
    mv "$vectors/$scenario.jsonl.new" "$vectors/$scenario.jsonl"
done
git diff --stat -- "$vectors"
