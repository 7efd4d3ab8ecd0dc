#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the guest that the rig boots, once, into an ignored cache. Nothing is installed: packages are downloaded and
# unpacked. What is up to date is left alone, so running this again costs nothing.
#
#   build.sh [AGENT]
#
# AGENT is the static agent, by default .build/agents/x86_64-linux/virt-balloon-agent; the image is built without it
# where it does not exist. VB_CACHE is the cache (default .cache/guest of this checkout). VB_KERNEL_DEB is a Debian
# linux-image-*-cloud-amd64 package to use instead of the one that apt offers. VB_KERNEL is the name of another package
# that apt offers, by default linux-image-cloud-amd64: linux-image-6.12-cloud-amd64 is a newer kernel for Debian 12.
# Give it a cache of its own.
#
# The cache then holds vmlinuz and
#   initramfs.gz        busybox, init, the virtio modules, the agent
#   initramfs-bench.gz  the same and qemu-ga with its libraries
#   initramfs-wine.gz   the first and the Windows agents, where they have been built; wine.sh makes the Wine for them
# Each is several gzipped cpio archives one after the other, as the kernel accepts them, so that a new agent or a new
# init repacks a few kilobytes and not the image.
set -euo pipefail
# A login shell's umask must not make files that the user which libvirt runs QEMU as cannot read.
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../../.." && pwd)
cache=${VB_CACHE:-$repo/.cache/guest}
agent=${1:-$repo/.build/agents/x86_64-linux/virt-balloon-agent}
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_console virtio_balloon
  uio uio_pci_generic virtio_blk squashfs)

fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

for tool in apt-get apt-cache dpkg cpio gzip ldd sha256sum flock; do
  command -v "$tool" >/dev/null || fail "$tool is missing; the guest image is built from Debian's packages, with apt"
done

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -w 600 9 || fail "another build.sh has held $cache/.lock for ten minutes"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Packs directory $1 as a gzipped cpio archive $2, whole or not at all. Owners, times and order are fixed.
pack() {
  find "$1" -exec touch -h -d @0 {} +
  (cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --owner=0:0 \
    --reproducible --quiet | gzip -n -6) >"$work/packed"
  mv "$work/packed" "$2"
}

# Says whether $2 was made from what "$1" describes; otherwise the caller makes it and calls made.
is_made_from() { [[ -s $2 && -f $2.from && $(<"$2.from") == "$1" ]]; }
made() { printf '%s' "$1" >"$2.from"; }

download() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" >/dev/null) \
    || fail "apt-get could not download $1: is there a network, and has apt-get update been run?"
}

# busybox, the kernel and its modules. A newer kernel in the archive is no reason to build again.
# The number is raised by hand when this part of the script changes; so it is below.
base="kernel-1 ${modules[*]} ${VB_KERNEL_DEB:-${VB_KERNEL:-}}"
if ! is_made_from "$base" "$cache/base.cpio.gz" || [[ ! -s $cache/vmlinuz ]]; then
  if [[ -n ${VB_KERNEL_DEB:-} ]]; then
    cp "$VB_KERNEL_DEB" "$work/"
  else
    offered=${VB_KERNEL:-linux-image-cloud-amd64}
    kernel=$(apt-cache depends "$offered" 2>/dev/null \
      | sed -n 's/^ *Depends: \(linux-image-[0-9].*-cloud-amd64\)$/\1/p' | head -n 1)
    [[ -n $kernel ]] || fail "apt knows no $offered (Debian has it, Ubuntu does not): run apt-get update," \
      "or give VB_KERNEL_DEB, a linux-image-*-cloud-amd64 package from a Debian mirror"
    printf 'guest image: downloading %s\n' "$kernel" >&2
    download "$kernel"
  fi
  dpkg -x "$work"/linux-image-*.deb "$work/kernel"
  download busybox-static
  dpkg -x "$work"/busybox-static_*.deb "$work/busybox"

  root=$work/base
  mkdir -p "$root"/{bin,dev,lib/modules,proc,run,sys,tmp}
  busybox=$(find "$work/busybox" -type f -path '*/bin/busybox')
  cp "$busybox" "$root/bin/busybox"
  builtin=$(find "$work/kernel" -name modules.builtin)
  for module in "${modules[@]}"; do
    file=$(find "$work/kernel" \( -name "$module.ko" -o -name "$module.ko.xz" \))
    if [[ -z $file ]]; then
      grep -q "/$module\.ko$" "$builtin" || fail "the kernel package has no module $module"
      continue
    fi
    case $file in
      *.xz) xz -dc "$file" >"$root/lib/modules/$module.ko" ;;
      *) cp "$file" "$root/lib/modules/$module.ko" ;;
    esac
    chmod 644 "$root/lib/modules/$module.ko"
  done
  cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"
  chmod 644 "$work/vmlinuz"
  mv "$work/vmlinuz" "$cache/vmlinuz"
  pack "$root" "$cache/base.cpio.gz"
  made "$base" "$cache/base.cpio.gz"
fi

# qemu-ga and what it is linked with, for the comparison that `make bench` prints.
bench="qemu-ga-1"
if ! is_made_from "$bench" "$cache/qemu-ga.cpio.gz"; then
  download qemu-guest-agent
  dpkg -x "$work"/qemu-guest-agent_*.deb "$work/qemu-ga"
  root=$work/bench
  mkdir -p "$root/bin"
  cp "$work/qemu-ga/usr/sbin/qemu-ga" "$root/bin/qemu-ga"
  libraries=$(ldd "$root/bin/qemu-ga")
  ! grep 'not found' <<<"$libraries" >&2 || fail "qemu-ga's libraries are not all installed here"
  # Each line is "name => /path (address)" or, for the loader, "/path (address)".
  for library in $(sed -n 's/.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p' <<<"$libraries"); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
  pack "$root" "$cache/qemu-ga.cpio.gz"
  made "$bench" "$cache/qemu-ga.cpio.gz"
fi

# The guest's own scripts.
scripts=$(cat "$here/init.sh" "$here/vb.sh" | sha256sum)
if ! is_made_from "$scripts" "$cache/scripts.cpio.gz"; then
  mkdir -p "$work/scripts/bin"
  cp "$here/init.sh" "$work/scripts/init"
  cp "$here/vb.sh" "$work/scripts/bin/vb"
  chmod 755 "$work/scripts/init" "$work/scripts/bin/vb"
  pack "$work/scripts" "$cache/scripts.cpio.gz"
  made "$scripts" "$cache/scripts.cpio.gz"
fi

parts=("$cache/base.cpio.gz" "$cache/scripts.cpio.gz")
if [[ -f $agent ]]; then
  if readelf -l "$agent" 2>/dev/null | grep -q INTERP; then fail "$agent is not statically linked"; fi
  which=$(sha256sum <"$agent")
  if ! is_made_from "$which" "$cache/agent.cpio.gz"; then
    mkdir -p "$work/agent/bin"
    cp "$agent" "$work/agent/bin/virt-balloon-agent"
    chmod 755 "$work/agent/bin/virt-balloon-agent"
    pack "$work/agent" "$cache/agent.cpio.gz"
    made "$which" "$cache/agent.cpio.gz"
  fi
  parts+=("$cache/agent.cpio.gz")
else
  printf 'guest image: %s does not exist, building without the agent\n' "$agent" >&2
fi

# Joins archives $2… into $1, unless that is what it already holds.
join() {
  local image=$1 from
  shift
  from=$(cat "${@/%/.from}" | sha256sum)
  is_made_from "$from" "$image" && return
  cat "$@" >"$work/joined"
  mv "$work/joined" "$image"
  made "$from" "$image"
  printf 'guest image: %s, %s bytes\n' "$image" "$(stat -c %s "$image")" >&2
}
join "$cache/initramfs.gz" "${parts[@]}"
join "$cache/initramfs-bench.gz" "${parts[@]}" "$cache/qemu-ga.cpio.gz"

# The Windows agents, as they are shipped and as they are built for tests.
windows=$repo/.build/agents/x86_64-windows
if [[ -f $windows/virt-balloon-agent.exe && -f $windows-test/virt-balloon-agent-test.exe ]]; then
  which=$(cat "$windows/virt-balloon-agent.exe" "$windows-test/virt-balloon-agent-test.exe" | sha256sum)
  if ! is_made_from "$which" "$cache/windows.cpio.gz"; then
    mkdir -p "$work/agents/windows"
    cp "$windows/virt-balloon-agent.exe" "$work/agents/windows/agent.exe"
    cp "$windows-test/virt-balloon-agent-test.exe" "$work/agents/windows/agent-test.exe"
    pack "$work/agents" "$cache/windows.cpio.gz"
    made "$which" "$cache/windows.cpio.gz"
  fi
  join "$cache/initramfs-wine.gz" "${parts[@]}" "$cache/windows.cpio.gz"
else
  printf 'guest image: the Windows agents have not been built, building without them\n' >&2
fi
