#!/usr/bin/env bash
# `outlayer wasm` as an author of programs meets it: what it prints, where, and with which exit status.
#   wasm_test.sh BIN_DIR GUESTS_DIR
set -euo pipefail
bin=$1 guests=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work XDG_CACHE_HOME=$work/cache
cd "$work"

fail() {
    echo "FAILED: $*" >&2
    cat out err >&2
    exit 1
}

# expect STATUS ARGUMENT…: runs `outlayer wasm ARGUMENT…`, keeps what it prints in `out` and `err`.
expect() {
    local status=0 wanted=$1
    shift
    "$bin/outlayer" wasm "$@" >out 2>err </dev/null || status=$?
    [[ $status == "$wanted" ]] || fail "outlayer wasm $* exits $status instead of $wanted"
}

says() { grep -qF -- "$2" "$1" || fail "$1 does not say: $2"; }
is_silent() { [[ ! -s $1 ]] || fail "$1 is not empty"; }

echo '# a program is compiled once, and its output stays as it is'
expect 0 compile "$guests/hello.wasm"
says out 'sha-256 '
expect 0 compile "$guests/hello.wasm"
says out 'was in the cache'
expect 0 run "$guests/hello.wasm"
[[ $(cat out) == hello ]] || fail 'the output is another'
says err 'completed: '
expect 0 run "$guests/hello.component.wasm" --json
says out '"outcome":"completed","output":"hello\n"'
is_silent err

echo '# an end that is no success is exit status 1'
expect 1 run "$guests/hello.wasm" --max-instructions 10
says err 'out_of_instructions: 10 instructions'
expect 1 run "$guests/hello.wasm" --max-memory-mb 0 --json
says out '"outcome":"out_of_memory"'

if "$bin/outlayer" wasm run "$guests/hello.wasm" >/dev/full 2>err; then fail 'output that is lost is a success'; fi
says err 'error: standard output cannot be written'

echo '# what is no program is told as such'
printf '\0asm\1\0\0\0' >library.wasm
printf '#!/bin/sh\n' >script.wasm
: >empty.wasm
for verb in run compile; do
    expect 1 $verb library.wasm
    says err 'exports no function `_start`'
    expect 1 $verb script.wasm
    says err 'not WebAssembly'
    expect 1 $verb empty.wasm
    says err 'the program is empty'
    expect 1 $verb missing.wasm
    says err 'missing.wasm: No such file'
    expect 1 $verb /dev/zero
    says err 'longer than'
done
expect 1 inspect script.wasm
says err 'not WebAssembly'
expect 0 inspect library.wasm
says out 'module, 8 bytes, sha-256 93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476'

echo '# a program is shown, and cannot command the terminal'
expect 0 inspect "$guests/hello.component.wasm"
says out 'component, '
says out 'wasi:cli/stdout@0.2'
# imports a function with these names and has a manifest, all three with control characters
printf '\0asm\1\0\0\0\1\4\1\140\0\0\2\34\1\14\33[2J\33]0;x\7\r\n\13f\302\2332J\rnew\nx\0\0\0\36\21outlayer.manifest{\n\33]52;c;\7"}' >names.wasm
expect 0 inspect names.wasm
says out 'import '
says out '(function)'
says out 'section  outlayer.manifest 12 bytes'
[[ $(tr -d '\n' <out | LC_ALL=C grep -c '[[:cntrl:]]') == 0 ]] || fail 'control characters are printed'
LC_ALL=C grep -q $'\302\233' out && fail 'a control character of two bytes is printed'
expect 0 inspect names.wasm --json
says out '\u001B'

echo '# what takes a while is announced, once'
{ cat "$guests/hello.wasm"; printf '\0\202\237\111\1p'; head -c 1200000 /dev/zero; } >large.wasm
expect 0 run large.wasm
says err 'compiling large.wasm ('
expect 0 run large.wasm --json
is_silent err

echo '# wrong usage is exit status 2, and nothing is compiled for it'
for host in '' http://x.example x.example/ x.example:80 'x example' [::1] 2130706433 u@x.example; do
    expect 2 run script.wasm --allow-http "$host"
    says err '--allow-http'
done
for host in x.example X.Example. 192.0.2.1 2001:db8::1 '*'; do
    expect 0 run "$guests/hello.wasm" --allow-http "$host"
done
for options in '--rpc node' '--rpc file:///etc/passwd' '--env NAME' '--env =x' '--max-memory-mb -1' '--max-seconds x' --nonsense other.wasm; do
    expect 2 run script.wasm $options
done
expect 2 run "$guests/hello.wasm" --max-seconds 0
for verb in run inspect compile; do expect 2 $verb; done
expect 2 inspect library.wasm --stdin x
expect 2 nonsense library.wasm
expect 2
expect 0 run --help
says out 'usage: outlayer wasm run'
echo '6 passed, 0 failed'
