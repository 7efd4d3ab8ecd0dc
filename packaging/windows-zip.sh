#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Packs the Windows agents with their installation.
#
#   windows-zip.sh AGENT-64 AGENT-32 OUTDIR
#
# OUTDIR then holds virt-balloon-agent-VERSION-windows.zip: folders x64 and x86, each complete by itself, and what is
# for both. The same sources and tools give the same bytes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/release.sh"

[[ $# -eq 3 ]] || fail "usage: windows-zip.sh AGENT-64 AGENT-32 OUTDIR"
mkdir -p "$3"
out=$(cd "$3" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

name=virt-balloon-agent-$version-windows
root=$work/$name
for agent in "x64 $1" "x86 $2"; do
  mkdir -p "$root/${agent%% *}"
  cp "${agent#* }" "$root/${agent%% *}/virt-balloon-agent.exe"
  # cmd.exe reads either, but an editor of before Windows 10 shows one long line without the carriage returns.
  sed 's/$/\r/' "$repo/samples/windows/install.cmd" >"$root/${agent%% *}/install.cmd"
done
for file in README.md channel.xml unattend.xml; do cp "$repo/samples/windows/$file" "$root/$file"; done
cp "$repo/protocol/windows.md" "$root/windows.md"
sed 's/$/\r/' "$repo/protocol/LICENSE" "$packaging/windows-notices.txt" >"$root/LICENSE.txt"
(cd "$root" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/sums"
mv "$work/sums" "$root/SHA256SUMS"

# zip(1) is not everywhere, and Python's writes what it is told: order, time and attributes.
python3 - "$root" "$work/packed" "$SOURCE_DATE_EPOCH" <<'PYTHON'
import os, sys, time, zipfile
root, target, epoch = sys.argv[1:]
files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)
with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as archive:
    for file in files:
        info = zipfile.ZipInfo(os.path.relpath(file, os.path.dirname(root)), time.gmtime(int(epoch))[:6])
        info.external_attr, info.create_system = 0o100644 << 16, 3
        with open(file, 'rb') as content:
            archive.writestr(info, content.read(), zipfile.ZIP_DEFLATED, 9)
PYTHON
mv "$work/packed" "$out/$name.zip"
