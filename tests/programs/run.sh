#!/usr/bin/env bash
# run.sh OUTLAYER JAVASCRIPT_WASM WORK_DIR: programs of other tool chains beside wasmtime's own binding, which requirements.txt locks.
# They are built here, Go's and Rust's where there is a compiler for them.
set -euo pipefail
outlayer=$1 javascript=$2 work=$3
. "$(dirname "$0")/tools.sh"
export XDG_CACHE_HOME="$work/cache" PYTHONDONTWRITEBYTECODE=1

mkdir -p "$work"
python=$(wasmtime_python "$work")
set -- "javascript=$javascript"
for program in standard jq codec sql matrix; do
    built=$(build_go "$program" "$work")
    set -- "$@" "go-$program=$built"
done
for target in wasm32-wasip1 wasm32-wasip2; do
    built=$(build_rust "$target" "$work")
    set -- "$@" "rust-${target#wasm32-}=$built"
done
built=$(build_python "$work")
set -- "$@" "python=$built"
exec "$python" "$programs/compare.py" "$outlayer" "$@"
