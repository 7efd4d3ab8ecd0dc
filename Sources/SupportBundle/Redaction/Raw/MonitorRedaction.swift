// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

extension Redactor {
  /// An exchange with QEMU's monitor, or an event. Of a command that is not known every text is a token.
  mutating func redact(monitor bytes: [UInt8]) -> [UInt8]? {
    exchange(bytes, "monitor", names: MonitorShape.names) { exchange in
      if exchange["event"] != nil { return MonitorShape.event }
      guard let command = exchange["execute"]?.string else { return nil }
      return [
        "execute": .text(.words(MonitorShape.commands)),
        "arguments": .object(MonitorShape.arguments),
        "return": MonitorShape.result(of: command, exchange["arguments"]),
        "error": MonitorShape.error,
      ]
    }
  }
}

/// What QEMU's monitor returns, command by command. Source: QEMU qapi/*.json, 7.2 to 9.1.
enum MonitorShape {
  /// The commands that this program sends, and others that people send about a balloon.
  static let commands: Set<String> = [
    "qmp_capabilities", "query-version", "query-status", "query-name", "query-uuid", "query-kvm", "query-balloon",
    "query-memory-size-summary", "query-memory-devices", "query-pci", "query-chardev", "qom-list", "qom-get", "qom-set",
    "x-query-virtio", "x-query-virtio-status", "human-monitor-command", "balloon", "query-commands", "query-block",
    "query-cpus-fast", "query-machines", "query-target", "query-events", "query-iothreads", "query-vnc", "query-spice",
    "cont", "stop", "system_reset", "system_powerdown",
  ]

  /// Commands of the human monitor that are kept as they are.
  private static let humanCommands: Set<String> = [
    "info qtree", "info ramblock", "info balloon", "info status", "info pci", "info version", "info kvm",
    "info qom-tree",
    "info virtio", "info mtree", "info memdev", "info memory-devices", "info memory_size_summary", "info name",
    "info uuid", "info numa",
  ]

  static let arguments: [String: JSONShape] = [
    "path": .text(.parsed(QOMText.path)),
    "property": .text(.form(QOMText.isProperty, .name)),
    "command-line": .text(.words(humanCommands)),
  ]

  static let error: JSONShape = .object([
    "class": .text(.words(errorClasses)), "desc": .text(.prose), "message": .text(.prose),
  ])

  private static let errorClasses: Set<String> = [
    "GenericError", "CommandNotFound", "CommandDisabled", "DeviceNotFound", "DeviceNotActive", "KVMMissingCap",
    "TooLong",
  ]

  static let event: [String: JSONShape] = [
    "event": .text(
      .words([
        "BALLOON_CHANGE", "RESET", "STOP", "RESUME", "SHUTDOWN", "POWERDOWN", "SUSPEND", "WAKEUP", "VSERPORT_CHANGE",
        "DEVICE_DELETED", "MIGRATION", "GUEST_PANICKED", "WATCHDOG", "RTC_CHANGE", "MEMORY_DEVICE_SIZE_CHANGE",
        "NIC_RX_FILTER_CHANGED", "BLOCK_IO_ERROR",
      ])),
    "timestamp": .other,
    "data": .object([
      "id": .text(.parsed(QOMText.id)),
      "reason": .text(
        .words([
          "guest-reset", "guest-shutdown",
          "host-qmp-system-reset", "host-qmp-quit", "host-signal", "host-ui", "guest-panic", "subsystem-reset",
        ])),
    ]),
  ]

  static func result(of command: String, _ arguments: JSON?) -> JSONShape {
    if command == "qom-get" { return property(arguments?["property"]?.string ?? "") }
    if command == "qom-list" { return properties(of: arguments?["path"]?.string ?? "") }
    if command == "human-monitor-command" { return human(arguments?["command-line"]?.string ?? "") }
    return results[command] ?? .other
  }

  private static let type: JSONShape = .text(.form(QOMText.isType, .name))
  private static let place: JSONShape = .text(.parsed(QOMText.path))
  private static let id: JSONShape = .text(.parsed(QOMText.id))

  private static let results: [String: JSONShape] = [
    "query-version": .object(["package": .text(.form({ FieldText.isPackage($0) }, .text))]),
    "query-status": .object(["status": .text(.words(states))]),
    "query-name": .object(["name": .text(.token(.guest))]),
    "query-uuid": .object(["UUID": .text(.form({ $0.utf8.allSatisfy { $0 == 0x30 || $0 == 0x2D } }, .uuid))]),
    "query-chardev": .list(.object(["label": id, "filename": .text(.parsed(chardev))])),
    "query-memory-devices": .list(
      .object(["type": type, "data": .object(["id": id, "memdev": place])])),
    "query-pci": .list(.object(["devices": .list(function(depth: 0))])),
    "x-query-virtio": .list(.object(["name": type, "path": place])),
    "x-query-virtio-status": .object([
      "name": type, "bus-name": id, "device-endian": .text(.words(["little", "big", "unknown"])),
      "status": .object(["statuses": features]), "guest-features": featureSet, "host-features": featureSet,
      "backend-features": featureSet,
    ]),
    "query-target": .object(["arch": .text(.words(FieldText.architectures))]),
    "query-commands": .list(.object(["name": .text(.words(commands))])),
  ]

  /// QEMU's RunState.
  private static let states: Set<String> = [
    "debug", "inmigrate", "internal-error", "io-error", "paused", "postmigrate", "prelaunch", "finish-migrate",
    "restore-vm", "running", "save-vm", "shutdown", "suspended", "watchdog", "guest-panicked", "colo",
  ]

  // MARK: Objects

  private static func property(_ name: String) -> JSONShape {
    switch name {
    case "type": type
    case "parent_bus", "memory-backend", "confidential-guest-support": place
    case "sysfsdev": .text(.token(.path))
    case "addr": .text(.form({ FieldText.isMade($0, of: []) }, .text))
    default: .other
    }
  }

  /// What stands in a container are devices by their ids; elsewhere names are QEMU's own.
  private static func properties(of path: String) -> JSONShape {
    let containers = ["/machine/peripheral", "/objects", "/chardevs"]
    return .list(
      .object([
        "name": containers.contains(path) ? .text(.parsed(peripheral)) : .text(.form(QOMText.isProperty, .name)),
        "type": .text(.form(QOMText.isPropertyType, .name)),
        "description": .text(.prose),
      ]))
  }

  /// Every container has its `type` besides.
  @Sendable private static func peripheral(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    text == "type" ? text : QOMText.id(&redactor, text, place)
  }

  /// Bridges below bridges: deeper than paths go nothing is expected.
  private static func function(depth: Int) -> JSONShape {
    guard depth < 32 else { return .other }
    return .object([
      "qdev_id": id, "class_info": .object(["desc": .text(.form({ FieldText.isMade($0, of: classWords) }, .text))]),
      "regions": .list(.object(["type": .text(.words(["io", "memory"]))])),
      "pci_bridge": .object(["devices": .list(function(depth: depth + 1))]),
    ])
  }

  /// Source: QEMU hw/pci/pci.c, `pci_class_descriptions`.
  private static let classWords: Set<String> = [
    "host", "bridge", "ram", "controller", "isa", "pci", "ide", "sata", "scsi", "ethernet", "vga", "usb", "smbus",
    "audio", "display", "flash", "memory", "system", "peripheral", "serial", "port", "parallel", "modem", "token",
    "ring", "fddi", "atm", "floppy", "ipi", "raid", "xga", "d", "video", "phone", "interface", "eisa", "mc", "pcmcia",
    "nubus", "cardbus", "raceway", "access", "bus", "ssa", "fibre", "firewire", "channel", "keyboard", "pen", "mouse",
    "dma", "timer", "rtc", "sd", "nvme", "storage", "network", "communication", "infiniband", "can", "pic", "other",
  ]

  // MARK: Virtio

  private static let features: JSONShape = .list(.text(.parsed(feature)))
  private static let featureSet: JSONShape = .object(["dev-features": features, "transports": features])

  /// `VIRTIO_BALLOON_F_STATS_VQ: Guest memory stats VQ available`, without the explanation.
  @Sendable private static func feature(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    let name = String(text.prefix { $0 != ":" })
    return FieldText.isMade(name, of: featureWords, digits: 2) ? name : redactor.token(.text, for: text, at: place)
  }

  /// Source: QEMU hw/virtio/virtio-qmp.c.
  private static let featureWords: Set<String> = [
    "virtio", "vhost", "user", "config", "s", "f", "acknowledge", "driver", "ok", "features", "needs", "reset",
    "failed", "balloon", "must", "tell", "host", "stats", "vq", "deflate", "on", "oom", "free", "page", "hint",
    "poison", "reporting", "ring", "event", "idx", "indirect", "desc", "version", "any", "layout", "notify", "empty",
    "iommu", "platform", "packed", "in", "order", "access", "sr", "iov", "notification", "data", "admin", "bypass",
    "mmio", "probe", "map", "unmap", "input", "range", "domain", "bits", "net", "csum", "guest", "tso", "ecn", "ufo",
    "mrg", "rxbuf", "status", "ctrl", "rx", "vlan", "extra", "announce", "mq", "mac", "addr", "mtu", "offloads",
    "hash", "report", "rss", "speed", "duplex", "rsc", "ext", "standby", "hdrlen", "gso", "blk", "size", "max", "seg",
    "geometry", "ro", "barrier", "scsi", "flush", "wce", "topology", "discard", "write", "zeroes", "secure", "erase",
    "lifetime", "zoned", "console", "multiport", "emerg", "inout", "hotplug", "change", "t", "pi", "gpu", "virgl",
    "edid", "resource", "uuid", "blob", "context", "init", "crypto", "revision", "cipher", "aead", "akcipher",
    "stateless", "mode", "fs", "mem", "acpi", "pxm", "unplugged", "inaccessible", "vsock", "seqpacket", "stream",
    "gpio", "irq", "i", "c", "zero", "length", "request", "rng", "protocol", "log", "all", "shmfd", "slave",
    "backend", "req", "fd", "reply", "ack", "cross", "endian", "session", "pagefault", "slots", "inflight", "send",
    "configure", "xen", "device", "state", "tunnel", "xdp", "usermode", "tx", "usos", "uso", "coal", "notf", "guests",
  ]

  // MARK: Character devices

  /// Where one leads: its kind stays, and how it is open; a path or a host becomes a token.
  @Sendable private static func chardev(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    var rest = text[...]
    var result = ""
    if rest.hasPrefix("disconnected:") {
      result = "disconnected:"
      rest = rest.dropFirst(result.count)
    }
    if plainChardevs.contains(String(rest)) { return text }
    guard let colon = rest.firstIndex(of: ":"), let kind = chardevKinds[String(rest[..<colon])] else {
      return result + redactor.token(.text, for: String(rest), at: place)
    }
    result += rest[...colon]
    rest = rest[rest.index(after: colon)...]
    guard !rest.isEmpty else { return result }
    var options = ""
    for form in [",server=on", ",server=off", ",server"] where rest.hasSuffix(form) {
      options = form
      rest = rest.dropLast(form.count)
      break
    }
    return result + redactor.token(kind, for: String(rest), at: place) + options
  }

  private static let plainChardevs: Set<String> = [
    "null", "stdio", "mux", "vc", "spicevmc", "ringbuf", "unix", "spiceport",
  ]
  private static let chardevKinds: [String: RedactionKind] = [
    "unix": .path, "pty": .path, "file": .path, "pipe": .path, "tcp": .host, "telnet": .host, "udp": .host,
    "websock": .host, "tn3270": .host, "fd": .text,
  ]

  // MARK: The human monitor

  private static func human(_ command: String) -> JSONShape {
    switch command {
    case "info qtree": .text(.parsed(HumanMonitorText.tree))
    case "info ramblock": .text(.parsed(HumanMonitorText.blocks))
    default: .text(.parsed(HumanMonitorText.prose))
    }
  }

  // MARK: Names

  /// Members' names in QMP that are kept.
  static let names: Set<String> = Set(
    """
    qemu major minor micro package status running singlestep name UUID enabled present actual max_mem total_mem
    free_mem mem_swapped_in mem_swapped_out major_page_faults minor_page_faults last_update base-memory
    plugged-memory type data id memaddr requested-size size max-size block-size node memdev addr slot hotplugged
    hotpluggable label filename frontend-open path property value description default-value bus devices irq_pin irq
    qdev_id function class_info class desc device vendor subsystem subsystem-vendor regions bar address prefetch
    mem_type_64 pci_bridge number secondary subordinate io_range memory_range prefetchable_range base limit
    device-endian bus-name disable-legacy-check started device-id backend-features guest-features host-features
    dev-features transports unknown-dev-features unknown-statuses statuses start-on-kick isr broken num-vqs
    use-guest-notifier-mask vm-running queue-sel disabled vhost-started use-started vhost-dev stats last-update
    stat-swap-in stat-swap-out stat-major-faults stat-minor-faults stat-free-memory stat-total-memory
    stat-available-memory stat-disk-caches stat-htlb-pgalloc stat-htlb-pgfail stat-oom-kill stat-alloc-stall
    stat-async-scan stat-direct-scan stat-async-reclaim stat-direct-reclaim command-line seconds microseconds guest
    reason arch query-version execute arguments return error code message event timestamp open tm_sec tm_min
    tm_hour tm_mday tm_mon tm_year
    """.split(whereSeparator: \.isWhitespace).map(String.init))
}
