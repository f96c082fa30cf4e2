#!/usr/bin/env bash
# Line coverage of `make test`, a line a folder, with gcov. Builds its own folder, build/coverage; the tasks' sandbox is off there,
# because the counters are written to files.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake -S . -B build/coverage -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="--coverage -O0 -DPROCESS_SANITIZED=1" \
    >build/coverage.configure.log
ninja -C build/coverage
ctest --test-dir build/coverage --parallel "$(nproc)" || echo "some tests failed; the figures are of what ran" >&2
find build/coverage/src -path '*/ol_*.dir/*' -name '*.gcda' -exec gcov -n {} + 2>/dev/null | awk '
    /^File / { path = $2; gsub(/\x27/, "", path); folder = match(path, /src\/[a-z]+\/[^ ]*\.c$/) ? substr(path, RSTART) : ""; split(folder, part, "/") }
    /^Lines executed/ && folder { split($2, figure, /[:%]/); lines[part[2]] += $4; hit[part[2]] += figure[2] * $4 / 100; folder = "" }
    END { for (f in lines) printf "%-14s %5.1f %% of %d lines\n", f, 100 * hit[f] / lines[f], lines[f] }' | sort
