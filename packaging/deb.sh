#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the two Debian packages, with dpkg's own tools alone.
#
#   deb.sh HOST-PROGRAM AGENT OUTDIR
#
# OUTDIR then holds virt-balloon_VERSION_ARCHITECTURE.deb and virt-balloon-agent_VERSION_ARCHITECTURE.deb. The same
# sources and tools give the same bytes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/release.sh"

[[ $# -eq 3 ]] || fail "usage: deb.sh HOST-PROGRAM AGENT OUTDIR"
for tool in dpkg-deb dpkg-shlibdeps python3 strip; do
  command -v "$tool" >/dev/null || fail "$tool is missing; install dpkg-dev, binutils and python3 (make deb does)"
done
host=$(readlink -f "$1") agent=$(readlink -f "$2")
mkdir -p "$3"
out=$(cd "$3" && pwd)
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The shared libraries that the program itself is linked with, and which version of each it needs. Those that it opens
# on use are not among them: the control file names them.
mkdir "$work/debian"
printf 'Source: virt-balloon\n\nPackage: virt-balloon\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O "$host" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[[ -n $depends ]] || fail "dpkg-shlibdeps says no dependency of $host"

# $1 PACKAGE: its control file and scripts from packaging/PACKAGE, its files from $work/PACKAGE.
build() {
  local package=$1 root=$work/$1 doc=$work/$1/usr/share/doc/$1
  mkdir -p "$doc" "$root/DEBIAN"
  cp "$packaging/$package/copyright" "$doc/copyright"
  gzip -9nc "$packaging/changelog" >"$doc/changelog.gz"
  mkdir -p "$root/usr/share/lintian/overrides"
  cp "$packaging/$package/lintian-overrides" "$root/usr/share/lintian/overrides/$package"
  fix "$root"
  # What is installed, in kibibytes, as dpkg-gencontrol counts it: files by their sizes, all else as one.
  local size
  size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' \
    | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
  sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@SHLIBS@/$depends/" \
    "$packaging/$package/control" >"$root/DEBIAN/control"
  local script
  for script in postinst prerm postrm; do
    if [[ -f $packaging/$package/$script ]]; then
      install -m 755 "$packaging/$package/$script" "$root/DEBIAN/$script"
    fi
  done
  (cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
  fix "$root"
  # xz, which dpkg has known for more than ten years, not the zstd of newer ones; one thread cuts no blocks.
  DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz --build "$root" \
    "$out/${package}_${version}_$architecture.deb" >/dev/null
}

"$packaging/layout.sh" host "$host" "$work/virt-balloon/usr"
share=$work/virt-balloon/usr/share
mv "$share/zsh/site-functions" "$share/zsh/vendor-completions"
plugins=$work/virt-balloon/usr/lib/python3/dist-packages/sos/report/plugins
mkdir -p "$plugins"
cp "$repo/samples/sos/virt_balloon.py" "$plugins/"
build virt-balloon

# /lib: Debian and Ubuntu of before 2019 look there alone, and everywhere else it is another name of /usr/lib.
"$packaging/layout.sh" agent "$agent" "$work/virt-balloon-agent/usr"
mkdir -p "$work"/virt-balloon-agent/lib/{systemd/system,udev/rules.d}
cp "$repo/samples/systemd/virt-balloon-agent.service" "$work/virt-balloon-agent/lib/systemd/system/"
cp "$repo/samples/systemd/60-virt-balloon-agent.rules" "$work/virt-balloon-agent/lib/udev/rules.d/"
build virt-balloon-agent
