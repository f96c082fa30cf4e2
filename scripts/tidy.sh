#!/usr/bin/env bash
# clang-tidy over every C file of ours, in parallel; silent when there is nothing to say. Needs build/clang (make lint).
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files 'src/*.c' 'tests/*.c' ':!tests/guests' | xargs -P "$(nproc)" -n 8 clang-tidy-19 --quiet --warnings-as-errors='*' -p build/clang 2> >(grep -v 'warnings generated' >&2)
