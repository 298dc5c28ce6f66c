# `make run` serves Strand on http://localhost:8000, `make test` passes all tests. Everything else is below.

export STRAND_MODELS_DIR ?= $(CURDIR)/models
# The parser that `make run` tries to fetch.
BEST_PARSER := hair-parser-pan

.DEFAULT_GOAL := help
.PHONY: help tools setup models run build test test-aws test-containers demo lint format bench bench-containers clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools:
	@command -v cargo >/dev/null || { echo "Rust is needed: install it with rustup (rustup.rs), then run make again." >&2; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is needed for SQLite (Debian: apt-get install gcc libc6-dev)." >&2; exit 1; }

setup: tools ## fetch ONNX Runtime into models/onnxruntime
	@models/fetch-onnxruntime

build: tools ## build the server, optimised
	cargo build --release --locked --package strand-server

models: build ## fetch the best hair parser into models/, where it can be had
	@target/release/strand-server models fetch $(BEST_PARSER) || \
		echo "Going on without $(BEST_PARSER): neither the mirror nor the network has it."

run: setup models ## set everything up, build, and serve http://localhost:8000
	target/release/strand-server

test: setup ## all tests
	cargo build --locked --workspace
	@target/debug/strand-server models fetch $(BEST_PARSER) || \
		echo "The tests go on without $(BEST_PARSER): neither the mirror nor the network has it."
	cargo test --locked --workspace --no-fail-fast

test-containers: tools ## images, Lambda functions and the store on AWS, tried on a Docker engine
	@tests/containers/run

test-aws: setup ## the store on AWS, against an emulator that it installs under target/
	tests/aws/run

demo: tools ## draw the photos of the README's tour again
	cargo run --locked --package strand-tests --bin render -- --demo docs/demo

lint: tools ## formatting and clippy, as CI checks them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings

format: tools ## format all code
	cargo fmt --all

bench: setup models ## the figures of the README
	cargo build --release --locked --workspace
	target/release/bench

bench-containers: tools ## what the functions cost at each memory size of Lambda
	@tests/containers/run bench

clean: ## remove what was built, not what was fetched
	cargo clean
