#!/usr/bin/env bash
# The command as a person meets it: `outlayer demo` and `outlayer up`, and that they leave no process and no file behind.
#   command_test.sh BIN_DIR
set -euo pipefail
bin=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp HOME=$work/home
mkdir -p "$TMPDIR" "$HOME"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Every process of ours that works below the test's directory.
left_behind() {
    for environ in /proc/[0-9]*/environ; do
        tr '\0' '\n' <"$environ" 2>/dev/null | grep -q "^DATA_DIR=$work" && echo "${environ%/environ}"
    done
    return 0
}

echo '# the demonstration answers one question, refuses three and adds up'
"$bin/outlayer" demo >"$work/demo.out" 2>"$work/demo.err" || { cat "$work/demo.err" >&2; fail "outlayer demo exits $?"; }
for words in primes 'outcome   completed$' 'outcome   out_of_instructions: WASM execution failed: all fuel consumed' \
    'outcome   out_of_memory: WASM execution failed: memory limit' 'outcome   hash_mismatch: .*Hash mismatch!.*Actual: ' 'TGas' 'to the last yocto' 'outlayer verify tx' 'PROVEN (simulated TDX' 'TDX is simulated'; do
    grep -q "$words" "$work/demo.out" || fail "the report does not say: $words"
done
[[ $(grep -c 'answer    null' "$work/demo.out") == 3 ]] || fail "not three questions are answered with null"
[[ -z $(ls -A "$TMPDIR") ]] || fail "files are left: $(ls "$TMPDIR")"
[[ -z $(left_behind) ]] || fail "processes are left: $(left_behind)"

echo '# interrupted, it leaves nothing either'
"$bin/outlayer" demo >"$work/cut.out" 2>&1 &
demo=$!
for _ in $(seq 100); do grep -q 'asking' "$work/cut.out" && break; sleep 0.1; done
kill -KILL $(cat "/proc/$demo/task/$demo/children")
wait "$demo" && fail "a killed demonstration exits 0"
[[ -z $(ls -A "$TMPDIR") ]] || fail "files are left: $(ls "$TMPDIR")"
[[ -z $(left_behind) ]] || fail "processes are left: $(left_behind)"

echo '# the stack says where it listens, and ends when told to'
"$bin/outlayer" up --data "$work/data" --json >"$work/up.out" 2>"$work/up.err" &
up=$!
for _ in $(seq 300); do [[ -s $work/up.out ]] && break; sleep 0.1; done
[[ -s $work/up.out ]] || { cat "$work/up.err" >&2; fail "outlayer up says nothing"; }
cmp -s "$work/up.out" "$work/data/endpoints.json" || fail "endpoints.json is not what it printed"
kill -TERM "$up"
wait "$up" || fail "outlayer up exits $?"
[[ -z $(left_behind) ]] || fail "processes are left: $(left_behind)"

echo '# wrong usage is told apart from failure'
status=0; "$bin/outlayer" nonsense 2>/dev/null || status=$?
[[ $status == 2 ]] || fail "an unknown command exits $status"
status=0; "$bin/outlayer" up --nonsense 2>/dev/null || status=$?
[[ $status == 2 ]] || fail "an unknown option exits $status"
echo '4 passed, 0 failed'
