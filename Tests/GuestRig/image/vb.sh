#!/bin/busybox sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the rig does inside the guest, by name: `vb VERB…`. Every verb fails aloud when it did not do it.
fail() {
  echo "vb: $*" >&2
  exit 1
}

# The balloon's PCI address, by its device id (virtio 1.x, 4.1.2 PCI Device Discovery).
balloon_address() {
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor")" = 0x1af4 ] || continue
    case $(cat "$device/device") in
      0x1002 | 0x1045) basename "$device"; return ;;
    esac
  done
  fail "no balloon function on the PCI bus"
}

# The device node of the port named $1; there is no udev here to make /dev/virtio-ports.
port() {
  for port in /sys/class/virtio-ports/*; do
    [ -r "$port/name" ] || continue
    [ "$(cat "$port/name")" = "$1" ] && echo "/dev/$(basename "$port")" && return
  done
  fail "no virtio-serial port named $1"
}

modules() {
  for module; do
    if [ -e "/lib/modules/$module.ko" ] && ! grep -q "^$module " /proc/modules; then
      insmod "/lib/modules/$module.ko" || fail "insmod $module failed"
    fi
  done
}

balloon() {
  address=$(balloon_address) || exit 1
  function=/sys/bus/pci/devices/$address
  case $1 in
    address) echo "$address" ;;
    driver)
      # The function's driver, then that of the virtio device which a bound transport makes of it; "none" for each.
      transport=none device=none
      [ -e "$function/driver" ] && transport=$(basename "$(readlink "$function/driver")")
      for virtio in "$function"/virtio*; do
        [ -e "$virtio/driver" ] && device=$(basename "$(readlink "$virtio/driver")")
      done
      echo "$transport $device"
      ;;
    reserve) echo reserved-by-rig >"$function/driver_override" ;;
    generic)
      modules uio uio_pci_generic
      [ -e "$function/driver" ] && echo "$address" >"$function/driver/unbind"
      # The id is known to the driver once it was added; then the function is bound by its address.
      id="$(sed 's/^0x//' "$function/vendor") $(sed 's/^0x//' "$function/device")"
      echo "$id" >/sys/bus/pci/drivers/uio_pci_generic/new_id 2>/dev/null
      [ -e "$function/driver" ] || echo "$address" >/sys/bus/pci/drivers/uio_pci_generic/bind
      [ "$(basename "$(readlink "$function/driver")")" = uio_pci_generic ] || fail "uio_pci_generic did not bind"
      ;;
    unbind) echo "$address" >"$function/driver/unbind" ;;
    bind)
      # The balloon's driver on the function, whatever holds it now.
      [ -e "$function/driver" ] && echo "$address" >"$function/driver/unbind"
      echo >"$function/driver_override"
      echo "$address" >/sys/bus/pci/drivers/virtio-pci/bind || fail "virtio-pci did not bind"
      modules virtio_balloon
      ;;
    unload) rmmod virtio_balloon ;;
    *) fail "balloon $1: not a verb" ;;
  esac
}

# A program that runs in the background with its process id in /run/NAME.pid and its output, bounded, in /run/NAME.log.
daemon() {
  name=$1 verb=$2
  shift 2
  pid=$(cat "/run/$name.pid" 2>/dev/null)
  case $verb in
    start)
      [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && fail "$name is already running"
      # 512 KiB of output; the initramfs is this guest's memory.
      (ulimit -f 1024; exec "$@" </dev/null >"/run/$name.log" 2>&1) &
      echo $! >"/run/$name.pid"
      ;;
    pid) [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && echo "$pid" || fail "$name is not running" ;;
    stop) kill -STOP "$pid" ;;
    cont) kill -CONT "$pid" ;;
    term) kill -TERM "$pid" && finished "$pid" ;;
    kill) kill -KILL "$pid" && finished "$pid" ;;
    status) cat "/proc/$pid/status" ;;
    log) cat "/run/$name.log" ;;
    *) fail "$name $verb: not a verb" ;;
  esac
}
finished() {
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    # A zombie counts as finished: its parent may not have looked yet.
    grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status" 2>/dev/null || return 0
    sleep 0.1
  done
  fail "process $1 does not end"
}

# The block device with the serial number $1, which the rig gave it.
disk() {
  for disk in /sys/block/vd*; do
    [ "$(cat "$disk/serial" 2>/dev/null)" = "$1" ] && echo "/dev/$(basename "$disk")" && return
  done
  fail "no disk $1"
}

# Wine from the disk "wine", with the registry on the disk "registry": boot starts what Windows starts, services too.
wine() {
  export WINEPREFIX=/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe=' LC_ALL=C.UTF-8
  programs=/usr/lib/wine
  case $1 in
    boot)
      modules virtio_blk squashfs
      disk=$(disk wine) && registry=$(disk registry) || exit 1
      mkdir -p /image
      mount -t squashfs -o ro "$disk" /image || fail "the disk with Wine cannot be mounted"
      # Programs and libraries where they are used to be; the guest itself has nothing there.
      ln -s /image/usr/lib /usr/lib
      ln -s /image/usr/share /usr/share
      ln -s /image/lib64 /lib64
      ln -s /image/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu
      cp -a /image/wine/prefix /wine
      # What pads it to whole sectors is blank.
      cat "$registry" >/wine/system.reg
      mkdir -p /dev/pts /dev/shm
      "$programs/wineserver64" -p || fail "wineserver does not start"
      # Any first program boots; `wineboot` would do it a second time.
      "$programs/wine64" sc query RpcSs </dev/null >/dev/null 2>&1 || fail "Wine did not boot"
      ;;
    agent)
      action=$2 variant=$3
      case $action in
        start)
          device=$(port org.virt-balloon.agent.0) || exit 1
          daemon agent start "$programs/wine64" "/windows/agent$variant.exe" --serve "Z:\\dev\\$(basename "$device")"
          ;;
        *) daemon agent "$action" ;;
      esac
      ;;
    run)
      shift
      "$programs/wine64" "$@"
      ;;
    *) fail "wine $1: not a verb" ;;
  esac
}

# Sends back every byte of a port, which is opened once since a second opening is refused (EBUSY). cat ends when no
# host is connected, hence the pause.
echo_loop() {
  exec 3<>"$1" || exit 1
  while :; do
    cat <&3 >&3
    sleep 0.1
  done
}

verb=$1
[ $# -gt 0 ] && shift
case $verb in
  modules) modules "$@" ;;
  balloon) balloon "$@" ;;
  port) port "$@" ;;
  agent)
    [ -x /bin/virt-balloon-agent ] || fail "this image was built without the agent"
    action=$1
    shift
    daemon agent "$action" /bin/virt-balloon-agent "$@"
    ;;
  qemu-ga)
    [ -x /bin/qemu-ga ] || fail "this image has no qemu-ga; boot initramfs-bench.gz"
    device=$(port org.qemu.guest_agent.0) || exit 1
    daemon qemu-ga "$1" /bin/qemu-ga --method=virtio-serial --path="$device" --statedir=/run
    ;;
  echo)
    device=$(port "$2") || exit 1
    daemon "echo-$2" "$1" /bin/vb echo-loop "$device"
    ;;
  wine) wine "$@" ;;
  echo-loop) echo_loop "$1" ;;
  *) fail "$verb: not a verb" ;;
esac
