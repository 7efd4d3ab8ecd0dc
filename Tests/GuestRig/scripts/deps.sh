#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what building and testing need and this machine has not: with apt on Debian and Ubuntu, as root or through
# sudo. Elsewhere it says what is missing. When everything is there it does nothing and says nothing.
#
#   deps.sh [windows|deb|experiment|optional]
#     windows     also what the Windows agent and its tests need
#     deb         also what building Debian packages needs
#     experiment  also what `make experiment` draws its plot with
#     optional    also what tests visibly skip without: Chromium and a font for it, sos, python3-jsonschema, debootstrap,
#                 lintian, tmux, Prometheus and its client for Python
set -euo pipefail

swift=${SWIFT:-swift}
fail() { printf 'deps: %s\n' "$*" >&2; exit 1; }

# What is looked for, and the Debian package that has it: a program, a file, or a module of Python.
needs=(
  "program gcc gcc" "program git git" "program make make" "program pkg-config pkg-config"
  "program qemu-system-x86_64 qemu-system-x86"
  "program libvirtd libvirt-daemon" "program virtlogd libvirt-daemon-system" "program virsh libvirt-clients"
  "file /usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so libvirt-daemon-driver-qemu"
  "file /usr/include/libvirt/libvirt.h libvirt-dev" "file /usr/include/libxml2/libxml/parser.h libxml2-dev"
  "file /usr/include/pci/pci.h libpci-dev|file /usr/include/x86_64-linux-gnu/pci/pci.h libpci-dev"
  "file /usr/include/archive.h libarchive-dev" "file /usr/include/gnutls/crypto.h libgnutls28-dev"
  "file /usr/include/hivex.h libhivex-dev" "file /usr/include/microhttpd.h libmicrohttpd-dev"
  "program hivexregedit libwin-hivex-perl"
  "program lspci pciutils" "program cpio cpio" "program tini tini" "program musl-gcc musl-tools"
  "program objcopy binutils" "program python3 python3" "program unshare util-linux"
  # qemu-ga is unpacked, not installed; these are the libraries it is linked with.
  "file /usr/lib/x86_64-linux-gnu/libglib-2.0.so.0 libglib2.0-0|file /lib/x86_64-linux-gnu/libglib-2.0.so.0 libglib2.0-0"
  "file /usr/lib/x86_64-linux-gnu/liburing.so.2 liburing2"
)
if [[ ${1-} == windows ]]; then
  needs+=(
    # The Windows agent, and Wine to run it; wine64 alone, since the package wine wants 32-bit libraries too.
    "program x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64" "program i686-w64-mingw32-gcc gcc-mingw-w64-i686"
    "program x86_64-w64-mingw32-windres binutils-mingw-w64-x86-64"
    "program i686-w64-mingw32-windres binutils-mingw-w64-i686"
    "file /usr/lib/wine/wine64 wine64" "program mksquashfs squashfs-tools"
  )
fi

if [[ ${1-} == deb ]]; then
  needs+=("program dpkg-shlibdeps dpkg-dev" "program xz xz-utils")
fi

if [[ ${1-} == experiment ]]; then
  needs+=(
    "program rsvg-convert librsvg2-bin" "file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core"
  )
fi

if [[ ${1-} == optional ]]; then
  needs+=(
    "program chromium chromium" "file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf fonts-dejavu-core"
    "file /usr/lib/python3/dist-packages/sos/report sosreport" "module jsonschema python3-jsonschema"
    "program debootstrap debootstrap" "program lintian lintian"
    "program tmux tmux" "program prometheus prometheus" "program promtool prometheus"
    "module prometheus_client python3-prometheus-client"
  )
fi

missing=()
for need in "${needs[@]}"; do
  found=
  while read -r kind what _; do
    case $kind in
      # Daemons stand in sbin, which is not in everybody's PATH.
      program) PATH="$PATH:/usr/sbin:/sbin" command -v "$what" >/dev/null && found=1 ;;
      file) [[ -e $what ]] && found=1 ;;
      module) python3 -c "import $what" 2>/dev/null && found=1 ;;
    esac
  done <<<"${need//|/$'\n'}"
  [[ -n $found ]] || missing+=("${need##* }")
done

if [[ ${#missing[@]} -gt 0 ]]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  command -v apt-get >/dev/null || fail "these Debian packages, or what they are called here, are missing: ${missing[*]}"
  as_root=()
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || fail "missing packages: ${missing[*]}; install them as root, or install sudo"
    as_root=(sudo)
  fi
  printf 'deps: installing %s\n' "${missing[*]}" >&2
  # A daemon that the installation starts would be a change to the machine that nobody asked for.
  install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -y install --no-install-recommends "$@" \
      >/dev/null
  }
  install "${missing[@]}" || { "${as_root[@]}" apt-get -qq update && install "${missing[@]}"; } \
    || fail "apt could not install ${missing[*]}"
fi

command -v "$swift" >/dev/null \
  || fail "no Swift toolchain: put swift 6.3 in PATH, or set SWIFT=/path/to/swift (https://www.swift.org/install)"
version=$("$swift" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
[[ $(printf '%s\n' 6.3 "${version:-0}" | sort -V | head -n 1) == 6.3 ]] \
  || fail "$swift is Swift ${version:-unknown}; 6.3 is needed"
