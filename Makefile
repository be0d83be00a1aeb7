# One obvious command each; `make` alone lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PREFIX ?= /usr/local
REQUIREMENTS := bindings-python/requirements-dev.txt

# Whatever ends up in the Python package: a change to any of it builds it anew.
NOT_PACKAGED := -name target -o -name tests -o -name benches -o -name bench -o -name fuzz -o -name '.*'
PACKAGE_SOURCES = $(wildcard Cargo.toml Cargo.lock) $(shell find core bindings-python \
	-type d \( $(NOT_PACKAGED) \) -prune -o -type f \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.py' -o -name '*.pyi' -o -name '*.txt' -o -name py.typed \) -print)

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: setup-run package ## start the FastAPI example; SECONDS=40 ends it after that time
	@trap : INT; $(BIN)/python examples/python-fastapi/run.py || [ $$? -eq 130 ]

.PHONY: one-registry
one-registry: setup-test package package-node ## Python, Node and C++ programs on one registry, with a real Prometheus; SECONDS=60
	@$(MAKE) --no-print-directory install-c PREFIX=target/c/prefix
	@PYTHON=$(abspath $(BIN))/python examples/one-registry/test target/c/prefix target/c/one-registry

.PHONY: test
test: setup-test ## every test there is; STEPS="loom fuzz" only these
	@.ci/test $(STEPS)

.PHONY: bench
bench: setup-test package package-node package-wasm ## measure against the usual clients, put the table into README.md
	cargo bench -p metrion-benches --bench side_by_side
	bindings-c/bench/run
	$(BIN)/python bindings-python/bench/bench.py
	$(BIN)/python bindings-python/bench/loop_pause.py
	$(BIN)/python bindings-python/bench/memory.py
	$(BIN)/python bindings-python/bench/shared.py
	node bindings-node/bench/bench.mjs
	node bindings-wasm/bench/bench.mjs
	$(BIN)/python -m core.benches.table

.PHONY: features
features: ## put the table of features by language into README.md, from what make test wrote
	$(PYTHON) -m core.conformance.table

.PHONY: lint
lint: setup-lint package bindings-node/node_modules/.stamp ## formatting, clippy, types, names, licences
	@.ci/lint

.PHONY: generate
generate: setup-lint $(VENV)/.stamp bindings-node/node_modules/.stamp ## write the generated files anew: protocol buffers, C header, .pyi, .d.ts
	cargo run -q -p metrion-xtask -- generate

.PHONY: check-generated
check-generated: setup-lint $(VENV)/.stamp bindings-node/node_modules/.stamp ## fail if a generated file is not what would be written
	cargo run -q -p metrion-xtask -- check-generated

.PHONY: fmt
fmt: setup-run $(VENV)/.stamp ## format the Rust and Python code
	cargo fmt --all
	$(BIN)/ruff format bindings-python core examples

.PHONY: coverage
coverage: ## line coverage of core/, fails under 90 %
	@.ci/coverage 90

.PHONY: docs
docs: ## the Rust API documentation, with every rustdoc warning an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps

.PHONY: dist
dist: setup-dist $(VENV)/.stamp bindings-node/node_modules/.stamp ## packages for Python, Node and C in dist/, each tried; STEPS="c" only some
	@.ci/dist $(STEPS)

.PHONY: install-c
install-c: ## the C and C++ library with its headers, into PREFIX=/usr/local
	cargo build --release -p metrion-c
	bindings-c/install target/release $(PREFIX)

.PHONY: package-kotlin
package-kotlin: ## the Kotlin jar, into the local Maven repository
	cargo build --release -p metrion-uniffi
	bindings-c/uniffi/package kotlin

.PHONY: package-ruby
package-ruby: ## the Ruby gem, bindings-c/uniffi/ruby/target/metrion.gem
	cargo build --release -p metrion-uniffi
	bindings-c/uniffi/package ruby

.PHONY: soak
soak: setup-test package ## hours instead of minutes: long fuzzing, stress and property tests
	.ci/fuzz 600
	METRION_STRESS_SECONDS=600 cargo test --release -p metrion-slab --test stress
	METRION_SOAK=1 cargo test -p metrion-slab --test processes --test forks --test faults
	PROPTEST_CASES=10000 cargo test --release --workspace --exclude metrion-python --all-features
	$(BIN)/python -m pytest -q bindings-python/tests --hypothesis-profile=soak
	$(BIN)/python bindings-python/tests/soak_churn.py

.PHONY: clean
clean: ## remove everything that was built
	rm -rf target dist $(VENV) bindings-node/node_modules bindings-node/dist bindings-node/packages bindings-node/metrion.node examples/node/node_modules \
		bindings-wasm/node_modules bindings-wasm/dist bindings-wasm/build
	rm -rf bindings-c/uniffi/kotlin/target bindings-c/uniffi/ruby/target examples/kotlin/target
	rm -f bindings-c/uniffi/ruby/lib/metrion/metrion_ffi.rb bindings-c/uniffi/ruby/lib/metrion/libmetrion_uniffi.*
	find . -type d \( -name __pycache__ -o -name '.*_cache' -o -name .hypothesis \) -prune -exec rm -rf {} +

# The parts that the commands above share.

.PHONY: setup-run setup-lint setup-dist setup-test
setup-run setup-lint setup-dist setup-test: setup-%:
	@PYTHON=$(PYTHON) .ci/setup $*

.PHONY: package
package: $(VENV)/.package-stamp

# The native module of Node is the library under the name that Node loads.
.PHONY: package-node
package-node: bindings-node/node_modules/.stamp ## the Node package, built in place
	cargo build --release -p metrion-node
	strip -S -o bindings-node/metrion.node target/release/libmetrion_node.$(if $(filter Darwin,$(shell uname -s)),dylib,so)
	cd bindings-node && npm run --silent build

bindings-node/node_modules/.stamp: bindings-node/package-lock.json
	cd bindings-node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The package for browsers: the WebAssembly module, JavaScript that wasm-bindgen makes for it, and Node's sources.
.PHONY: package-wasm
package-wasm: bindings-wasm/node_modules/.stamp ## the package for browsers, built in place
	.ci/wasm
	cd bindings-wasm && npm run --silent build

bindings-wasm/node_modules/.stamp: bindings-wasm/package-lock.json
	cd bindings-wasm && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.stamp: $(REQUIREMENTS)
	@echo "making the Python environment $(VENV)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	@touch $@

$(VENV)/.package-stamp: $(VENV)/.stamp $(PACKAGE_SOURCES)
	@echo "building the Python package (release; minutes the first time)"
	@touch $@.begun # so that a change made meanwhile still counts as newer
	@PATH="$(CURDIR)/$(BIN):$$PATH" pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --force-reinstall ./bindings-python
	@mv $@.begun $@
