#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lays out the files of one package below a folder, as they stand below a prefix: bin, lib, share.
#
#   layout.sh host PROGRAM PREFIX
#   layout.sh agent PROGRAM PREFIX
#
# The places are the same on every distribution but for the unit, the udev rule and the plugin of sos, which deb.sh and
# tarball.sh put where they want them.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/release.sh"

[[ $# -eq 3 ]] || fail "usage: layout.sh host|agent PROGRAM PREFIX"
program=$2 prefix=$3
[[ -x $program ]] || fail "$program is missing; run make deb, which builds it first"

# $1 FOLDER of PREFIX, then files that go there.
put() {
  local folder=$prefix/$1
  shift
  mkdir -p "$folder" && cp "$@" "$folder/" && (cd "$folder" && chmod 644 "${@##*/}")
}

# Manual pages are compressed, as everywhere; gzip's header has a time and a name unless told.
pages() { find "$prefix/share/man" -type f ! -name '*.gz' -exec gzip -9n {} +; }

mkdir -p "$prefix/bin"
case $1 in
  host)
    # The digests of the compiler's command lines, and so of the checkout's place, are no part of what it runs by.
    digests=$(mktemp)
    size=$(objdump --section-headers "$program" | awk '$2 == ".swift_modhash" { print "0x" $3 }')
    head -c "$((${size:-0}))" /dev/zero >"$digests"
    objcopy --strip-all --remove-section=.comment --remove-section=.note \
      ${size:+--update-section ".swift_modhash=$digests"} "$program" "$prefix/bin/virt-balloon"
    rm -f "$digests"
    chmod 755 "$prefix/bin/virt-balloon"
    # What the program says of itself, so it is asked, not its sources.
    share=$prefix/share
    mkdir -p "$share"/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d,man/man1}
    # It is sourced, not run: its first line would only mislead.
    "$program" --generate-completion-script bash | sed '1{/^#!/d}' >"$share/bash-completion/completions/virt-balloon"
    "$program" --generate-completion-script zsh >"$share/zsh/site-functions/_virt-balloon"
    "$program" --generate-completion-script fish >"$share/fish/vendor_completions.d/virt-balloon.fish"
    "$program" --experimental-dump-help \
      | python3 "$packaging/manual-pages.py" "$version" "$SOURCE_DATE_EPOCH" "$share/man/man1"
    put share/doc/virt-balloon "$repo/README.md"
    # The prose manual, where it has been written.
    if [[ -d $repo/docs ]]; then cp -R "$repo/docs" "$prefix/share/doc/virt-balloon/manual"; fi
    put share/doc/virt-balloon/protocol "$repo"/protocol/*.md
    put share/doc/virt-balloon/protocol/schema "$repo"/protocol/schema/*.json
    put share/doc/virt-balloon/protocol/vectors "$repo"/protocol/vectors/*
    put share/doc/virt-balloon/samples/agents "$repo"/samples/agents/*
    put share/doc/virt-balloon/samples/windows "$repo"/samples/windows/*
    if [[ -d $repo/samples/monitoring ]]; then
      cp -R "$repo/samples/monitoring" "$prefix/share/doc/virt-balloon/samples/"
    fi
    ;;
  agent)
    if readelf -lW "$program" | grep -q INTERP; then fail "$program is not statically linked"; fi
    strip --strip-all --remove-section=.comment --remove-section=.note -o "$prefix/bin/virt-balloon-agent" "$program"
    chmod 755 "$prefix/bin/virt-balloon-agent"
    put share/man/man8 "$packaging/virt-balloon-agent.8"
    put share/doc/virt-balloon-agent "$repo/protocol/specification.md"
    ;;
  *) fail "usage: layout.sh host|agent PROGRAM PREFIX" ;;
esac
pages
