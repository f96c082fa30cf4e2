# What runs programs beside wasmtime's own binding: sourced by run.sh and by scripts/bench.sh, from anywhere.
programs=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# wasmtime_python WORK_DIR: prints a Python that has what requirements.txt locks: the binding, componentize-py. Fails without Python or its registry.
wasmtime_python() {
    local venv=$1/venv wanted=$programs/requirements.txt
    command -v python3 >/dev/null || { echo "python3 is missing: run \`make deps\`" >&2; return 1; }
    if [ ! -f "$venv/ready" ] || [ "$wanted" -nt "$venv/ready" ]; then
        rm -rf "$venv"
        python3 -m venv "$venv" &&
            "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$wanted" >&2 || return 1
        touch "$venv/ready"
    fi
    echo "$venv/bin/python"
}

# has_go: there is a Go compiler as new as go/go.mod asks.
has_go() {
    local wanted have
    wanted=$(sed -n 's/^go //p' "$programs/go/go.mod")
    have=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
    [ "$(printf '%s\n%s\n' "$wanted" "${have#go}" | sort -V | head -1)" = "$wanted" ]
}

# build_go PROGRAM WORK_DIR: prints the path of the program built from go/PROGRAM; nothing without a Go compiler.
build_go() {
    local built=$2/go-$1.wasm
    has_go || return 0
    (cd "$programs/go" && GOOS=wasip1 GOARCH=wasm GOFLAGS=-mod=readonly GOTOOLCHAIN=local go build -trimpath -o "$built" "./$1") &&
        echo "$built"
}

# build_rust TARGET WORK_DIR: prints the path of rust/ built for the target; nothing where cargo or Rust's library for the target is missing.
build_rust() {
    local libraries
    command -v cargo >/dev/null && libraries=$(rustc --print target-libdir --target "$1" 2>/dev/null) && [ -d "$libraries" ] || return 0
    cargo build --quiet --locked --release --manifest-path "$programs/rust/Cargo.toml" --target "$1" --target-dir "$2/rust" &&
        echo "$2/rust/$1/release/text-tool.wasm"
}

# build_python WORK_DIR: prints the path of the component that componentize-py, beside the binding, makes of python/.
build_python() {
    local built=$1/python.wasm
    if [ ! -f "$built" ] || [ -n "$(find "$programs/python" "$programs/requirements.txt" -newer "$built")" ]; then
        mkdir -p "$1/python"
        cp "$programs/python/app.py" "$1/python/" && # Python compiles it beside itself
            VIRTUAL_ENV=$1/venv "$1/venv/bin/componentize-py" --quiet --wit-path "$programs/python/wit" --world program \
                componentize --python-path "$1/python" app --output "$built" >&2 || return 1
    fi
    echo "$built"
}
