#!/bin/sh
# run.sh OUTLAYER JAVASCRIPT_WASM WORK_DIR: programs of other tool chains beside wasmtime's own binding, which requirements.txt locks.
# Go's is built here where there is a Go compiler.
set -eu
cd "$(dirname "$0")"
outlayer=$1 javascript=$2 work=$3
export XDG_CACHE_HOME="$work/cache" PYTHONDONTWRITEBYTECODE=1
go_wasm=

command -v python3 >/dev/null || { echo "python3 is missing: run \`make deps\`"; exit 1; }
if [ ! -f "$work/venv/ready" ] || [ requirements.txt -nt "$work/venv/ready" ]; then
    rm -rf "$work/venv"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
    touch "$work/venv/ready"
fi
if command -v go >/dev/null; then
    go_wasm=$work/go.wasm
    (cd go && GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -trimpath -o "$go_wasm" .)
fi
exec "$work/venv/bin/python" compare.py "$outlayer" "javascript=$javascript" "go=$go_wasm"
