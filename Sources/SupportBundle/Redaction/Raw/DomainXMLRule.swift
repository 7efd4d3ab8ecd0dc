// SPDX-License-Identifier: GPL-3.0-or-later

/// What may stand in one kind of element of a domain's XML. What has no rule is left out.
struct DomainXMLRule: Sendable {
  /// By name.
  let attributes: [String: Value]
  /// Of the text in it; `nil`: none is kept.
  let text: Value?

  /// What may be kept of a value.
  enum Value: Sendable {
    /// One of libvirt's words, a number, or a token in its place.
    case word
    case number
    /// `0-3,^2`.
    case numbers
    case machine
    case processor
    case architecture
    /// The path of QEMU's program.
    case emulator
    /// The path of firmware.
    case firmware
    case alias
    /// The name of a virtio-serial port.
    case port
    /// The name of a disk's place, `vda`.
    case disk
    /// Somebody's own: always a token.
    case token(RedactionKind)
  }

  private init(_ attributes: [String: Value], _ text: Value?) {
    self.attributes = attributes
    self.text = text
  }

  /// The rule of the element at `path`, names below `<domain>` joined by `/`.
  static func at(_ path: String) -> DomainXMLRule? {
    if let rule = table[path] { return rule }
    // What every device has.
    let parts = path.split(separator: "/")
    guard parts.count == 3, parts[0] == "devices" else { return nil }
    return table["devices/*/\(parts[2])"]
  }

  // MARK: The table

  private static let table: [String: DomainXMLRule] = {
    var table: [String: DomainXMLRule] = [:]
    for part in [basics, memory, machine, places, controllers, channels, storage, others] {
      for (path, rule) in part { table[path] = rule }
    }
    for path in empty.split(whereSeparator: \.isWhitespace) { table[String(path)] = DomainXMLRule([:], nil) }
    for name in features.split(whereSeparator: \.isWhitespace) {
      table["features/\(name)"] = DomainXMLRule(["state": .word, "mode": .word], nil)
    }
    for name in words.split(whereSeparator: \.isWhitespace) { table[String(name)] = DomainXMLRule([:], .word) }
    return table
  }()

  private typealias Rows = [(String, DomainXMLRule)]

  private static func row(
    _ path: String, _ attributes: [String: Value] = [:], text: Value? = nil
  ) -> (String, DomainXMLRule) { (path, DomainXMLRule(attributes, text)) }

  /// Elements that say all by being there.
  private static let empty = """
    metadata memoryBacking memoryBacking/nosharepages memoryBacking/locked memoryBacking/discard numatune
    os/firmware features cpu/numa pm devices devices/memory/target devices/memory/source devices/disk/readonly
    devices/disk/shareable devices/disk/transient devices/interface/source
    """

  /// Elements whose text is one of libvirt's words.
  private static let words = "on_poweroff on_reboot on_crash on_lockfailure"

  private static let features = """
    acpi apic pae hap viridian privnet vmport vmcoreinfo pmu smm kvm kvm/hidden kvm/hint-dedicated kvm/poll-control
    kvm/pv-ipi hyperv hyperv/relaxed hyperv/vapic hyperv/spinlocks hyperv/vpindex hyperv/runtime hyperv/synic
    hyperv/stimer hyperv/stimer/direct hyperv/reset hyperv/frequencies hyperv/reenlightenment hyperv/tlbflush hyperv/ipi
    hyperv/evmcs hyperv/avic hyperv/emsr_bitmap hyperv/xmm_input xen xen/e820_host xen/passthrough
    """

  private static let basics: Rows = [
    row("", ["type": .word, "id": .number]),
    row("name", text: .token(.guest)), row("uuid", text: .token(.uuid)), row("genid", text: .token(.uuid)),
    row("launchSecurity", ["type": .word]),
    row("seclabel", ["type": .word, "model": .word, "relabel": .word]),
    row("pm/suspend-to-mem", ["enabled": .word]), row("pm/suspend-to-disk", ["enabled": .word]),
    row("iothreads", text: .number),
    row("clock", ["offset": .word, "basis": .word, "adjustment": .number]),
    row("clock/timer", ["name": .word, "tickpolicy": .word, "track": .word, "present": .word, "mode": .word]),
  ]

  private static let memory: Rows = [
    row("memory", ["unit": .word, "dumpCore": .word], text: .number),
    row("currentMemory", ["unit": .word], text: .number),
    row("maxMemory", ["unit": .word, "slots": .number], text: .number),
    row("memtune"), row("memtune/hard_limit", ["unit": .word], text: .number),
    row("memtune/soft_limit", ["unit": .word], text: .number),
    row("memtune/min_guarantee", ["unit": .word], text: .number),
    row("memtune/swap_hard_limit", ["unit": .word], text: .number),
    row("memoryBacking/hugepages"),
    row("memoryBacking/hugepages/page", ["size": .number, "unit": .word, "nodeset": .numbers]),
    row("memoryBacking/source", ["type": .word]), row("memoryBacking/access", ["mode": .word]),
    row("memoryBacking/allocation", ["mode": .word, "threads": .number]),
    row("numatune/memory", ["mode": .word, "nodeset": .numbers, "placement": .word]),
    row("numatune/memnode", ["cellid": .number, "mode": .word, "nodeset": .numbers]),
    row(
      "devices/memory",
      ["model": .word, "access": .word, "discard": .word]),
    row("devices/memory/target/size", ["unit": .word], text: .number),
    row("devices/memory/target/block", ["unit": .word], text: .number),
    row("devices/memory/target/requested", ["unit": .word], text: .number),
    row("devices/memory/target/current", ["unit": .word], text: .number),
    row("devices/memory/target/node", text: .number),
    row("devices/memory/target/address", ["base": .number]),
    row("devices/memory/source/pagesize", ["unit": .word], text: .number),
    row("devices/memory/source/nodemask", text: .numbers),
    row(
      "devices/memballoon",
      ["model": .word, "autodeflate": .word, "freePageReporting": .word]),
    row("devices/memballoon/stats", ["period": .number]),
  ]

  private static let machine: Rows = [
    row("vcpu", ["placement": .word, "cpuset": .numbers, "current": .number], text: .number),
    row("os", ["firmware": .word]),
    row("os/type", ["arch": .architecture, "machine": .machine], text: .word),
    row(
      "os/loader",
      ["readonly": .word, "type": .word, "secure": .word, "stateless": .word, "format": .word], text: .firmware),
    row("os/nvram", ["type": .word, "format": .word, "template": .firmware], text: .token(.path)),
    row("os/boot", ["dev": .word]), row("os/bootmenu", ["enable": .word, "timeout": .number]),
    row("os/bios", ["useserial": .word, "rebootTimeout": .number]), row("os/smbios", ["mode": .word]),
    row("os/firmware/feature", ["enabled": .word, "name": .word]),
    row("cpu", ["mode": .word, "match": .word, "check": .word, "migratable": .word]),
    row("cpu/model", ["fallback": .word], text: .processor), row("cpu/vendor", text: .word),
    row(
      "cpu/topology",
      ["sockets": .number, "dies": .number, "clusters": .number, "cores": .number, "threads": .number]),
    row("cpu/maxphysaddr", ["mode": .word, "bits": .number, "limit": .number]),
    row(
      "cpu/numa/cell",
      [
        "id": .number, "cpus": .numbers, "memory": .number, "unit": .word, "memAccess": .word, "discard": .word,
      ]),
  ]

  /// Where a device stands, of a device of any kind.
  private static let places: Rows = [
    row("devices/*/address", address),
    row("devices/*/alias", ["name": .alias]), row("devices/*/boot", ["order": .number]),
    row("devices/*/acpi", ["index": .number]),
    row("devices/*/rom", ["bar": .word, "enabled": .word]),
  ]

  private static let address: [String: Value] = [
    "type": .word, "domain": .number, "bus": .number, "slot": .number, "function": .number, "multifunction": .word,
    "controller": .number, "target": .number, "unit": .number, "port": .number, "cssid": .number, "ssid": .number,
    "devno": .number, "base": .number, "iobase": .number, "irq": .number, "reg": .number,
  ]

  private static let controllers: Rows = [
    row("devices/emulator", text: .emulator),
    row(
      "devices/controller",
      [
        "type": .word, "index": .number, "model": .word, "ports": .number, "vectors": .number,
      ]),
    row("devices/controller/model", ["name": .word]),
    row(
      "devices/controller/target",
      [
        "chassis": .number, "chassisNr": .number, "port": .number, "busNr": .number, "index": .number,
        "hotplug": .word, "memReserve": .number,
      ]),
    row("devices/controller/target/node", text: .number),
    row("devices/controller/master", ["startport": .number]),
    row("devices/controller/driver", ["queues": .number, "iothread": .number, "iommu": .word]),
    row("devices/hostdev", ["mode": .word, "type": .word, "managed": .word, "model": .word, "display": .word]),
    row("devices/hostdev/driver", ["name": .word]), row("devices/hostdev/source"),
    row("devices/hostdev/source/address", hostAddress),
    row("devices/interface", ["type": .word, "managed": .word]),
    row("devices/interface/mac", ["address": .token(.mac)]), row("devices/interface/model", ["type": .word]),
    row("devices/interface/driver", ["name": .word, "queues": .number, "iommu": .word]),
    row("devices/interface/source/address", hostAddress),
  ]

  /// A PCI address of the host is no secret; a mediated device's UUID is.
  private static let hostAddress: [String: Value] = [
    "type": .word, "domain": .number, "bus": .number, "slot": .number, "function": .number, "uuid": .token(.uuid),
  ]

  private static let channels: Rows = [
    row("devices/channel", ["type": .word]),
    row("devices/channel/source", ["mode": .word, "path": .token(.path)]),
    row("devices/channel/target", ["type": .word, "name": .port, "state": .word]),
    row("devices/serial", ["type": .word]), row("devices/serial/target", ["type": .word, "port": .number]),
    row("devices/serial/target/model", ["name": .word]),
    row("devices/console", ["type": .word]), row("devices/console/target", ["type": .word, "port": .number]),
    row("devices/parallel", ["type": .word]),
    row("devices/graphics", ["type": .word, "autoport": .word]),
    row("devices/redirdev", ["type": .word, "bus": .word]),
    row("devices/smartcard", ["mode": .word, "type": .word]),
  ]

  private static let storage: Rows = [
    row("devices/disk", ["type": .word, "device": .word]),
    row(
      "devices/disk/driver",
      [
        "name": .word, "type": .word, "cache": .word, "io": .word, "discard": .word, "iothread": .number,
        "queues": .number,
      ]),
    row(
      "devices/disk/source",
      [
        "file": .token(.path), "dev": .token(.path), "dir": .token(.path), "name": .token(.path),
        "pool": .token(.text), "volume": .token(.text), "protocol": .word, "type": .word, "managed": .word,
        "namespace": .number,
      ]),
    row("devices/disk/source/address", hostAddress),
    row("devices/disk/target", ["dev": .disk, "bus": .word]),
    row("devices/disk/serial", text: .token(.serial)), row("devices/disk/wwn", text: .token(.serial)),
    row("devices/filesystem", ["type": .word, "accessmode": .word]),
    row("devices/filesystem/driver", ["type": .word, "queue": .number]),
    row("devices/filesystem/source", ["dir": .token(.path), "file": .token(.path), "name": .token(.text)]),
    row("devices/filesystem/target", ["dir": .token(.text)]),
  ]

  private static let others: Rows = [
    row("devices/shmem", ["name": .token(.text), "role": .word]), row("devices/shmem/model", ["type": .word]),
    row("devices/shmem/size", ["unit": .word], text: .number),
    row("devices/video"),
    row(
      "devices/video/model",
      [
        "type": .word, "ram": .number, "vram": .number, "vram64": .number, "vgamem": .number, "heads": .number,
        "primary": .word,
      ]),
    row("devices/sound", ["model": .word]), row("devices/audio", ["id": .number, "type": .word]),
    row("devices/input", ["type": .word, "bus": .word, "model": .word]),
    row("devices/tpm", ["model": .word]), row("devices/tpm/backend", ["type": .word, "version": .word]),
    row("devices/rng", ["model": .word]), row("devices/rng/backend", ["model": .word, "type": .word]),
    row("devices/watchdog", ["model": .word, "action": .word]), row("devices/panic", ["model": .word]),
    row("devices/hub", ["type": .word]), row("devices/vsock", ["model": .word]),
    row("devices/vsock/cid", ["auto": .word, "address": .number]),
    row("devices/iommu", ["model": .word]),
    row("devices/iommu/driver", ["intremap": .word, "caching_mode": .word, "eim": .word, "iotlb": .word]),
  ]
}
