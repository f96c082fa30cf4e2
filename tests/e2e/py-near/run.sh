#!/bin/sh
# run.sh BIN_DIR CONTRACTS_DIR VENV_DIR: the tests of this folder, with exactly the packages that requirements.txt locks, in a virtual environment
# that is made in VENV_DIR and used again.
set -eu
cd "$(dirname "$0")"
export OUTLAYER_BIN="$1" OUTLAYER_CONTRACTS="$2" PYTHONDONTWRITEBYTECODE=1
venv=$3

command -v python3 >/dev/null || { echo "python3 is missing: run \`make deps\`"; exit 1; }
if [ ! -f "$venv/ready" ] || [ requirements.txt -nt "$venv/ready" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.txt
    touch "$venv/ready"
fi
exec "$venv/bin/python" -m unittest -v
