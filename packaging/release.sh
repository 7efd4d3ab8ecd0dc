# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the other scripts: where things are, which version this is, and its one time for all that has a time.
# shellcheck shell=bash

packaging=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(dirname "$packaging")

fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# $1 FILE: the version that a program's source says.
version_in() { sed -n 's/^ *\(package \)\{0,1\}static let version = "\([0-9.]*\)"$/\2/p' "$repo/Sources/$1"; }
version=$(version_in BalloonCommands/VirtBalloon.swift)
[[ -n $version ]] || fail "Sources/BalloonCommands/VirtBalloon.swift says no version"
for program in virt-balloon-agent virt-balloon-agent-windows; do
  [[ $(version_in "$program/Program.swift") == "$version" ]] \
    || fail "Sources/$program/Program.swift says another version than virt-balloon's, $version"
done
[[ $(head -n 1 "$packaging/changelog") == "virt-balloon ($version) "* ]] \
  || fail "packaging/changelog does not begin with $version"

# The last commit's time; outside of git, that of the changelog's last entry.
if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  SOURCE_DATE_EPOCH=$(git -C "$repo" log -1 --format=%ct 2>/dev/null) \
    || SOURCE_DATE_EPOCH=$(date -d "$(sed -n '/^ -- /{s/.*>  //p;q}' "$packaging/changelog")" +%s)
fi
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

# Every time, owner and mode in directory $1 fixed: nothing of this machine or of its umask goes into a package.
fix() {
  find "$1" -type d -exec chmod 755 {} +
  find "$1" -type f -perm /111 -exec chmod 755 {} +
  find "$1" -type f ! -perm /111 -exec chmod 644 {} +
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}
