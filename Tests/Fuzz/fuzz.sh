#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs libFuzzer targets from their seeds: fuzz.sh SECONDS TARGET…
#
# What a run adds to the corpus, and what it crashed on, stays in .build-fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
swift=${SWIFT:-swift}
seconds=$1
shift
scratch=.build-fuzz

for target; do
  # Optimised, for many more executions: Swift's own checks stay. One --sanitize only: with two the coverage is silently
  # lost.
  flags=(-c release --product "$target" --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -DFUZZING
    --scratch-path "$scratch")
  "$swift" build "${flags[@]}"
  program=$("$swift" build "${flags[@]}" --show-bin-path)/$target
  mkdir -p "$scratch/corpus/$target"
  log=$scratch/$target.log
  # The first folder receives what is new; the seeds are only read.
  "$program" "$scratch/corpus/$target" "Tests/Fuzz/$target/seeds" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=4096 -artifact_prefix="$scratch/$target-" -print_final_stats=1 >"$log" 2>&1 \
    || { tail -n 40 "$log" >&2; echo "fuzz: $target found something, see $scratch/$target-*" >&2; exit 1; }
  if grep -q 'Is the code instrumented' "$log"; then
    echo "fuzz: $target was built without coverage, so nothing was proven" >&2
    exit 1
  fi
  printf 'fuzz: %s: %s executions in %s s, nothing found\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds"
done
