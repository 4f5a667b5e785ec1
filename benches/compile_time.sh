#!/usr/bin/env bash
# What 1000 annotated functions add to a debug build: `#[timed]` and tracing's `#[instrument]` beside the same crate
# without either. Rounds are interleaved, medians taken. The time is that of the processor in user mode, of the crate
# alone: its dependencies are built before, and other load on the machine matters little to it.
#
# usage: compile_time.sh [FUNCTIONS] [ROUNDS]      by default 1000 functions, 7 rounds
set -euo pipefail
cd "$(dirname "$0")"
functions=${1:-1000}
rounds=${2:-7}
bar_seconds=1.0
project=$(cd .. && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Functions as they are written: some async, some generic, some that fail.
source_of() { # ATTRIBUTE
    for ((i = 0; i < functions; i++)); do
        case $((i % 4)) in
        0) echo "$1 pub fn f$i(a: u64, b: u64) -> u64 { let c = a.wrapping_mul(b); c ^ $i }" ;;
        1) echo "$1 pub fn f$i(text: &str) -> Result<u64, std::num::ParseIntError> { let n: u64 = text.parse()?; Ok(n + $i) }" ;;
        2) echo "$1 pub async fn f$i(a: u64) -> u64 { std::future::ready(a).await + $i }" ;;
        3) echo "$1 pub fn f$i<T: AsRef<str>>(of: &[T]) -> usize { of.iter().map(|t| t.as_ref().len()).sum::<usize>() + $i }" ;;
        esac
    done
}

crate() { # NAME ATTRIBUTE
    mkdir -p "$scratch/$1/src"
    cat >"$scratch/$1/Cargo.toml" <<END
[package]
name = "$1"
version = "0.0.0"
edition = "2024"
[dependencies]
metrics-core = { path = "$project/metrics-core" }
tracing = "0.1"
END
    source_of "$2" >"$scratch/$1/src/lib.rs"
}

variants="bare timed instrument"
crate bare ""
crate timed "#[metrics_core::timed]"
crate instrument "#[tracing::instrument(skip_all)]"
printf '[workspace]\nresolver = "3"\nmembers = ["bare", "timed", "instrument"]\n[profile.dev]\nincremental = false\n' >"$scratch/Cargo.toml"
cp Cargo.lock "$scratch/"
export CARGO_TARGET_DIR=$scratch/target
cd "$scratch"
cargo build --quiet

# Only the crate itself is compiled again.
build() { # NAME
    touch "$1/src/lib.rs"
    TIMEFORMAT=%U
    { time cargo build --quiet --package "$1" 2>&3; } 2>&1 3>&2
}

for ((round = 0; round < rounds; round++)); do
    for name in $variants; do build "$name" >>"$name.seconds"; done
done

median() { sort -n "$1.seconds" | sed -n "$((rounds / 2 + 1))p"; }
bare=$(median bare) timed=$(median timed) instrument=$(median instrument)
cd "$project"
changed=$(git status --porcelain --untracked-files=no)
echo "\`benches/compile_time.sh $functions $rounds\` · $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs" \
    "· $(rustc --version) · $(date -u '+%Y-%m-%d %H:%M') UTC · commit $(git rev-parse --short HEAD)${changed:++}"
echo
echo "| $functions functions, debug build | s of processor time | over the bare crate |"
echo "|---|---:|---:|"
for name in $variants; do
    median=$(median "$scratch/$name" || true)
    awk -v name="$name" -v time="$median" -v bare="$bare" 'BEGIN { printf "| %s | %.2f | %.2f |\n", name, time, time - bare }'
done
awk -v timed="$timed" -v bare="$bare" -v instrument="$instrument" -v bar="$bar_seconds" 'BEGIN {
    if (timed - bare > bar) { print "over the bar of " bar " s"; exit 1 }
    if (timed >= instrument) { print "not cheaper than #[instrument]"; exit 1 }
}'
