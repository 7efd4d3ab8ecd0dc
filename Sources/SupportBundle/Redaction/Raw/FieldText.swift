// SPDX-License-Identifier: GPL-3.0-or-later

/// Forms of text that the field knows: what has one of them is nobody's secret.
///
/// Each form is closed: every run of letters is a word of a list here, every run of digits is short. So a version or a
/// type of tomorrow may be taken for a stranger's text, and no stranger's text for a version.
enum FieldText {
  /// Whether `text` is made of these words, in lower case, of digits, and of the signs that join them in names and
  /// versions.
  static func isMade(_ text: String, of words: Set<String>, digits: Int = 6) -> Bool {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= 128, !isAddress(bytes) else { return false }
    var at = 0
    while at < bytes.count {
      let start = at
      if isLetter(bytes[at]) {
        while at < bytes.count, isLetter(bytes[at]) { at += 1 }
        guard words.contains(String(decoding: bytes[start..<at], as: UTF8.self).lowercased()) else { return false }
      } else if 0x30...0x39 ~= bytes[at] {
        while at < bytes.count, 0x30...0x39 ~= bytes[at] { at += 1 }
        guard at - start <= digits else { return false }
      } else {
        guard joints.contains(bytes[at]), at == 0 || !joints.contains(bytes[at - 1]) || bytes[at] != bytes[at - 1]
        else { return false }
        at += 1
      }
    }
    return true
  }

  /// Whether digits alone could make an IP address or a MAC of it: four numbers joined by dots, three by colons.
  private static func isAddress(_ bytes: [UInt8]) -> Bool {
    var (dots, colons, wasDigit) = (0, 0, false)
    for byte in bytes {
      switch byte {
      case 0x30...0x39: wasDigit = true
      case UInt8(ascii: ".") where wasDigit: (dots, wasDigit) = (dots + 1, false)
      case UInt8(ascii: ":"): (dots, colons, wasDigit) = (0, colons + 1, false)
      default: (dots, wasDigit) = (0, false)
      }
      if (dots >= 3 && wasDigit) || colons >= 2 { return true }
    }
    return false
  }

  private static let joints = Set("-_.:+~,/() []".utf8)

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  /// A number as XML, monitors and logs write one: decimal with or without a sign, or hexadecimal behind `0x`, within
  /// 64 bits.
  static func isNumber(_ text: String) -> Bool {
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return isHexadecimal(text.dropFirst(2), most: 16) }
    return text.utf8.count <= 20 && (Int64(text) != nil || UInt64(text) != nil) && text.utf8.first != UInt8(ascii: "+")
  }

  static func isHexadecimal(_ text: some StringProtocol, most: Int) -> Bool {
    !text.isEmpty && text.utf8.count <= most
      && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20 }
  }

  /// `0-3,^2,8`: processors or nodes of a machine, of which none has 65,536.
  static func isNumberSet(_ text: String) -> Bool {
    text.utf8.count <= 256
      && text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
        let ends = (part.first == "^" ? part.dropFirst() : part).split(
          separator: "-", omittingEmptySubsequences: false)
        return ends.count <= 2 && ends.allSatisfy { isDigits($0, most: 5) }
      }
  }

  static func isDigits(_ text: some StringProtocol, most: Int) -> Bool {
    !text.isEmpty && text.utf8.count <= most && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
  }

  /// `12`, `1.2.3` and the like: short numbers joined by dots, which are no address.
  static func isDotted(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count <= 5 && parts.allSatisfy { isDigits($0, most: parts.count == 1 ? 4 : 6) }
      && !ValueForm.isIPv4(Array(text.utf8)[...])
  }

  // MARK: Versions and types

  /// A machine type: `pc-q35-7.2`, `pc-i440fx-rhel7.6.0`, `pc-i440fx-9.0+pve0`, `s390-ccw-virtio-7.2`; also with QOM's
  /// `-machine` behind it. Source: QEMU `-machine help`, and distributors' builds.
  static func isMachine(_ text: String) -> Bool {
    startsWithLetter(text) && isMade(text, of: machineWords) && text.utf8.count { 0x30...0x39 ~= $0 } <= 8
  }

  private static let machineWords: Set<String> = [
    "pc", "q", "i", "fx", "isapc", "microvm", "none", "virt", "sbsa", "ref", "s", "ccw", "virtio", "pseries",
    "powernv", "xenfv", "xenpv", "xenpvh", "rhel", "pve", "machine", "ubuntu", "trusty", "xenial", "bionic", "focal",
    "jammy", "noble", "cosmic", "disco", "eoan", "groovy", "hirsute", "impish", "kinetic", "lunar", "mantic", "hpb",
    "v", "spike", "raspi", "b", "loongson", "malta", "sun", "m", "mac", "newworld", "g", "beige", "nitro", "enclave",
    "centos",
  ]

  /// A processor's name: `qemu64`, `Skylake-Client-noTSX-IBRS`, `EPYC-Milan-v2`, `x86-64-v2-AES`. Source: libvirt
  /// src/cpu_map, QEMU `-cpu help`, Proxmox.
  static func isProcessor(_ text: String) -> Bool {
    text == "486" || startsWithLetter(text) && isMade(text, of: processorWords)
  }

  private static let processorWords: Set<String> = [
    "qemu", "kvm", "host", "max", "base", "athlon", "phenom", "opteron", "g", "epyc", "rome", "milan", "genoa",
    "turin", "bergamo", "dhyana", "conroe", "penryn", "nehalem", "westmere", "sandybridge", "ivybridge", "haswell",
    "broadwell", "skylake", "cascadelake", "cooperlake", "icelake", "sapphirerapids", "graniterapids", "sierraforest",
    "clearwaterforest", "snowridge", "denverton", "knightsmill", "client", "server", "notsx", "ibrs", "ibpb",
    "noapic", "v", "x", "aes", "core", "duo", "coreduo", "solo", "n", "pentium", "pentiumpro", "ii", "iii", "cpu",
    "cortex", "a", "neoverse", "z", "zec", "zbc", "ec", "bc", "power", "custom", "pro", "lahf", "generic", "vmx",
    "pse",
  ]

  /// The package of a build of QEMU: `Debian 1:7.2+dfsg-7+deb12u18+b3`, `pve-qemu-kvm_9.0.2-4`,
  /// `qemu-kvm-6.2.0-22.el8`.
  static func isPackage(_ text: String) -> Bool {
    startsWithLetter(text) && isMade(text, of: packageWords, digits: 8)
  }

  private static let packageWords: Set<String> = [
    "debian", "ubuntu", "deb", "u", "b", "dfsg", "ds", "pve", "qemu", "kvm", "ev", "el", "fc", "module", "rhel",
    "rhaos", "centos", "alma", "rocky", "rc", "bpo", "nmu", "build", "v", "git", "suse", "lp", "bp", "epoch", "ppa",
    "cloud", "core", "system", "x", "common", "ocs", "virt",
  ]

  /// The release of a kernel: `6.1.0-42-amd64`, `5.14.0-427.13.1.el9_4.x86_64`, `6.8.12-4-pve`.
  static func isKernel(_ text: String) -> Bool {
    guard let dot = text.firstIndex(of: "."), isDigits(text[..<dot], most: 3) else { return isDigits(text, most: 6) }
    return isMade(text, of: kernelWords, digits: 8)
  }

  static func startsWithLetter(_ text: String) -> Bool { text.utf8.first.map(isLetter) ?? false }

  private static let kernelWords: Set<String> = [
    "amd", "arm", "cloud", "rt", "pve", "generic", "lowlatency", "virtual", "kvm", "aws", "azure", "gcp", "oracle",
    "el", "fc", "x", "aarch", "s", "ppc", "le", "default", "lts", "arch", "zen", "hardened", "virt", "uek", "bpo",
    "deb", "rc", "rpi", "raspi", "linux", "edge", "stable", "longterm", "server", "desktop", "openela", "i", "pae",
    "un", "vm", "riscv", "loongarch", "debug", "gentoo", "release", "current", "p", "amzn", "gke", "ibm", "oem", "hwe",
    "nvidia", "intel", "preempt", "cm", "azl", "talos", "flatcar", "xen",
  ]

  /// An architecture in the words of Linux, QEMU, libvirt or Windows.
  static let architectures: Set<String> = [
    "x86_64", "i686", "i386", "aarch64", "armv7l", "arm64", "s390x", "ppc64", "ppc64le", "riscv64", "loongarch64",
    "x86", "amd64", "AMD64", "ARM64", "x64", "mips64el", "alpha", "armv6l", "ppc",
  ]

  // MARK: Names that a hypervisor gives

  /// The name that libvirt or Proxmox gives a device, `balloon0`, `pci.5`, `virtio-disk0`, `charchannel0`: a known stem
  /// and a number. A user's own (libvirt's `ua-…`, an id on QEMU's command line) is none unless it looks the same.
  static func isAlias(_ text: String) -> Bool {
    let tail = text.utf8.reversed().prefix { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    let numbers = String(decoding: tail.reversed(), as: UTF8.self)
    let stem = String(text.dropLast(numbers.count))
    // `pci.5`, `usb.0`, `net0`; a disk's has its whole place, `scsi0-0-0-1`.
    if ["scsi", "ide", "sata", "fdc"].contains(stem), numbers.contains("-") {
      let parts = numbers.split(separator: "-", omittingEmptySubsequences: false)
      return parts.count <= 4 && parts.allSatisfy { isDigits($0, most: 3) }
    }
    if numbers.isEmpty { return ["usb", "ide", "sata", "fdc", "vga", "balloon", "tablet"].contains(text) }
    let parts = numbers.drop { $0 == "." }.split(separator: ".", omittingEmptySubsequences: false)
    return aliasStems.contains(stem) && parts.count <= 2 && parts.allSatisfy { isDigits($0, most: 3) }
      && numbers.prefix(2) != ".."
  }

  /// Source: libvirt src/qemu/qemu_alias.c; Proxmox PVE/QemuServer.pm.
  private static let aliasStems: Set<String> = [
    "balloon", "pci", "pcie", "usb", "ide", "sata", "scsi", "virtio-serial", "virtio-disk", "virtio-scsi", "channel",
    "charchannel", "charserial", "charmonitor", "charconsole", "charparallel", "charredir", "charrng", "chrtpm",
    "serial", "console", "parallel", "net", "hostnet", "hostdev", "video", "sound", "audio", "input", "rng", "objrng",
    "tpm", "tpm-tpm", "watchdog", "panic", "shmem", "shmmem-shmem", "redir", "fs", "vsock", "iothread", "dimm",
    "memdimm", "virtiomem", "memvirtiomem", "virtiopmem", "ramnode", "ram-node", "fdc", "floppy", "hub", "smartcard",
    "ccid", "crypto", "iommu", "vmcoreinfo", "dbus-vmstate", "compat_monitor", "scsihw", "virtioscsi", "virtio",
    "qga", "vga", "ahci", "tablet", "ehci", "uhci", "xhci", "hostpci", "efidisk", "tpmstate", "spice-channel",
    "audiodev", "spicechannel", "vmgenid", "mon", "monitor", "qmp", "qmp-event", "drive-virtio", "drive-scsi",
    "libvirt--format", "bus", "device", "port", "mem", "memory-backend-memfd", "pc", "nvram", "lsec", "sev", "igd",
    "mdev", "charshmem",
  ]

  /// Names of ports that everybody's guests have.
  static let portNames: Set<String> = [
    "org.qemu.guest_agent.0", "org.virt-balloon.agent.0", "com.redhat.spice.0", "com.redhat.rhevm.vdsm",
    "com.redhat.spice.1", "org.spice-space.webdav.0", "org.spice-space.stream.0", "org.libguestfs.channel.0",
    "ovirt-guest-agent.0",
  ]
}
