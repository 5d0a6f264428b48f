#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fuzz.sh NAME SECONDS: runs one libFuzzer target on the corpus that is checked in, the rows of tests/data and what former
# runs found (build/fuzz/found/NAME), and then adds to tests/fuzz/corpus/NAME what reaches code that nothing there reaches.
# An input that breaks something is left in build/fuzz/: fix the fault, then put the input into tests/fuzz/corpus/NAME.
set -euo pipefail
name=$1 seconds=$2
build=build/fuzz/tests/fuzz
found=build/fuzz/found/$name seeds=build/fuzz/seeds/$name corpus=tests/fuzz/corpus/$name
mkdir -p "$found" "$seeds" "$corpus"
mapfile -t rows <"$build/$name.seeds"
"$build/${name}_replay" --save "$seeds" "${rows[@]}"
options=(-max_len=16384 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1)
[ ! -e "tests/fuzz/$name.dict" ] || options+=("-dict=tests/fuzz/$name.dict")
"$build/${name}_fuzz" "${options[@]}" -max_total_time="$seconds" -artifact_prefix="build/fuzz/$name-" \
  "$found" "$corpus" "$seeds"
# Inputs above 2 KiB are not kept: they would bring little and weigh much.
"$build/${name}_fuzz" -merge=1 -max_len=2048 "$corpus" "$seeds" "$found" 2>&1 | grep -E '^MERGE-OUTER: .*new files' || true
