#!/usr/bin/env bash
# What takes too long for every change: run before a release, or when asked to.
# Usage: ci/verify.sh [licences|features|models|load|api|sanitizers|annotate|storage|engines|pages]..., by default all of
# them
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
host=$(rustc -vV | sed -n 's/^host: //p')

step() { printf '\n== %s\n' "$*"; }

licences() {
    step "licences, sources and duplicates of the dependency tree"
    command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
    cargo deny --all-features check licenses bans sources
}

# Each feature without the others: most dependencies are checked once more for each. ci/test.sh has all and none of them.
features() {
    local feature
    step "each feature alone"
    for feature in axum gzip influx listener live macros notify off query-events rusqlite sqlite stream system token; do
        cargo clippy --locked -p metrics-layer --no-default-features --features "$feature" --lib -- -D warnings
    done
}

# Every schedule with up to three preemptions, and every value a weak memory may show. Orders left out and shards
# owned twice are planted beside, and must be found.
models() {
    step "models of the accumulators"
    RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=3 cargo test --locked --release \
        --target-dir "$target/loom" -p metrics-core --no-default-features --lib loom_tests
}

# The tests that `cargo test` leaves out, with the smaller ones and the planted bugs beside them.
load() {
    step "many records, threads and hostile numbers"
    cargo test --locked --release -p metrics-layer --all-features \
        --test stress_loses_nothing --test memory_stays_flat --test hostile_numbers --test access_table
    cargo test --locked --release -p metrics-layer --all-features \
        --test stress_loses_nothing --test memory_stays_flat --test hostile_numbers \
        -- --ignored --nocapture ten_million hundred_thousand billion a_million for_long
    cargo test --locked --release -p metrics-core --lib -- --ignored --nocapture for_long
}

# A running example is asked what its OpenAPI document says, and what it does not say: nothing may be found.
api() {
    step "schemathesis against /api/metrics/openapi.json"
    local tools=$target/schemathesis printed=$target/axum_basic.out server address found=0
    if [ ! -x "$tools/bin/schemathesis" ]; then
        python3 -m venv "$tools" || { apt-get update && apt-get install -y --no-install-recommends python3-venv; }
        [ -x "$tools/bin/pip" ] || python3 -m venv "$tools"
        "$tools/bin/pip" install --quiet 'schemathesis>=4,<5'
    fi
    cargo build --locked -p metrics-layer --example axum_basic
    "$target/debug/examples/axum_basic" 127.0.0.1:0 >"$printed" &
    server=$!
    until address=$(grep -o 'http://[^/]*' "$printed"); do kill -0 "$server"; done
    # It keeps notes where it runs.
    (cd "$tools" && bin/schemathesis run "$address/api/metrics/openapi.json" --checks all --max-examples 300 --seed 1) ||
        found=$?
    kill "$server"
    return "$found"
}

# A program with a known bug must not end well, and must say why.
planted() {
    local sanitizer=$1 program=$2 complaint=$3 output
    RUSTC_BOOTSTRAP=1 rustc --edition 2024 -g "-Zsanitizer=$sanitizer" -Cunsafe-allow-abi-mismatch=sanitizer \
        --target "$host" -o "$target/planted-$program" "ci/planted/$program.rs"
    if output=$("$target/planted-$program" 2>&1); then
        echo "the $sanitizer sanitizer did not find the planted $program"
        return 1
    fi
    grep -q "$complaint" <<<"$output" && echo "planted $program: found"
}

# Tests under a sanitizer; what follows its name is for cargo.
under() {
    local sanitizer=$1
    shift
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=$sanitizer -Cunsafe-allow-abi-mismatch=sanitizer" \
        cargo test --locked --target-dir "$target/$sanitizer" --target "$host" --all-features "$@"
}

# What only pretends to be a forked child leaks the handle that one forgets.
concurrent=(--lib --test nothing_is_lost --test stress_loses_nothing --test windows_match_an_oracle
    --test installing_a_collector -- --skip a_forked_child_waits_for_no)

sanitizers() {
    mkdir -p "$target"
    step "AddressSanitizer and LeakSanitizer"
    planted address use_after_free heap-use-after-free
    under address -p metrics-core -p metrics-layer "${concurrent[@]}"
    # With the standard library rebuilt, because the one that comes with Rust shows races that are none.
    step "ThreadSanitizer"
    [ -d "$(rustc --print sysroot)/lib/rustlib/src/rust" ] || rustup component add rust-src
    planted thread data_race "global 'data_race::COUNTER'"
    under thread -Zbuild-std -p metrics-core -p metrics-layer "${concurrent[@]}"
}

# Published crates with `#[timed]` on every function, and their own tests: as before.
annotate() {
    step "published crates, annotated"
    cargo test --locked --quiet --manifest-path tests/annotate/Cargo.toml
    cargo run --locked --quiet --manifest-path tests/annotate/Cargo.toml
}

# Processes that are killed while they store, and files that are damaged: all within one store's promise.
storage() {
    step "a thousand kills and ten thousand damaged files"
    cargo test --locked --release -p metrics-layer --all-features --test storage_survives_kills --test storage_files \
        -- --ignored --nocapture
}

# Real engines, through whatever may happen to writes, in any order.
engines() {
    step "fifty rounds of faults between writers and their engines"
    command -v influxd >/dev/null && command -v victoria-metrics >/dev/null ||
        { apt-get update && apt-get install -y --no-install-recommends influxdb victoria-metrics; }
    ENGINE_ROUNDS=50 cargo test --locked -p metrics-layer --all-features --test engines -- \
        --ignored --nocapture any_faults_in_any_order
}

# The page with a thousand nodes, over ten minutes, and at the browser's full rate. Needs Chromium, as ci/test.sh does.
pages() {
    step "the page, for long"
    cargo test --locked --workspace --all-features --test in_chromium -- --ignored --nocapture --test-threads 1 for_long
}

[ $# -gt 0 ] || set -- licences features models load api sanitizers annotate storage engines pages
for part in "$@"; do
    case $part in
    licences | features | models | load | api | sanitizers | annotate | storage | engines | pages) "$part" ;;
    *) echo "no such part: $part" >&2 && exit 2 ;;
    esac
done
