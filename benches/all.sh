#!/bin/sh
# Runs every measurement of BENCHMARKS.md and prints its tables. usage: all.sh [RECORDS]  (default 1000000000)
set -eu
cd "$(dirname "$0")"
cargo build --release --quiet
cargo run --release --quiet --bin recording
cargo run --release --quiet --bin layer
cargo run --release --quiet --bin tcp
cargo run --release --quiet --bin reading
cargo run --release --quiet --bin growth
cargo run --release --quiet --bin memory -- --records "${1:-1000000000}"
cargo run --release --quiet --bin threads
cargo run --release --quiet --bin background
cargo run --release --quiet --bin collection
./instructions.sh
printf '\n## Feature `off`: assembly of instrumented functions beside that of bare ones\n\n'
./off_assembly.sh
