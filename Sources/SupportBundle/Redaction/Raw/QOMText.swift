// SPDX-License-Identifier: GPL-3.0-or-later

/// QEMU's object model in its words: types, places in the tree, names of properties and of devices.
///
/// What a person chose is in it too: the id of every device on the command line (`-device …,id=NAME`) names its place
/// and its buses. Source: QEMU docs/devel/qom.rst, `qom-tree` of 7.2 and later.
enum QOMText {
  /// `virtio-balloon-pci`, `q35-pcihost`, `memory-backend-memfd`.
  static func isType(_ text: String) -> Bool { FieldText.isMade(text, of: typeWords) || FieldText.isMachine(text) }

  /// `string`, `uint32`, `child<virtio-balloon-pci>`, `link<bus>`.
  static func isPropertyType(_ text: String) -> Bool {
    for wrapper in ["child<", "link<"] where text.hasPrefix(wrapper) && text.hasSuffix(">") {
      return isType(String(text.dropFirst(wrapper.count).dropLast()))
    }
    return FieldText.isMade(text, of: valueWords)
  }

  /// The name of a property: words of QEMU's own.
  static func isProperty(_ text: String) -> Bool {
    FieldText.isMade(text, of: propertyWords.union(typeWords), digits: 2)
  }

  /// A place, part by part: QEMU's own parts stay, an id becomes a token that is the same wherever the id stands.
  static func path(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.hasPrefix("/"), parts.count <= 64 else { return redactor.token(.path, for: text, at: place) }
    return parts.enumerated().map { index, part in
      index == 0 ? "" : component(&redactor, String(part), place)
    }.joined(separator: "/")
  }

  /// One part of a place; an empty one stays.
  private static func component(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    var name = text[...]
    // `device[25]`
    if name.last == "]", let open = name.lastIndex(of: "["),
      FieldText.isDigits(name[name.index(after: open)...].dropLast(), most: 6)
    {
      name = name[..<open]
    }
    return parts.contains(String(name)) ? text : id(&redactor, text, place)
  }

  /// The id of a device, or the name of a bus, which QEMU makes of it: `ID.0`.
  static func id(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    if text.isEmpty || FieldText.isAlias(text) || parts.contains(text) { return text }
    if let dot = text.lastIndex(of: "."), FieldText.isDigits(text[text.index(after: dot)...], most: 3) {
      return redactor.token(.name, for: String(text[..<dot]), at: place) + text[dot...]
    }
    return redactor.token(.name, for: text, at: place)
  }

  // MARK: The words

  /// Parts of places that are the same on every machine.
  private static let parts: Set<String> = [
    "machine", "peripheral", "peripheral-anon", "unattached", "objects", "chardevs", "backend", "virtio-backend",
    "virtio-bus", "virtio-serial-bus", "virtio-serial-bus.0", "q35", "i440fx", "pcie.0", "pci.0", "mch", "pcihost",
    "device", "system", "io", "memory", "sysbus",
    "main-system-bus", "isa.0", "ide.0", "ide.1", "ide.2", "ide.3", "ide.4", "ide.5", "fw_cfg", "acpi", "rtc",
    "pci-bus", "virtio-ccw", "virtual-css-bridge", "unattached-anon", "gpex_root", "gpex", "i2c", "pflash", "cpus",
    "cpu", "none", "pc.ram", "mach-virt.ram", "s390.ram", "system.flash0", "system.flash1", "",
  ]

  private static let typeWords: Set<String> = [
    "eeprom", "virtiodevice", "usbdevice", "scsidevice", "hcibus",
    "virtio", "vhost", "user", "pci", "pcie", "balloon", "device", "transitional", "non", "base", "serial", "port",
    "virtconsole", "virtserialport", "console", "net", "blk", "scsi", "hd", "cd", "generic", "block", "disk", "rng",
    "gpu", "gl", "vga", "qxl", "std", "cirrus", "input", "keyboard", "mouse", "tablet", "host", "mem", "pmem",
    "iommu", "crypto", "vsock", "fs", "gpio", "i", "c", "snd", "sound", "vfio", "nohotplug", "ccw", "ap", "vdpa",
    "platform", "bridge", "root", "pxb", "x", "xio", "upstream", "downstream", "dmi", "isa", "lpc", "ich", "smb",
    "smbus", "ahci", "ide", "piix", "usb", "xhci", "ehci", "uhci", "ohci", "qemu", "nec", "hub", "hda", "intel",
    "duplex", "output", "micro", "codec", "e", "rtl", "vmxnet", "igb", "pcnet", "ne", "k", "q", "fx", "pcihost",
    "mch", "pm", "acpi", "hpet", "ioapic", "apic", "kvm", "kvmvapic", "kvmclock", "pit", "pic", "rtc", "mc", "fw",
    "cfg", "mmio", "io", "memory", "backend", "ram", "file", "memfd", "epc", "dimm", "nvdimm", "sev", "snp", "tdx",
    "s", "pv", "guest", "confidential", "support", "tpm", "tis", "crb", "emulator", "passthrough", "watchdog", "diag",
    "esb", "ib", "pvpanic", "vmcoreinfo", "vmgenid", "ivshmem", "plain", "doorbell", "machine", "container", "bus",
    "system", "sysbus", "region", "secret", "throttle", "group", "iothread", "authz", "tls", "creds", "chardev",
    "socket", "pty", "stdio", "null", "vc", "ringbuf", "spicevmc", "fd", "filter", "random", "egd", "builtin",
    "cryptodev", "main", "loop", "dbus", "vmstate", "irq", "clock", "ps", "fdc", "floppy", "parallel",
    "vmport", "vmmouse", "cpu", "tcg", "sb", "ac", "es", "pcspk", "am", "lsi", "megasas", "mptsas", "gen",
    "nvme", "ns", "ufs", "sd", "sdhci", "card", "dwc", "gicv", "gic", "arm", "its", "armv", "gpex", "pl", "flash",
    "cfi", "b", "l", "fwcfg", "dma", "u", "cxl", "type", "rp", "dsp", "usp", "spapr", "phb", "css", "sclp",
    "sclpconsole", "event", "facility", "ramblock", "hyperv", "synic", "hv", "syndbg", "vmbus", "vmclock", "object",
    "interface", "hotplug", "handler", "q35", "igd", "amd", "ats", "ccid", "emulated", "redir", "storage", "mtp",
    "audio", "braille", "wacom", "kbd", "smartcard", "pvscsi", "tulip", "sungem", "lan", "unimp", "test", "edu",
    "pcmcia", "dev", "cf", "node",
  ]

  private static let valueWords: Set<String> = [
    "string", "str", "bool", "int", "size", "uint", "struct", "tm", "on", "off", "auto", "onoffauto",
    "onoffsplit", "list", "guest", "statistics", "stats", "dict", "any", "pci", "devfn", "drive", "chr", "netdev",
    "macaddr", "losttickpolicy", "biosatachstranslation", "pcielinkspeed", "pcielinkwidth", "pcislot", "host",
    "address", "audiodev", "uuid", "hostmemorybackend", "memory", "backend", "policy", "hostmempolicy", "enum",
    "number", "text", "fdcdrivetype", "biosatatranslation", "blockdeverroraction", "blockdev", "error", "array", "x",
    "cpu", "type", "cpuid", "machine", "irqchip", "smbiosentrypointtype", "smbios", "entry", "point", "endianness",
    "mode", "virtio", "gpu", "display", "iothread", "vq", "mapping", "reserved", "region", "multifd", "compression",
    "ulong", "long",
  ]

  private static let propertyWords: Set<String> = [
    "type", "addr", "parent", "bus", "child", "hotpluggable", "hotplugged", "realized", "guest", "stats", "polling",
    "interval", "deflate", "on", "oom", "free", "page", "hint", "reporting", "poison", "iothread", "disable",
    "legacy", "modern", "class", "vectors", "event", "idx", "indirect", "desc", "notify", "any", "layout", "platform",
    "packed", "queue", "reset", "started", "use", "disabled", "check", "ioeventfd", "multifunction", "romfile",
    "romsize", "rombar", "command", "serr", "enable", "msix", "failover", "pair", "index", "lnksta", "dllla",
    "extcap", "init", "devid", "per", "vq", "ats", "aligned", "backend", "share", "merge", "dump", "size", "prealloc",
    "threads", "policy", "nodes", "reserve", "id", "ramblock", "shared", "sysfsdev", "balloon", "allowed",
    "confidential", "support", "kernel", "initrd", "append", "dt", "compatible", "dtb", "dumpdtb", "firmware",
    "graphics", "accel", "phandle", "start", "usb", "smp", "boot", "igd", "passthru", "memory", "encryption",
    "suppress", "vmdesc", "mem", "hmat", "vmport", "sata", "smbus", "pit", "pic", "max", "ram", "below", "g", "above",
    "default", "hotplug", "irqchip", "smm", "nvdimm", "hpet", "x", "ov", "fw", "cfg", "oem", "table", "acpi",
    "migration", "order", "native", "link", "speed", "width", "aux", "bar", "map", "caps", "pref", "prefetchable",
    "port", "chassis", "slot", "power", "controller", "present", "acs", "hidden", "bridge", "no", "mrg", "master",
    "bug", "extra", "pio", "ignore", "features", "deverr", "lnkctl", "pm", "flr", "host", "rev", "qdev", "vm",
    "change", "state", "virtio", "do", "not", "access", "name", "mode", "nonvolatile", "unarmed", "label",
    "requested", "block", "memdev", "node", "unplugged", "inaccessible", "dynamic", "memslots", "readonly", "rom",
    "offset", "hugetlb", "hugetlbsize", "seal", "discard", "data", "align", "pmem", "canonical", "path", "for",
    "context", "aer", "log", "msi", "msg", "intx", "sub", "vendor", "revision", "mcfg", "short", "hole", "fix",
    "config", "reg", "bypass", "migrate", "cpu", "numa", "cores", "sockets", "dies", "count", "nr", "req", "limits",
    "capacity", "option", "ps", "device", "q35",
  ]
}
