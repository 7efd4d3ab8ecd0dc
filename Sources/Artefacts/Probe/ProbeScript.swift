// SPDX-License-Identifier: GPL-3.0-or-later

/// What a person pastes into a guest that has no agent: read-only, and only what the system itself brings.
package enum ProbeScript {
  /// For the command prompt of Windows XP to 11.
  ///
  /// Source: FIELD E.8; `reg` and `sc` are there from Windows XP on and need no execution policy.
  package static let windows = """
    rem virt-balloon probe: reads the registry and the service manager, changes nothing.
    rem Paste all of it into a command prompt (cmd, as administrator if you can), then copy everything that it printed
    rem (Ctrl+A, Ctrl+C; before Windows 10: Edit, Select All and Enter in the menu at the window's top left).
    echo \(ProbeMark.begin.line)
    ver
    echo \(ProbeMark.enumeration.line)
    reg query "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI" /s
    echo \(ProbeMark.drivers.line)
    reg query "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97d-e325-11ce-bfc1-08002be10318}" /s
    echo \(ProbeMark.services.line)
    echo sc query BALLOON
    sc query BALLOON
    echo sc qc BALLOON
    sc qc BALLOON
    echo sc query BalloonService
    sc query BalloonService
    echo sc qc BalloonService
    sc qc BalloonService
    echo sc query VirtioSerial
    sc query VirtioSerial
    echo sc query Winmgmt
    sc query Winmgmt
    echo sc qc Winmgmt
    sc qc Winmgmt
    echo \(ProbeMark.end.line)
    rem Extra, untried: the devices' problem codes, which those keys do not have (Windows 10 and later). Paste it alone,
    rem without the word rem:
    rem powershell -NoProfile -Command "Get-PnpDevice -InstanceId 'PCI\\VEN_1AF4*' | ForEach-Object { 'virt-balloon-problem {0} {1} {2}' -f $_.InstanceId, [int]$_.ConfigManagerErrorCode, $_.Present }"

    """

  /// For a POSIX shell in Linux.
  package static let linux = """
    # virt-balloon probe: reads sysfs, procfs and the kernel's log, changes nothing. Paste all of it into a shell in the
    # guest (as root if you can: the kernel's log may need it), then copy everything that it printed.
    (
    echo '\(ProbeMark.begin.line)'
    echo "system: $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null)"
    echo "kernel: $(uname -r)"
    echo "uptime: $(cut -d. -f1 /proc/uptime)"
    echo '\(ProbeMark.functions.line)'
    for d in /sys/bus/pci/devices/*; do
      v=$(cat "$d/vendor"); c=$(cat "$d/class")
      case "$v$c" in 0x1af4*|*0x05????) ;; *) continue ;; esac
      drv=-; [ -e "$d/driver" ] && drv=$(basename "$(readlink "$d/driver")")
      vdrv=-; st=-
      for w in "$d"/virtio*; do
        [ -e "$w/status" ] || continue
        st=$(cat "$w/status"); [ -e "$w/driver" ] && vdrv=$(basename "$(readlink "$w/driver")")
      done
      echo "pci: $(readlink -f "$d") vendor=$v device=$(cat "$d/device") subvendor=$(cat "$d/subsystem_vendor")" \\
        "subdevice=$(cat "$d/subsystem_device") class=$c revision=$(cat "$d/revision" 2>/dev/null)" \\
        "driver=$drv virtio=$vdrv status=$st"
    done
    command -v lspci >/dev/null 2>&1 && lspci -nnk -d 1af4:
    echo '\(ProbeMark.memory.line)'
    grep -E '^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree):' /proc/meminfo
    grep -E '^balloon_' /proc/vmstat
    echo '\(ProbeMark.log.line)'
    lsmod 2>/dev/null | grep -E '^virtio'
    dmesg 2>/dev/null | grep -i virtio_balloon | tail -n 50
    echo '\(ProbeMark.end.line)'
    )

    """
}
