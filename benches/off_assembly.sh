#!/usr/bin/env bash
# Shows that feature `off` leaves nothing behind: the assembly of instrumented functions is that of bare ones.
# Usage: benches/off_assembly.sh
set -euo pipefail
cd "$(dirname "$0")/off"
target=${CARGO_TARGET_DIR:-target}/off
mkdir -p "$target"

# Instructions by function; label numbers, hashes and directives differ without meaning.
assembly() { # FEATURES NAME
    rm -rf "${target:?}/$2"
    cargo rustc -q --release --lib --features "$1" --target-dir "$target/$2" -- --emit asm
    sed -E 's/17h[0-9a-f]{16}E/E/g; s/\.L[A-Za-z]*[0-9_]+/.L/g; /^\s*\./d; /^\.L/d; /METRICS_SITE/d; /^\s*$/d' \
        "$target/$2"/release/deps/off_assembly-*.s > "$target/$2.s"
}
assembly "" bare
assembly timed timed
for function in plain node looked_at polled block; do
    grep -qE "off_assembly.*$function" "$target/timed.s" || { echo "$function is not in the assembly"; exit 1; }
done
diff "$target/bare.s" "$target/timed.s"
echo "same: $(grep -cE '^\s' "$target/timed.s") instructions in $(grep -cE '^_ZN' "$target/timed.s") functions"
