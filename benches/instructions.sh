#!/bin/sh
# Instructions per call of every contender, by valgrind's callgrind: the difference of two runs of the same
# program that differ in the number of calls only, divided by that number. Only the calling thread counts, and only
# while it makes calls: calibration of clocks and background threads do not.
#
# Then those of reading functions, per function, which tell how reading grows whatever the caches hold.
#
# usage: instructions.sh [CONTENDER…]      all contenders and the readings, if none is named
#
# Valgrind shows the program a processor without AVX-512; what the C library chooses by processor (memcmp, memcpy)
# may therefore be another variant than in the timed runs. The time stamp counter is read as in the timed runs.
set -eu
cd "$(dirname "$0")"

few=20000
many=120000

cargo build --release --quiet --bin one
one=${CARGO_TARGET_DIR:-target}/release/one
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Instructions of thread 1 in a run of that program with these arguments.
count() {
    file="$scratch/$(echo "$*" | tr ' ' .)"
    valgrind --quiet --tool=callgrind --separate-threads=yes \
        --toggle-collect='*metrics_bench::contender::Batch>::batch' \
        --callgrind-out-file="$file" "$one" "$@" >/dev/null 2>&1
    sed -n 's/^totals: //p' "$file-01"
}

measure() {
    per_call=$(count "$1" $few && count "$1" $many)
    echo "$per_call" | tr '\n' ' ' | awk -v calls=$((many - few)) -v name="$1" \
        '{ printf "%s,%.1f\n", name, ($2 - $1) / calls }' >"$scratch/$1.csv"
}

"$one" --list >"$scratch/list"
[ $# -gt 0 ] && names="$*" || names=$(cut -d ' ' -f 1 "$scratch/list")
running=0
for name in $names; do
    measure "$name" &
    running=$((running + 1))
    if [ $running -ge "$(nproc)" ]; then
        wait
        running=0
    fi
done
wait

changed=$(git status --porcelain --untracked-files=no -- .. ':!results')
header="$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs · $(uname -srm) · $(rustc --version) \
· $(valgrind --version) · $(date -u '+%Y-%m-%d %H:%M') UTC · commit $(git rev-parse --short HEAD)${changed:++}"

mkdir -p results
{
    echo "# benches/instructions.sh · $header"
    echo "contender,instructions_per_call"
    for name in $names; do cat "$scratch/$name.csv"; done
} >"$scratch/all.csv"
[ $# -gt 0 ] || cp "$scratch/all.csv" results/instructions.csv

echo "\`benches/instructions.sh\` · $header"
echo
echo "| | instructions per call | more than its baseline | baseline |"
echo "|---|---:|---:|---|"
# First the baselines, then what was counted, then the rows in their order.
tr ' ' ',' <"$scratch/list" | awk -F, '
    FILENAME == "-" { baseline[$1] = $2; next }
    FNR == 1 { pass++ }
    FNR <= 2 { next }
    pass == 1 { count[$1] = $2; next }
    { more = ($1 in baseline) && (baseline[$1] in count) ? sprintf("%.0f", $2 - count[baseline[$1]]) : "–"
      printf "| %s | %.0f | %s | %s |\n", $1, $2, more, baseline[$1] }
' - "$scratch/all.csv" "$scratch/all.csv"
[ $# -eq 0 ] || exit 0

echo
echo "| functions that two threads recorded | instructions of a reading, per function |"
echo "|---:|---:|"
for functions in 100 1000 10000; do
    once=$(count --functions $functions 1)
    twice=$(count --functions $functions 2)
    echo "$once $twice" | awk -v n=$functions '{ printf "| %d | %.0f |\n", n, ($2 - $1) / n }'
done
