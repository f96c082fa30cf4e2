#!/usr/bin/env bash
# run.sh OUTLAYER JAVASCRIPT_WASM WORK_DIR: programs of other tool chains beside wasmtime's own binding, which requirements.txt locks.
# Go's are built here where there is a Go compiler as new as go/go.mod asks.
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
exec "$python" "$programs/compare.py" "$outlayer" "$@"
