#!/usr/bin/env bash
# What takes too long for every change: run before a release, or when asked to.
# Usage: ci/verify.sh
set -euo pipefail
cd "$(dirname "$0")/.."

echo "== licences, sources and duplicates of the dependency tree"
command -v cargo-deny >/dev/null || cargo install --locked cargo-deny
cargo deny --all-features check licenses bans sources
