#!/usr/bin/env bash
# Everything that must hold before a change lands. Needs Rust; installs the rest itself.
# Usage: ci/test.sh
set -euo pipefail
cd "$(dirname "$0")/.."

# What would let a second run compile less takes gigabytes, more than all the programs together.
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}

# With the seconds so far, so that it shows what takes long.
step() { printf '\n== %4d s: %s\n' "$SECONDS" "$*"; }

step "toolchain"
if command -v rustup >/dev/null; then
    for component in rustfmt clippy; do
        cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
    done
fi
cargo --version

step "format"
cargo fmt --all --check

step "lints, with every feature and with none"
cargo clippy --locked --workspace --all-features --all-targets -- -D warnings
cargo clippy --locked -p metrics-core -p metrics-layer --no-default-features --lib -- -D warnings

step "arguments of the macros are type-checked with feature off too"
cargo check --locked -p metrics-layer --features full,off --test timed_forms --test timed_outcomes --example functions

step "documentation, with every feature and with the default ones"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --all-features
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

step "dependencies of the default tree of metrics-layer: at most 40"
crates=$(cargo tree --locked -p metrics-layer -e normal --prefix none | sed 's/ (\*)$//' | sort -u | wc -l)
echo "$crates crates"
[ "$crates" -le 40 ]

step "models of the accumulators: every schedule of the small ones"
RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --locked \
    --target-dir "${CARGO_TARGET_DIR:-target}/loom" -p metrics-core --no-default-features --lib loom_tests::fast

step "tests"
# Windows and percentiles are compared with those of Python; without, that test says that it is left out.
command -v python3 >/dev/null || { apt-get update && apt-get install -y --no-install-recommends python3; } || true
scans=${SCANS_DIR:-../shared/data}
[ -d "$scans" ] || echo "LEFT OUT: no real scans at $scans (set SCANS_DIR); their tests skip and say so"
cargo test --locked --workspace --all-features

step "queries of real sqlx"
cargo test --locked --quiet --manifest-path tests/sqlx/Cargo.toml

step "two small published crates with #[timed] on every function, and their own tests (all of them: ci/verify.sh)"
cargo run --locked --quiet --manifest-path tests/annotate/Cargo.toml -- semver slab

step "what Prometheus makes of the exported text"
command -v promtool >/dev/null || { apt-get update && apt-get install -y --no-install-recommends prometheus; }
cargo test --locked --workspace --all-features --test prometheus_reads_it -- --ignored

step "the head unit, scraped by Prometheus, and while its clock is set"
find /usr/lib -name libfaketimeMT.so.1 | grep -q . || { apt-get update && apt-get install -y --no-install-recommends libfaketime; }
cargo test --locked --workspace --all-features --test head_unit_example -- --ignored

step "what engines hold, through everything that goes wrong; and what all stores tell of one workload"
command -v influxd >/dev/null && command -v victoria-metrics >/dev/null ||
    { apt-get update && apt-get install -y --no-install-recommends influxdb victoria-metrics; }
cargo test --locked --workspace --all-features --test engines --test fleet_example -- --ignored

step "alerts, received by Alertmanager"
command -v prometheus-alertmanager >/dev/null ||
    { apt-get update && apt-get install -y --no-install-recommends prometheus-alertmanager; }
cargo test --locked --workspace --all-features --test alerts_are_posted -- --ignored

step "the pages' scripts, type-checked against the models"
command -v npm >/dev/null || { apt-get update && apt-get install -y --no-install-recommends nodejs npm; }
npm ci --prefix tests/node --ignore-scripts --no-audit --no-fund
cargo test --locked --workspace --all-features --test page_types -- --ignored

step "the pages, in Chromium"
command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; }
# They wait for seconds to pass more than they work; those that measure time have the machine for themselves.
cargo test --locked --workspace --all-features --test in_chromium -- --ignored --skip for_long --test-threads 4

step "a store on disks that are full or broken, and no file without a store"
command -v strace >/dev/null || { apt-get update && apt-get install -y --no-install-recommends strace; }
cargo test --locked --workspace --all-features --test storage_disk_faults -- --ignored --test-threads 1

# Last, because it compiles the layer in another way.
step "who gets an answer in a release build: the same table, with our debug assertions off"
cargo test --locked --workspace --all-features --test access_table \
    --config 'profile.dev.package.metrics-layer.debug-assertions=false'
