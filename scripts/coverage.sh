#!/usr/bin/env bash
# Line coverage of `make test`, a line a folder, with gcov. Builds its own folder, build/coverage.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake -S . -B build/coverage -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="--coverage -O0" >build/coverage.configure.log
ninja -C build/coverage
ctest --test-dir build/coverage --parallel "$(nproc)" || true
find build/coverage/src -name '*.gcda' -print0 | (cd build/coverage && xargs -0 -I{} gcov -r -s "$PWD/../.." "../../{}") 2>/dev/null |
    awk '/^File .src\//{split($2,p,/[\x27\/]/); dir=p[3]} /^Lines executed/ && dir {split($2,a,":"); n[dir]+=$4; hit[dir]+=a[2]*$4/100; dir=""}
         END {for (d in n) printf "%-14s %5.1f %% of %d lines\n", d, 100*hit[d]/n[d], n[d]}' | sort
