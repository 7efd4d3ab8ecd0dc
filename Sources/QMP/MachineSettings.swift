// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// A block of the machine's memory as `info ramblock` lists it.
///
/// Source: QEMU system/physmem.c, `ram_block_format`; seen with QEMU 7.2: name, page size, three numbers.
package struct RAMBlock: Hashable, Sendable {
  /// `pc.ram`, or the id of a memory backend.
  package let name: String
  /// The size of the host's pages behind it, in bytes: 4096, or that of huge pages.
  package let pageSize: UInt64

  /// How many are read; a machine has some dozens.
  package static let limit = 4_096

  /// Reads the reply to `human-monitor-command info ramblock`; lines of another form are passed over.
  package static func list(decoding json: JSON) throws(QMPError) -> [RAMBlock] {
    guard let text = json.string else { throw .malformed("info ramblock", "no text") }
    let blocks = text.split(whereSeparator: \.isNewline).prefix(limit).compactMap(RAMBlock.init(line:))
    guard !blocks.isEmpty else { throw .malformed("info ramblock", "no blocks") }
    return blocks
  }

  /// `pc.ram    4 KiB  0x0000000000000000 …`: the name may have spaces, so what stands before the first number with a
  /// prefix tells the page size.
  init?(line: Substring) {
    let words = line.split(separator: " ")
    guard let first = words.firstIndex(where: { $0.hasPrefix("0x") }), first >= 3, let number = UInt64(words[first - 2])
    else { return nil }
    let unit: UInt64
    switch words[first - 1] {
    case "B": unit = 1
    case "KiB": unit = 1 << 10
    case "MiB": unit = 1 << 20
    case "GiB": unit = 1 << 30
    default: return nil
    }
    let (size, overflow) = number.multipliedReportingOverflow(by: unit)
    guard !overflow, size > 0 else { return nil }
    name = words[..<(first - 2)].joined(separator: " ")
    pageSize = size
  }
}

/// A device of the host that the machine was given, by VFIO or vhost-vdpa.
package enum HostDeviceObject {
  /// Which kind QEMU's type is: `vfio-pci`, `vdpa`; `nil` for what pins no memory. Channel and crypto devices of s390
  /// (`vfio-ccw`, `vfio-ap`) allow discarding always. Source: QEMU hw/vfio/{pci,ccw,ap}.c, hw/virtio/vdpa-dev-pci.c.
  package static func kind(ofType type: String) -> String? {
    switch type {
    case "vfio-pci", "vfio-pci-nohotplug", "vfio-user-pci", "vfio-platform": "vfio"
    case "vhost-vdpa-device-pci", "vhost-vdpa-device-pci-transitional", "vhost-vdpa-device-pci-non-transitional",
      "vhost-vdpa-device":
      "vdpa"
    default: nil
    }
  }

  /// Whether the path that `sysfsdev` names is a mediated device's, which is named by a UUID and not by an address.
  package static func isMediated(sysfsdev: String) -> Bool {
    guard let name = sysfsdev.split(separator: "/").last else { return false }
    return name.utf8.count == 36 && name.split(separator: "-").count == 5
  }
}

extension MonitorCommands {
  /// Whether the machine runs under KVM; `false`: it is emulated (TCG), or runs under something else.
  package func isKVM(until deadline: ContinuousClock.Instant) async throws(QMPError) -> Bool {
    guard let enabled = try await execute("query-kvm", until: deadline)["enabled"]?.bool else {
      throw .malformed("query-kvm", "neither enabled nor not")
    }
    return enabled
  }

  /// The blocks of the machine's memory, with the size of their pages.
  package func ramBlocks(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [RAMBlock] {
    try RAMBlock.list(
      decoding: try await execute("human-monitor-command", ["command-line": "info ramblock"], until: deadline))
  }

  /// The place in QEMU's object tree of what backs the machine's memory; `nil` when the machine names none, as one
  /// with several NUMA nodes.
  package func memoryBackend(until deadline: ContinuousClock.Instant) async throws(QMPError) -> String? {
    try await link("memory-backend", of: "/machine", until: deadline)
  }

  /// The place in QEMU's object tree of the machine's confidential computing; `nil` when it has none.
  package func confidentialSupport(until deadline: ContinuousClock.Instant) async throws(QMPError) -> String? {
    try await link("confidential-guest-support", of: "/machine", until: deadline)
  }

  /// The memory devices that the machine has now.
  package func memoryDevices(until deadline: ContinuousClock.Instant) async throws(QMPError) -> MemoryDevices {
    try MemoryDevices(decoding: try await execute("query-memory-devices", until: deadline))
  }

  private func link(
    _ name: String, of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> String? {
    guard let target = try await property(name, of: path, until: deadline).string else {
      throw .malformed("qom-get \(name)", "no path")
    }
    return target.isEmpty ? nil : target
  }

  /// The devices for which the machine's memory is pinned: `pci`, `mdev` or `vdpa`, one word each. One that its owner
  /// declared to get on with a balloon (`x-balloon-allowed`) is left out.
  package func pinningDevices(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [String] {
    var words: [String] = []
    for container in ["/machine/peripheral", "/machine/peripheral-anon"] {
      for device in try await properties(of: container, until: deadline).prefix(1_024) {
        guard let kind = device.child.flatMap(HostDeviceObject.kind(ofType:)) else { continue }
        guard kind == "vfio" else {
          words.append(kind)
          continue
        }
        let path = container + "/" + device.name
        if (try? await property("x-balloon-allowed", of: path, until: deadline))?.bool == true { continue }
        let place = (try? await property("sysfsdev", of: path, until: deadline))?.string
        words.append(place.map(HostDeviceObject.isMediated) == true ? "mdev" : "pci")
      }
    }
    return words
  }
}
