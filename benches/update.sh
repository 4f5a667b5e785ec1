#!/bin/sh
# Runs every measurement and puts the tables into BENCHMARKS.md, below its marker. usage: as all.sh
set -eu
cd "$(dirname "$0")"
tables=$(mktemp)
trap 'rm -f "$tables"' EXIT
./all.sh "$@" >"$tables"
{ sed '/^<!-- tables/q' ../BENCHMARKS.md && echo && cat "$tables"; } >"$tables.new"
cat "$tables.new" >../BENCHMARKS.md
rm "$tables.new"
