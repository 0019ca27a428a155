# Each target does all of its own set-up: it needs a Rust toolchain and, on a fresh machine, a network.
#
#   make demo     the playground: 2 shards of real MySQL, a sample shop, a tour, and a proxy to connect to
#   make test     all tests, with real MySQL servers and real clients
#   make bench    direct, HAProxy and shardgate side by side
#   make oracle   the same statements on a plain MySQL and through the proxy, compared (SECONDS=60 SEED=1: random ones)
#
# CARGO_TARGET_DIR and SHARDGATE_CACHE move what is built and what is fetched out of the repository.

SHELL := /bin/bash
CACHE := $(or $(SHARDGATE_CACHE),$(CURDIR)/.cache)
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
export SHARDGATE_CACHE := $(CACHE)
export CARGO_TARGET_DIR := $(TARGET)

.PHONY: demo test bench oracle fmt lint mysql tools clients

demo: mysql
	cargo build --release --locked --package shardgate-cli
	"$(TARGET)/release/shardgate" playground $(ARGS)

test: mysql tools clients
	cargo build --locked --package shardgate-cli
	scripts/with-mysql.sh cargo test --locked --workspace --no-fail-fast $(ARGS)

bench: mysql tools
	cargo build --release --locked --package shardgate-cli
	cargo run --release --locked --package xtask -- bench $(ARGS)

oracle: mysql
	cargo build --locked --package shardgate-cli
	SHARDGATE_ORACLE_SECONDS=$(or $(SECONDS),60) SHARDGATE_ORACLE_SEED=$(SEED) \
		cargo test --locked --package shardgate-integration-tests --test answers -- oracle --nocapture $(ARGS)

fmt:
	cargo fmt --all

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

mysql:
	@scripts/mysql.sh >/dev/null

tools:
	@scripts/tools.sh >/dev/null

clients:
	@scripts/clients.sh
