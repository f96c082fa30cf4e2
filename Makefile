# OutLayer in C. `make demo` and `make test` are all a newcomer needs; both install what is missing.

SHELL := /bin/bash
JOBS ?= $(shell nproc)
ENGINE_DIR := build/engine
ENGINE_LIB := $(ENGINE_DIR)/release/liboutlayer_engine.a
ENGINE_SOURCES := $(addprefix third_party/engine/,Cargo.toml Cargo.lock build.rs) $(wildcard third_party/engine/src/*.rs third_party/engine/src/component/*.rs)
COMPONENTIZE := $(ENGINE_DIR)/componentize/release/componentize
COMPONENTIZE_SOURCES := $(addprefix tests/guests/componentize/,Cargo.toml Cargo.lock build.rs src/main.rs)
C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)

.PHONY: help deps deps-test engine componentize build demo test bench up fmt lint fuzz coverage clean dev

help:
	@echo 'make demo      build everything and watch one contract ask a question and get its answer'
	@echo 'make test      every test: unit, integration, end to end'
	@echo 'make up        the whole stack in the foreground, with a kept data directory'
	@echo 'make build     release programs in build/bin/, contracts in build/contracts/'
	@echo 'make bench     tables of speed, size and gas'
	@echo 'make lint fmt  check or apply formatting, clang-tidy, warnings under clang'
	@echo 'make fuzz      run every fuzz target for FUZZ_SECONDS (default 30) each'
	@echo 'make coverage  line coverage of the tests'
	@echo 'make deps      install what is missing; make clean removes build/ but keeps the engine'

deps:
	@scripts/deps.sh

deps-test:
	@scripts/deps.sh --test

# wasmtime, once. Nothing else rebuilds it.
$(ENGINE_LIB): $(ENGINE_SOURCES) | deps
	@echo 'engine: building wasmtime once, about four minutes on two cores'
	@mkdir -p $(ENGINE_DIR)
	CARGO_TARGET_DIR=$(abspath $(ENGINE_DIR)) OUTLAYER_ENGINE_INCLUDE=$(abspath $(ENGINE_DIR))/include \
		cargo build --release --locked --manifest-path third_party/engine/Cargo.toml
	@touch $@

engine: $(ENGINE_LIB)

# What makes the components that tests and benchmarks run.
$(COMPONENTIZE): $(COMPONENTIZE_SOURCES) | deps
	@echo 'componentize: building the tests'"'"' tool once, half a minute'
	CARGO_TARGET_DIR=$(abspath $(ENGINE_DIR))/componentize cargo build --release --locked --manifest-path tests/guests/componentize/Cargo.toml
	@touch $@

componentize: $(COMPONENTIZE)

build/%/build.ninja: CMakePresets.json CMakeLists.txt $(ENGINE_LIB)
	@cmake --preset $* >build/$*.configure.log || { cat build/$*.configure.log; exit 1; }

build: deps $(ENGINE_LIB) build/release/build.ninja
	@ninja -C build/release -j$(JOBS)
	@ln -sfn release/bin build/bin
	@ln -sfn release/contracts build/contracts
	@ln -sfn release/examples build/examples

dev: deps-test $(ENGINE_LIB) $(COMPONENTIZE) build/dev/build.ninja
	@ninja -C build/dev -j$(JOBS)

demo: build
	@build/bin/outlayer demo

up: build
	@build/bin/outlayer up

# Tests that compare with another implementation's outcomes say on a line how many there were; ctest keeps what passing tests print to itself.
test: dev
	@ctest --preset dev --parallel $(JOBS) --no-tests=error
	@sed -n '/^compared: /p' build/dev/Testing/Temporary/LastTest.log

bench: $(COMPONENTIZE) build
	@scripts/bench.sh

fmt:
	@clang-format-19 -i $(C_FILES)

lint: deps-test $(ENGINE_LIB) build/clang/build.ninja
	@clang-format-19 --dry-run -Werror $(C_FILES)
	@ninja -C build/clang -j$(JOBS)
	@scripts/tidy.sh
	@cd dashboard && node_modules/.bin/tsc --noEmit

fuzz: deps-test $(ENGINE_LIB) build/fuzz/build.ninja
	@ninja -C build/fuzz -j$(JOBS)
	@scripts/fuzz.sh

coverage: deps-test $(ENGINE_LIB)
	@scripts/coverage.sh

clean:
	@find build -mindepth 1 -maxdepth 1 ! -name engine -exec rm -rf {} + 2>/dev/null || true
