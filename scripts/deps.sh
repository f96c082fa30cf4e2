#!/usr/bin/env bash
# Finds what is missing to build (and with --test: to test) the project and installs it with apt when it may; otherwise prints
# the one command to run. Prints nothing but a short line when all is there.
set -euo pipefail

build_packages=(
    ca-certificates gcc libc6-dev make cmake ninja-build pkg-config
    clang-19 lld-19 llvm-19 binaryen python3 wasi-libc libclang-rt-19-dev-wasm32
    libsodium-dev libsecp256k1-dev libssl-dev libevent-dev libcurl4-openssl-dev libjansson-dev libsqlite3-dev libseccomp-dev libcmocka-dev
)
test_packages=(clang-format-19 clang-tidy-19 libclang-rt-19-dev python3-venv chromium)
cargo_needed=1.95.0

has_package() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

has_new_cargo() {
    local version
    version=$(cargo --version 2>/dev/null | cut -d' ' -f2) || return 1
    [[ -n $version && $(printf '%s\n%s\n' "$cargo_needed" "$version" | sort -V | head -1) == "$cargo_needed" ]]
}

command -v dpkg-query >/dev/null || {
    echo "this is not a Debian system: install a C toolchain, clang 19 with lld, wasi-libc, Rust $cargo_needed or newer and the libraries that scripts/deps.sh lists" >&2
    exit 1
}
packages=("${build_packages[@]}")
has_new_cargo || packages+=(cargo-web rustc-web)
command -v npm >/dev/null || packages+=(nodejs npm)
if [[ ${1:-} == --test ]]; then
    packages+=("${test_packages[@]}")
fi

missing=()
for package in "${packages[@]}"; do
    has_package "$package" || missing+=("$package")
done
if [[ ${#missing[@]} == 0 ]]; then
    echo "deps: all ${#packages[@]} packages are installed"
    exit 0
fi

install=(apt-get install -y --no-install-recommends "${missing[@]}")
echo "deps: ${#missing[@]} packages are missing: ${missing[*]}"
if [[ $(id -u) == 0 ]]; then
    run=(env DEBIAN_FRONTEND=noninteractive)
elif sudo -n true 2>/dev/null; then
    run=(sudo env DEBIAN_FRONTEND=noninteractive)
else
    echo "deps: run this as root, then call make again:" >&2
    echo "    apt-get update && ${install[*]}" >&2
    exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "deps: installing them with apt (a few minutes on a fresh machine)"
if ! { "${run[@]}" apt-get update -q && "${run[@]}" "${install[@]}" -q; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    echo "deps: apt could not install them; the command was: ${install[*]}" >&2
    exit 1
fi
has_new_cargo || { echo "deps: $(cargo --version 2>&1) is too old, $cargo_needed or newer is needed" >&2; exit 1; }
echo "deps: installed"
