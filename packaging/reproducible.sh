#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds all packages in this checkout and in a clone of it elsewhere, and compares them byte by byte.
#
# Needs a checkout without changes, since the clone has the last commit. Takes as long as two optimised builds.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fail() { printf 'reproducible.sh: %s\n' "$*" >&2; exit 1; }
[[ -z $(git -C "$repo" status --porcelain --untracked-files=no) ]] || fail "commit or stash what has changed first"

# Another path, of another length.
clone=$(mktemp -d)/a-second-place-for-the-same-sources
trap 'rm -rf "$(dirname "$clone")"' EXIT
git clone --quiet "$repo" "$clone"
# The dependencies' versions are exact in Package.swift; the file says the same with their commits.
if [[ -f $repo/Package.resolved ]]; then cp "$repo/Package.resolved" "$clone/"; fi

targets=(deb tarball windows-zip)
rm -rf "$repo/.build-packages"
make -C "$repo" --no-print-directory SWIFT="${SWIFT:-swift}" "${targets[@]}"
make -C "$clone" --no-print-directory SWIFT="${SWIFT:-swift}" "${targets[@]}"
differ=0
for file in "$repo"/.build-packages/*; do
  if cmp "$file" "$clone/.build-packages/${file##*/}"; then
    printf 'the same: %s  %s\n' "$(sha256sum <"$file" | cut -c 1-64)" "${file##*/}"
  else
    differ=1
  fi
done
exit $differ
