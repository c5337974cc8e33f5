#!/usr/bin/env bash
# Builds the Rust and the Go guest into build/rust.wasm and build/go.wasm, to be compared by `sluice bench --plugin`.
# Needs Go >= 1.24 and what Debian has in rustc-web, cargo-web, rust-web-src and lld-19.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p build

(cd go && GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o ../build/go.wasm .)

# There is no ready standard library for this target, so it is built too.
(cd rust && RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=../build/rust \
  RUSTFLAGS='-C linker=wasm-ld-19 -C link-arg=--allow-undefined' \
  /usr/bin/cargo build -q --release -Z build-std=std,panic_abort --target wasm32-unknown-unknown)
cp build/rust/wasm32-unknown-unknown/release/bench.wasm build/rust.wasm
ls -l build/*.wasm
