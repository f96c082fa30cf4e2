#!/bin/sh
# test.sh OUTLAYER JAVASCRIPT_WASM: what the README promises, through `outlayer wasm run`.
set -eu
outlayer=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
failed=0

# check NAME STATUS EXPECTED_OUTPUT EXPECTED_IN_ERRORS SCRIPT [OPTIONS…]
check() {
    name=$1 status=$2 output=$3 errors=$4 script=$5
    shift 5
    got=0
    printf '%s' "$script" | "$outlayer" wasm run "$program" --stdin - "$@" >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" = "$status" ] && [ "$(cat "$work/out")" = "$output" ] && grep -q "$errors" "$work/err"; then
        echo "ok   $name"
    else
        echo "FAIL $name: exit status $got, output and errors:"
        cat "$work/out" "$work/err"
        failed=1
    fi
}

check 'arithmetic' 0 '2' '^completed' '1 + 1'
check 'text is printed as it is' 0 'hello' '^completed' '"hel" + "lo"'
check 'objects are JSON' 0 '{"a":[1,2,{"b":null}]}' '^completed' '({a: [1, 2, {b: null}]})'
check 'JSON in and out' 0 '{"sum":6}' '^completed' 'const q = JSON.parse("[1,2,3]"); ({sum: q.reduce((a, b) => a + b)})'
check 'print, and no value' 0 'a 1 true' '^completed' 'print("a", 1, true)'
check 'an empty script' 0 '' '^completed' ''
check 'a promise is awaited' 0 '7' '^completed' '(async () => { await null; return 7; })()'
check 'big integers' 0 '340282366920938463463374607431768211456' '^completed' '2n ** 128n'
check 'an exception' 1 '' 'Error: no' 'throw new Error("no")'
check 'a rejected promise' 1 '' 'TypeError: later' 'Promise.reject(new TypeError("later"))'
check 'a syntax error' 1 '' 'SyntaxError' 'let let = 1'
check 'endless recursion' 1 '' 'call stack exhausted' 'function f() { return f() + 1; } f()'
check 'an endless loop' 1 '' '^out_of_instructions' 'for (;;);' --max-instructions 1000000000
check 'a long wait' 1 '' '^deadline' 'for (;;);' --max-instructions 1000000000000 --max-seconds 1
check 'a memory hog' 1 '' '^out_of_memory' 'const hog = []; for (;;) hog.push("x".repeat(1e6) + hog.length)' --max-memory-mb 64
check 'a hog that doubles' 1 '' '^out_of_memory' 'let a = [1]; for (;;) a = a.concat(a)' --max-memory-mb 128
exit $failed
