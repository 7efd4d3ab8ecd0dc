#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs libFuzzer targets from their seeds: fuzz.sh SECONDS TARGET[:GROUP]…
#
# Where a target's seeds lie in folders, GROUP names one of them: the run is for that alone (fuzz-artefacts:windows).
# What a run adds to the corpus, and what it crashed on, stays in .build-fuzz.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
swift=${SWIFT:-swift}
seconds=$1
shift
scratch=.build-fuzz

for name; do
  target=${name%%:*}
  group=${name#"$target"}
  group=${group#:}
  seeds=Tests/Fuzz/$target/seeds${group:+/$group}
  [ -d "$seeds" ] || { echo "fuzz: $name: there is no folder $seeds" >&2; exit 1; }
  # Optimised, for many more executions: Swift's own checks stay. One --sanitize only: with two the coverage is silently
  # lost.
  flags=(-c release --product "$target" --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -DFUZZING
    --scratch-path "$scratch")
  "$swift" build "${flags[@]}"
  program=$("$swift" build "${flags[@]}" --show-bin-path)/$target
  run=$scratch/$target${group:+-$group}
  corpus=$scratch/corpus/$target${group:+-$group}
  mkdir -p "$corpus"
  # The words of the seeds, whole: bytes changed by themselves seldom make one.
  { grep -rahoE '[A-Za-z_][A-Za-z0-9_.-]{3,31}' "$seeds" || true; } | sort -u | sed -n '1,3000s/.*/"&"/p' >"$run.dict"
  # The first folder receives what is new; the seeds are only read.
  FUZZ_GROUP=$group "$program" "$corpus" "$seeds" -dict="$run.dict" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=4096 -artifact_prefix="$run-" -print_final_stats=1 >"$run.log" 2>&1 \
    || { tail -n 40 "$run.log" >&2; echo "fuzz: $name found something, see $run-*" >&2; exit 1; }
  if grep -q 'Is the code instrumented' "$run.log"; then
    echo "fuzz: $name was built without coverage, so nothing was proven" >&2
    exit 1
  fi
  printf 'fuzz: %s: %s executions in %s s, nothing found\n' "$name" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$run.log")" "$seconds"
done
