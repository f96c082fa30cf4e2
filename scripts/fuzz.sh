#!/usr/bin/env bash
# Runs every libFuzzer target of build/fuzz for FUZZ_SECONDS each (default 30), from its corpus in tests/fuzz/corpus/.
# New inputs stay in build/fuzz/corpus/; a crash leaves its input there and ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-30}
for target in build/fuzz/bin/fuzz_*; do
    name=$(basename "$target")
    corpus=$(ls -d tests/fuzz/corpus/*_fuzz 2>/dev/null | awk -v t="$name" -F/ 'index(t, $NF) {print; exit}')
    grown=build/fuzz/corpus/$name
    mkdir -p "$grown"
    echo "== $name, $seconds s"
    "$target" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 -print_final_stats=1 -artifact_prefix="$grown/" \
        "$grown" ${corpus:+"$corpus"} 2>&1 | grep -E 'number_of_executed_units|ERROR|SUMMARY|cov:' | tail -2
done
