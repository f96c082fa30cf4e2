#!/bin/sh
# run.sh OUTLAYER JAVASCRIPT_WASM WORK_DIR: programs of other tool chains beside wasmtime's own binding, which requirements.txt locks.
# Go's are built here where there is a Go compiler as new as go/go.mod asks.
set -eu
cd "$(dirname "$0")"
outlayer=$1 javascript=$2 work=$3
export XDG_CACHE_HOME="$work/cache" PYTHONDONTWRITEBYTECODE=1

command -v python3 >/dev/null || { echo "python3 is missing: run \`make deps\`"; exit 1; }
if [ ! -f "$work/venv/ready" ] || [ requirements.txt -nt "$work/venv/ready" ]; then
    rm -rf "$work/venv"
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
    touch "$work/venv/ready"
fi
has_go() {
    wanted=$(sed -n 's/^go //p' go/go.mod)
    have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
    [ "$(printf '%s\n%s\n' "$wanted" "${have#go}" | sort -V | head -1)" = "$wanted" ]
}
set -- "javascript=$javascript"
for program in standard jq codec sql matrix; do
    built=
    if has_go; then
        built=$work/go-$program.wasm
        (cd go && GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath -o "$built" "./$program")
    fi
    set -- "$@" "go-$program=$built"
done
exec "$work/venv/bin/python" compare.py "$outlayer" "$@"
