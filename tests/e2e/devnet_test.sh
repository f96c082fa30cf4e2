#!/usr/bin/env bash
# The development chain by itself, as a person meets it: start, account, fast-forward, export, a second chain from the export, reset.
#   devnet_test.sh BIN_DIR
set -euo pipefail
bin=$1
work=$(mktemp -d)
started=()
clean_up() {
    for pid in "${started[@]}"; do kill -TERM "$pid" 2>/dev/null && wait "$pid" || true; done
    rm -rf "$work"
}
trap clean_up EXIT
export HOME=$work/home
unset XDG_STATE_HOME OUTLAYER_NETWORK
mkdir -p "$HOME"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# status_of WANTED COMMAND…: runs it and compares its exit status.
expect() {
    local wanted=$1 status=0
    shift
    "$@" >"$work/out" 2>"$work/err" || status=$?
    [[ $status == "$wanted" ]] || { cat "$work/err" >&2; fail "exit $status instead of $wanted: $*"; }
}

says() {
    grep -q -- "$1" "$work/out" "$work/err" || fail "nothing says: $1"
}

# start NAME ARGUMENTS…: runs it in the background until it has said where it listens.
start() {
    local name=$1
    shift
    rm -f "$work/$name.out" # of an earlier one of this name: what it said is not heard again
    "$bin/outlayer" devnet start --listen 127.0.0.1:0 --json "$@" >"$work/$name.out" 2>"$work/$name.err" &
    started+=($!)
    for _ in $(seq 300); do [[ -s $work/$name.out ]] && return; sleep 0.1; done
    cat "$work/$name.err" >&2
    fail "outlayer devnet start says nothing"
}

end_last() {
    local pid=${started[-1]}
    kill -TERM "$pid"
    wait "$pid" || fail "outlayer devnet start exits $?"
    unset 'started[-1]'
}

rpc() {
    grep -o '"rpc":"[^"]*"' "$work/$1.out" | cut -d'"' -f4
}

balance() {
    "$bin/outlayer" account show "$1" --rpc "$2" --json | grep -o '"amount_yocto":"[0-9]*"'
}

echo '# wrong usage is told apart from failure'
expect 0 "$bin/outlayer" devnet --help
for word in start reset account fast-forward export Examples; do says "$word"; done
expect 2 "$bin/outlayer" devnet
expect 2 "$bin/outlayer" devnet nonsense
expect 2 "$bin/outlayer" devnet account
expect 2 "$bin/outlayer" devnet fast-forward many
expect 2 "$bin/outlayer" devnet start --nonsense
expect 1 "$bin/outlayer" devnet fast-forward 5
says 'outlayer devnet start'
expect 1 "$bin/outlayer" devnet export
says 'outlayer devnet start'

echo '# it runs in the default directory, one at a time'
start one --tick-ms 100
data=$HOME/.local/state/outlayer/devnet
cmp -s "$work/one.out" "$data/endpoints.json" || fail "endpoints.json is not what it printed"
expect 1 "$bin/outlayer" devnet start --listen 127.0.0.1:0
says 'another outlayer-devnet runs'
expect 1 "$bin/outlayer" devnet reset --yes
says 'end it first'

echo '# accounts are made with money and a key'
expect 0 "$bin/outlayer" devnet account carol --balance '7 NEAR'
says 'carol.test.near'
[[ $(balance carol.test.near "$(rpc one)") == '"amount_yocto":"7000000000000000000000000"' ]] || fail "carol has not 7 NEAR"
[[ $(stat -c %a "$HOME/.near-credentials/devnet/carol.test.near.json") == 600 ]] || fail "the key is open to others"
expect 1 "$bin/outlayer" devnet account carol
expect 0 "$bin/outlayer" devnet account dora.test.near --json
expect 0 "$bin/outlayer" devnet fast-forward 1000 --json
height=$(grep -o '[0-9]*' "$work/out")
[[ $height -gt 1000 ]] || fail "the chain is at $height"

echo '# a copy starts from what the running chain exports'
expect 0 "$bin/outlayer" devnet export --out "$work/state.json" --json
start two --data "$work/two" --genesis "$work/state.json"
[[ $(balance carol.test.near "$(rpc two)") == '"amount_yocto":"7000000000000000000000000"' ]] || fail "the copy has no carol"
expect 0 "$bin/outlayer" account send carol.test.near '1 NEAR' --as dora.test.near --data "$work/two"
end_last
expect 0 "$bin/outlayer" devnet export --data "$work/two" --out "$work/two.json"
diff <(grep -c '"AccessKey"' "$work/state.json") <(grep -c '"AccessKey"' "$work/two.json") || fail "keys are lost"
[[ ! -e $work/two/credentials/devnet/test.near.json ]] || fail "a key that the copy does not know is written"
expect 1 "$bin/outlayer" devnet start --data "$work/three" --genesis "$work/missing.json"
says 'missing.json'
echo '{"records":[{}]}' >"$work/bad.json"
expect 1 "$bin/outlayer" devnet start --data "$work/three" --genesis "$work/bad.json"
says 'record 0'

echo '# it goes on where it stopped, until it is reset'
end_last
start one --tick-ms 100
[[ $(balance carol.test.near "$(rpc one)") == '"amount_yocto":"7000000000000000000000000"' ]] || fail "carol is forgotten"
end_last
expect 2 "$bin/outlayer" devnet reset </dev/null
says -- '--yes'
expect 0 "$bin/outlayer" devnet reset --yes
[[ ! -e $data/devnet && ! -e $data/credentials ]] || fail "files of the chain are left"
expect 1 "$bin/outlayer" devnet reset --yes
echo '5 passed, 0 failed'
