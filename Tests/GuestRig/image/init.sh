#!/bin/busybox sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The guest's first process. The kernel's command line says what this guest is to be:
#
#   vb.modules=all|none     none: stop before any virtio module, as a guest that is still booting, or one whose whole
#                           driver package is missing, looks from the host
#   vb.balloon=load|none|unclaimed|generic
#                           load: virtio_pci and virtio_balloon; none: the transport only; unclaimed: no driver at all
#                           on the balloon's function; generic: uio_pci_generic on it, as Windows' generic
#                           RAM-controller driver sits on one
#   vb.agent=1|0|windows|windows-test
#                           start the agent or not; or boot Wine and start the Windows agent, as it is shipped or as
#                           it is built for tests
#   vb.qemu-ga=1, vb.echo=PORT   for the bench: qemu-ga on its usual port, and an echo on another
#
# Commands of the rig arrive on the second serial line, which needs no virtio, and are answered there; see `control`.
/bin/busybox mkdir -p /usr/bin /usr/sbin /sbin
/bin/busybox --install -s
export PATH=/bin:/usr/bin:/sbin:/usr/sbin HOME=/
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev

modules=all balloon=load agent=1 qemu_ga=0 echo=
for word in $(cat /proc/cmdline); do
  case $word in
    vb.modules=*) modules=${word#*=} ;;
    vb.balloon=*) balloon=${word#*=} ;;
    vb.agent=*) agent=${word#*=} ;;
    vb.qemu-ga=*) qemu_ga=${word#*=} ;;
    vb.echo=*) echo="$echo ${word#*=}" ;;
  esac
done

if [ "$modules" = all ]; then
  case $balloon in
    unclaimed) vb balloon reserve ;;
    generic) vb balloon generic ;;
  esac
  vb modules virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_console
  [ "$balloon" = load ] && vb modules virtio_balloon
fi
case $agent in
  1) [ -x /bin/virt-balloon-agent ] && vb agent start ;;
  windows*) vb wine boot && vb wine agent start "${agent#windows}" ;;
esac
[ "$qemu_ga" = 1 ] && vb qemu-ga start
for port in $echo; do vb echo start "$port"; done

# One line in, "ID COMMAND"; out, what the command printed and then RS, ID, its exit status. RS (0x1E) never stands in
# text, so the rig finds the end whatever the command prints. The first answer, "ready", comes unasked at every boot.
control() {
  stty raw -echo clocal 115200
  printf '\036ready 0\n'
  while IFS= read -r line; do
    (eval "${line#* }") </dev/null 2>&1
    printf '\036%s %s\n' "${line%% *}" "$?"
  done
}
# The line always exists under q35 and i440fx, but a domain may have been given only one.
while :; do
  control </dev/ttyS1 >/dev/ttyS1
  sleep 1
done
