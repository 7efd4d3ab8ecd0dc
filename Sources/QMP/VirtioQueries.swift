// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// A virtio device of the machine. Source: QEMU qapi/virtio.json, `x-query-virtio`, since 7.2.
package struct VirtioDevice: Hashable, Sendable {
  /// QEMU's name: `virtio-balloon`, `virtio-serial`, `virtio-net`.
  package let name: String
  /// The device's place in QEMU's object tree, which ends in `/virtio-backend` on PCI.
  package let path: String

  /// The function or bus device that carries it: the path without `/virtio-backend`.
  package var carrier: String {
    path.hasSuffix("/virtio-backend") ? String(path.dropLast("/virtio-backend".count)) : path
  }
  /// Whether it is a memory balloon.
  package var isBalloon: Bool { name == "virtio-balloon" }

  /// Reads the reply to `x-query-virtio`.
  package static func list(decoding json: JSON) throws(QMPError) -> [VirtioDevice] {
    guard let devices = json.array else { throw .malformed("x-query-virtio", "no list") }
    var list: [VirtioDevice] = []
    for device in devices {
      guard let name = device["name"]?.string, let path = device["path"]?.string else {
        throw .malformed("x-query-virtio", "a device without name or path")
      }
      list.append(VirtioDevice(name: name, path: path))
    }
    return list
  }
}

/// What a virtio device and its driver have agreed on. Source: QEMU qapi/virtio.json, `x-query-virtio-status`, since
/// 7.2.
package struct VirtioStatus: Hashable, Sendable {
  /// QEMU's name of the device.
  package let name: String
  /// The status bits that are set, in QEMU's words without prefix and explanation: `ACKNOWLEDGE`, `DRIVER`,
  /// `FEATURES_OK`, `DRIVER_OK`, `NEEDS_RESET`, `FAILED` (virtio 1.2, 2.1). Empty before a driver came, and after a
  /// reset.
  package let status: [String]
  /// Status bits that QEMU has no word for; `nil` when there is none.
  package let unknownStatus: UInt64?
  /// What the driver has taken of the host's offer.
  package let guest: VirtioFeatures
  /// What the device offers.
  package let host: VirtioFeatures
  /// Whether QEMU considers the device started; `nil` when it does not say.
  package let isStarted: Bool?
  /// Whether the driver did what no driver may, so that the device waits for a reset; `nil` when QEMU does not say.
  package let isBroken: Bool?
  /// The number of its queues; a balloon has 3 with STATS_VQ and without free page hints. `nil` when QEMU does not say.
  package let queues: UInt64?

  package init(decoding json: JSON) throws(QMPError) {
    guard let name = json["name"]?.string, let status = json["status"], let guest = json["guest-features"],
      let host = json["host-features"]
    else { throw .malformed("x-query-virtio-status", "no name, status or features") }
    self.name = name
    if let bits = status.uint {
      (self.status, unknownStatus) = VirtioBits.words(bits, VirtioBits.status)
    } else if let statuses = status["statuses"]?.array {
      self.status = try VirtioFeatures.words(statuses, withoutPrefix: Self.isStatusPrefix)
      unknownStatus = status["unknown-statuses"]?.uint
    } else {
      throw .malformed("x-query-virtio-status", "no status")
    }
    self.guest = try VirtioFeatures(decoding: guest, of: name)
    self.host = try VirtioFeatures(decoding: host, of: name)
    isStarted = json["started"]?.bool
    isBroken = json["broken"]?.bool
    queues = json["num-vqs"]?.uint
  }

  private static func isStatusPrefix(_ words: [Substring]) -> Int {
    words.starts(with: ["VIRTIO", "CONFIG", "S"]) ? 3 : 0
  }
}

/// A set of virtio features, in QEMU's words.
package struct VirtioFeatures: Hashable, Sendable {
  /// The features of this type of device, without prefix and explanation: `STATS_VQ`, `DEFLATE_ON_OOM`.
  package let device: [String]
  /// The features that every type of device has, without prefix and explanation: `VERSION_1`, `EVENT_IDX`.
  package let transport: [String]
  /// Feature bits that QEMU has no word for, by their place; `nil` when there is none.
  package let unknown: UInt64?

  init(decoding json: JSON, of name: String) throws(QMPError) {
    if let bits = json.uint {
      let own = name == "virtio-balloon" ? VirtioBits.balloon : []
      (device, _) = VirtioBits.words(bits, own)
      (transport, _) = VirtioBits.words(bits, VirtioBits.transport)
      unknown = VirtioBits.words(bits, own + VirtioBits.transport).unknown
      return
    }
    guard let device = json["dev-features"]?.array, let transport = json["transports"]?.array else {
      throw .malformed("x-query-virtio-status", "no features")
    }
    self.device = try Self.words(device, withoutPrefix: Self.featurePrefix)
    self.transport = try Self.words(transport, withoutPrefix: Self.featurePrefix)
    unknown = json["unknown-dev-features"]?.uint
  }

  /// `VIRTIO_BALLOON_F_STATS_VQ: Guest memory …` to `STATS_VQ`: the prefix ends with its `F`.
  private static func featurePrefix(_ words: [Substring]) -> Int {
    words.prefix(4).firstIndex(of: "F").map { $0 + 1 } ?? (words.first == "VIRTIO" ? 1 : 0)
  }

  /// The words before each colon, without as many parts as `prefix` finds.
  static func words(_ list: [JSON], withoutPrefix prefix: ([Substring]) -> Int) throws(QMPError) -> [String] {
    guard list.count <= 128 else { throw .malformed("x-query-virtio-status", "too many bits") }
    var names: [String] = []
    for item in list {
      guard let text = item.string else { throw .malformed("x-query-virtio-status", "a bit that is no text") }
      let name = text.prefix { $0 != ":" }
      let words = name.split(separator: "_", omittingEmptySubsequences: false)
      let rest = words.dropFirst(prefix(words)).joined(separator: "_")
      names.append(rest.isEmpty ? String(name) : rest)
    }
    return names
  }
}

extension MonitorCommands {
  /// The machine's virtio devices.
  /// - Throws: `.unsupported` before QEMU 7.2.
  package func virtioDevices(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [VirtioDevice] {
    try VirtioDevice.list(decoding: try await execute("x-query-virtio", until: deadline))
  }

  /// What the device at `path` (``VirtioDevice/path``) and its driver have agreed on.
  /// - Throws: `.unsupported` before QEMU 7.2; `.refused` when no virtio device is there.
  package func virtioStatus(
    of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> VirtioStatus {
    try VirtioStatus(
      decoding: try await execute("x-query-virtio-status", ["path": .string(path)], until: deadline))
  }
}
