#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a guest with systemd and udev from the clean Debian of clean-system.sh, into .cache/systemd-guest, once:
#
#   vmlinuz         Debian's cloud kernel
#   initramfs.gz    busybox and the modules that lead to the disk
#   root.squashfs   the system, which the guest takes read-only with a tmpfs above
#
# Nothing is installed here. Commands of a test arrive on the guest's second serial line, as in the rig's own guest.
set -euo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../../.." && pwd)
cache=$repo/.cache/systemd-guest
suite=bookworm
fail() { printf 'systemd-guest.sh: %s\n' "$*" >&2; exit 1; }

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock -w 900 9 || fail "another systemd-guest.sh has held $cache/.lock for a quarter of an hour"
# Made anew when anything that it is made by has changed.
from=$(cat "$here/systemd-guest.sh" "$here/systemd-guest-control.sh" "$here/clean-system.sh" | sha256sum)
if [[ -f $cache/from && $(<"$cache/from") == "$from" ]]; then exit 0; fi
bash "$here/clean-system.sh" prepare "$suite"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT

download() {
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" >/dev/null) \
    || fail "apt-get could not download $1: is there a network, and has apt-get update been run?"
}
kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null \
  | sed -n 's/^ *Depends: \(linux-image-[0-9].*-cloud-amd64\)$/\1/p' | head -n 1)
[[ -n $kernel ]] || fail "apt knows no linux-image-cloud-amd64 (Debian has it, Ubuntu does not): run apt-get update"
download "$kernel"
download busybox-static
dpkg -x "$work"/linux-image-*.deb "$work/kernel"
dpkg -x "$work"/busybox-static_*.deb "$work/busybox"
release=$(basename "$work"/kernel/lib/modules/*)

# The system: systemd, udev, and the kernel's modules of virtio, which udev loads as anywhere. For the program of the
# host: the libraries that its package names, and libvirtd, of whose drivers only the test driver stays.
state=$work/state
bash "$here/clean-system.sh" run "$suite" "$state" -- sh -euc '
  { apt-get -qq update && apt-get -qq -y install --no-install-recommends systemd-sysv udev kmod \
    libpci3 libxml2 libmicrohttpd12 libvirt-daemon; } >/dev/null 2>&1
  rm -f /usr/lib/*/libvirt/connection-driver/*.so
  rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /var/lib/apt/lists/*' \
  || fail "apt could not install systemd, udev and libvirtd into a clean $suite"
root=$state/upper
mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/usr/lib/modules/$release/kernel" "$root/root"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_reap.service getty.target; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
: >"$root/etc/machine-id"
: >"$root/etc/fstab"
echo guest >"$root/etc/hostname"
install -m 755 "$here/systemd-guest-control.sh" "$root/root/control.sh"
cat >"$root/etc/systemd/system/control.service" <<'UNIT'
[Unit]
Description=The test's commands
[Service]
ExecStart=/root/control.sh
Restart=always
UNIT
cat >"$root/etc/systemd/system/libvirtd.service" <<'UNIT'
[Unit]
Description=libvirt's daemon, started by the test that needs it
[Service]
ExecStart=/usr/sbin/libvirtd
UNIT
ln -sf /etc/systemd/system/control.service "$root/etc/systemd/system/multi-user.target.wants/"
ln -sf multi-user.target "$root/etc/systemd/system/default.target"
kernel_modules=$work/kernel/lib/modules/$release
cp "$kernel_modules"/modules.{order,builtin,builtin.modinfo} "$root/usr/lib/modules/$release/"
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_console virtio_balloon)
for module in "${modules[@]}"; do
  find "$kernel_modules/kernel" -name "$module.ko*" -exec cp {} "$root/usr/lib/modules/$release/kernel/" \;
done
depmod -b "$root/usr" "$release" 2>/dev/null || depmod -b "$root" -m /usr/lib/modules "$release"
bash "$here/clean-system.sh" pack "$suite" "$state" "$work/root.squashfs"

# What leads to the disk.
first=$work/first
mkdir -p "$first"/{bin,dev,proc,sys,modules,system,above,root}
cp "$(find "$work/busybox" -type f -path '*/bin/busybox')" "$first/bin/busybox"
disk=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk squashfs overlay)
for module in "${disk[@]}"; do
  file=$(find "$kernel_modules/kernel" -name "$module.ko*")
  case $file in
    *.xz) xz -dc "$file" >"$first/modules/$module.ko" ;;
    ?*) cp "$file" "$first/modules/$module.ko" ;;
  esac
done
cat >"$first/init" <<INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t devtmpfs devtmpfs /dev
for module in ${disk[*]}; do [ ! -f /modules/\$module.ko ] || insmod /modules/\$module.ko; done
mount -t squashfs -o ro /dev/vda /system
mount -t tmpfs tmpfs /above && mkdir /above/upper /above/work
mount -t overlay overlay -o lowerdir=/system,upperdir=/above/upper,workdir=/above/work /root
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /lib/systemd/systemd
INIT
chmod 755 "$first/init"
(cd "$first" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio --null --create --format=newc --owner=0:0 --quiet \
  | gzip -n -6) >"$work/initramfs.gz"

cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"
chmod 644 "$work/vmlinuz"
mv "$work"/{vmlinuz,initramfs.gz,root.squashfs} "$cache/"
printf '%s' "$from" >"$cache/from"
