#!/bin/sh
# run.sh BIN_DIR CONTRACTS_DIR: the tests of this folder, which take longer than others.
set -eu

# npm leaves out the native parts of packages that want a newer Node than the one npm itself runs on.
[ "$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')" -ge 20 ] 2>/dev/null || {
    echo "skipped: componentize-js needs npm on Node 20 or newer, this is $(node --version 2>/dev/null || echo none)"
    exit 77
}
TEST_TIMEOUT_MS=300000 exec "$(dirname "$0")/../run-node.sh" componentize-js "$@"
