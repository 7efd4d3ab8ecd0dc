#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packs the host program and the Linux agent for distributions without a package of them.
#
#   tarball.sh HOST-PROGRAM AGENT OUTDIR
#
# OUTDIR then holds virt-balloon-VERSION-MACHINE-linux.tar.gz: one folder, laid out as below a prefix. The same sources
# and tools give the same bytes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/release.sh"

[[ $# -eq 3 ]] || fail "usage: tarball.sh HOST-PROGRAM AGENT OUTDIR"
host=$(readlink -f "$1") agent=$(readlink -f "$2")
mkdir -p "$3"
out=$(cd "$3" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

name=virt-balloon-$version-$(uname -m)-linux
root=$work/$name
"$packaging/layout.sh" host "$host" "$root"
"$packaging/layout.sh" agent "$agent" "$root"
mkdir -p "$root"/lib/{systemd/system,udev/rules.d} "$root/share/virt-balloon"
cp "$repo/samples/systemd/virt-balloon-agent.service" "$root/lib/systemd/system/"
cp "$repo/samples/systemd/60-virt-balloon-agent.rules" "$root/lib/udev/rules.d/"
cp -R "$repo/samples/sos" "$root/share/virt-balloon/"
# What the program asks of a system, from the program itself; the compiler's own libraries every system has.
libraries=$(objdump -p "$host" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|libgcc_s|libstdc\+\+|ld-linux.*)\.so/ { print $2 }' \
  | sort | sed 's/.*/`&`/' | paste -sd ' ' | sed 's/ / and /g')
glibc=$(objdump -T "$host" | sed -n 's/.*(\{0,1\}GLIBC_2\.\([0-9]*\).*/\1/p' | sort -n | tail -n 1)
sed "s/@GLIBC@/$glibc/; s/@LIBRARIES@/$libraries/" "$packaging/tarball-README.md" >"$root/README.md"
cp "$repo/LICENSE" "$root/LICENSE"
cp "$repo/protocol/LICENSE" "$root/LICENSE.agent"
cp "$packaging/virt-balloon/copyright" "$root/COPYRIGHT"
fix "$root"
tar --create --directory "$work" --sort=name --format=ustar --owner=0 --group=0 --numeric-owner "$name" \
  | gzip -9n >"$work/packed"
mv "$work/packed" "$out/$name.tar.gz"
