# `make run` serves Strand on http://localhost:8000, `make test` runs the tests that need only this clone. Everything else is below.

export STRAND_MODELS_DIR ?= $(CURDIR)/models
# A hair parser beside the one in the binary, for the figures that compare them.
OTHER_PARSER := hair-parser-pan

.DEFAULT_GOAL := help
.PHONY: help tools setup models run build test test-portraits test-aws test-api test-clients test-browser test-embedding test-containers sam-local sam-invoke demo openapi lint format bench bench-containers eval clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

tools:
	@command -v cargo >/dev/null || { echo "Rust is needed: install it with rustup (rustup.rs), then run make again." >&2; exit 1; }
	@command -v cc >/dev/null || { echo "A C compiler is needed for SQLite and libjpeg (Debian: apt-get install gcc libc6-dev)." >&2; exit 1; }
	@command -v nasm >/dev/null || [ "$$(uname -m)" != x86_64 ] || echo "nasm is not installed: JPEGs will take longer (Debian: apt-get install nasm)." >&2

setup: tools ## fetch ONNX Runtime into models/onnxruntime
	@models/fetch-onnxruntime

build: tools ## build the server, optimized
	cargo build --release --locked --package strand-server

models: build ## fetch another hair parser into models/, where it can be had
	@target/release/strand-server models fetch $(OTHER_PARSER) || \
		echo "Going on without $(OTHER_PARSER): neither the mirror nor the network has it."

run: setup build ## set everything up, build, and serve http://localhost:8000
	target/release/strand-server

test: setup ## all tests that need nothing but this clone
	cargo build --locked --workspace
	cargo test --locked --workspace --no-fail-fast

test-portraits: setup ## the tests that need the portraits and the parser in ../shared
	cargo build --locked --workspace
	tests/ignored --lib --test acceptance --no-fail-fast -- --ignored portraits

test-containers: tools ## images, Lambda functions and the store on AWS, tried on a Docker engine
	@tests/containers/run

sam-local: ## the functions on this machine, by SAM, with S3 and DynamoDB emulated: http://localhost:3000; needs Docker
	@tests/containers/run sam-local

sam-invoke: ## while make sam-local serves: invoke each function with saved events, and print the answers
	@tests/containers/run sam-invoke

test-aws: setup ## the store on AWS, against an emulator that it installs under target/
	tests/aws/run

test-api: setup ## hold a live server to its OpenAPI document, with schemathesis
	cargo build --locked --workspace
	tests/api/run target/debug/strand-server

test-clients: setup ## generate TypeScript and Python clients, and walk through the API with them; needs npm (Debian: nodejs npm)
	cargo build --locked --workspace
	tests/clients/run target/debug/strand-server

# The tools of the browser tests, in a folder of their own.
BROWSER_TOOLS := target/browser/tools

$(BROWSER_TOOLS)/.installed: tests/browser/requirements.txt
	rm -rf $(BROWSER_TOOLS)
	python3 -m pip install --quiet --disable-pip-version-check --target $(BROWSER_TOOLS) -r $<
	touch $@

test-browser: setup $(BROWSER_TOOLS)/.installed ## the page in a real browser, which must be installed (Debian: chromium)
	cargo build --locked --workspace
	PYTHONPATH=$(BROWSER_TOOLS) python3 -m pytest -p no:cacheprovider -q tests/browser

# Photos of six shades, drawn and measured by Strand.
EMBEDDING_PHOTOS := target/embedding/photos
# The first Python that has PyTorch; the system's, where Debian installed it.
TORCH_PYTHON = $(shell for python in python3 /usr/bin/python3; do $$python -c 'import torch' 2>/dev/null && echo $$python && break; done)

test-embedding: setup ## compare the Python that trains the embedding with Strand; needs PyTorch (Debian: python3-torch)
	cargo build --locked --workspace
	target/debug/eval --donors $(EMBEDDING_PHOTOS) --stretch 1..7 --portraits none --cache target/embedding/cache
	@test -n "$(TORCH_PYTHON)" || { echo "PyTorch is needed (Debian: apt-get install python3-torch)." >&2; exit 1; }
	PYTHONDONTWRITEBYTECODE=1 $(TORCH_PYTHON) models/shade-embedding/parity.py models/shade-embedding/shade-embedding.bf16 $(EMBEDDING_PHOTOS)

demo: tools ## draw the photos of the README's tour again
	cargo run --locked --package strand-tests --bin render -- --demo docs/demo

openapi: tools ## write the OpenAPI description from the handlers again; review the difference
	STRAND_WRITE_OPENAPI=1 cargo test --locked --workspace --lib document

lint: tools ## formatting, clippy, and what each function links, as CI checks them
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	@# By themselves: in the whole workspace, each crate has the features that any other asks for.
	cargo check --locked --package strand-analyze --package strand-colors --package strand-train
	tests/links

format: tools ## format all code
	cargo fmt --all

bench: setup models ## the figures of docs/performance.md
	cargo build --release --locked --workspace
	target/release/bench

bench-containers: tools ## what the functions cost at each memory size of Lambda
	@tests/containers/run bench

eval: setup ## how often the right shade comes first, compared with baselines: tables, and plots in target/eval; PART=sight: what is taken for hair; PART=real: real photographs, of PHOTOS=folder
	cargo build --release --locked --package strand-eval
	target/release/eval $(if $(PART),--part $(PART)) $(if $(PHOTOS),--photos $(PHOTOS))

clean: ## remove what was built, not what was fetched
	cargo clean
