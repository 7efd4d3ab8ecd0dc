// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import Collectors
import PCI
import QMP

/// A reply of QEMU's monitor, as QMP, `virsh qemu-monitor-command` or the human monitor's `qom-get` print it.
struct MonitorArtefact: ArtefactContent {
  let kind: String
  let reply: Reply
  let rank = 10
  var isProxmox: Bool {
    guard case .proxmox = reply else { return false }
    return true
  }

  enum Reply: Sendable {
    case statistics(GuestStatistics)
    case actual(UInt64)
    case proxmox(ProxmoxBalloon)
    case noBalloon
    /// The machine's virtio devices, each as its name and place; whether all of them are there.
    case devices([(name: String, carrier: String)], isWhole: Bool)
    case status(VirtioWords)
    /// The machine's functions; whether all of them are there.
    case functions([HostFunction], isWhole: Bool)
    case state(String)
    /// In bytes.
    case memory(UInt64)
    case version(String)
    case pollingInterval(UInt64)
    case unsupported(String)
    /// Understood, and of no account: an event, another reply.
    case nothing
  }

  init(_ kind: String, _ reply: Reply) {
    self.kind = kind
    self.reply = reply
  }

  /// What the status of a virtio device says, in QEMU's words without prefix and explanation; `nil` is not told.
  struct VirtioWords: Hashable, Sendable {
    var name: String
    var status: [String]
    var guestFeatures: [String]?
    var hostFeatures: [String]?
  }

  /// Reads one message or the bare value that a reply carries, by its shape; `nil` when the shape is not known.
  static func read(_ json: JSON, after question: MonitorQuestion?) -> (any ArtefactContent)? {
    do throws(QMPError) {
      if let greeting = json["QMP"] {
        guard let version = greeting["version"] else { return nil }
        return MonitorArtefact("QMP greeting", .version("\(try QEMUVersion(decoding: version))"))
      }
      if json["event"]?.string != nil, json["timestamp"] != nil { return MonitorArtefact("QMP event", .nothing) }
      if let error = json["error"] { return refusal(error, question) }
      guard let value = json["return"] else { return try read(value: json, question) }
      return try read(value: value, question) ?? MonitorArtefact("QMP reply", .nothing)
    } catch {
      return UnreadableArtefact(kind: "QMP reply", failure: Failure(.malformed, error.message))
    }
  }

  private static func read(
    value: JSON, _ question: MonitorQuestion?
  ) throws(QMPError) -> MonitorArtefact? {
    if value["stats"]?.object != nil, value["last-update"] != nil {
      return MonitorArtefact("guest-stats", .statistics(try GuestStatistics(decoding: value)))
    }
    if let balloon = ProxmoxBalloon(value) { return MonitorArtefact("query-balloon", .proxmox(balloon)) }
    if value["actual"]?.uint != nil, value["type"] == nil {
      return MonitorArtefact("query-balloon", .actual(try Balloon.actual(value)))
    }
    if value["guest-features"] != nil, value["status"] != nil {
      let told = try VirtioStatus(decoding: value)
      return MonitorArtefact(
        "x-query-virtio-status",
        .status(
          VirtioWords(
            name: told.name, status: told.status, guestFeatures: told.guest.device, hostFeatures: told.host.device)))
    }
    if value["running"]?.bool != nil, value["status"]?.string != nil {
      return MonitorArtefact("query-status", .state(try RunState(decoding: value).status))
    }
    if value["base-memory"] != nil {
      return MonitorArtefact("query-memory-size-summary", .memory(try sum(MemorySize(decoding: value))))
    }
    if value["qemu"]?["major"] != nil {
      return MonitorArtefact("query-version", .version("\(try QEMUVersion(decoding: value))"))
    }
    if let list = value.array, let first = list.first {
      if first["devices"] != nil, first["bus"] != nil {
        let functions = try MachineFunction.list(decoding: value).map {
          HostFunction(address: $0.address, path: $0.path, identity: $0.identity)
        }
        return MonitorArtefact("query-pci", .functions(functions, isWhole: true))
      }
      if first["path"]?.string != nil,
        first["name"]?.string?.hasPrefix("virtio") == true
          || first["name"]?.string?.hasPrefix("vhost") == true
      {
        let devices = try VirtioDevice.list(decoding: value).map { (name: $0.name, carrier: $0.carrier) }
        return MonitorArtefact("x-query-virtio", .devices(devices, isWhole: true))
      }
    }
    if let list = value.array, list.isEmpty, question?.command == "x-query-virtio" {
      return MonitorArtefact("x-query-virtio", .devices([], isWhole: true))
    }
    if question?.command == "qom-get", question?.property == "guest-stats-polling-interval", value.uint != nil {
      return MonitorArtefact("guest-stats-polling-interval", .pollingInterval(try Balloon.pollingInterval(value)))
    }
    return nil
  }

  /// The whole; no more than 64 bits hold.
  private static func sum(_ size: MemorySize) -> UInt64 {
    let (sum, overflow) = size.base.addingReportingOverflow(size.plugged ?? 0)
    return overflow ? .max : sum
  }

  private static func refusal(_ error: JSON, _ question: MonitorQuestion?) -> MonitorArtefact? {
    guard let errorClass = error["class"]?.string, let words = error["desc"]?.string else { return nil }
    // Only query-balloon says this (QEMU system/balloon.c).
    if errorClass == "DeviceNotActive", words.hasPrefix("No balloon device") {
      return MonitorArtefact("query-balloon", .noBalloon)
    }
    let isQuery = question?.command.hasPrefix("x-query-virtio") == true || words.contains("x-query-virtio")
    if errorClass == "CommandNotFound", isQuery {
      return MonitorArtefact("x-query-virtio", .unsupported("QEMU: " + words.prefix(200)))
    }
    return MonitorArtefact("QMP error", .nothing)
  }

  // MARK: What it tells

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    switch reply {
    case .statistics(let statistics): draft.tell(reading(statistics, draft, place))
    case .actual(let actual):
      var reading = draft.emptyReading(unknown(host, ask: draft.command.memoryStatistics))
      reading.actual = .observed(actual, host)
      draft.tell(reading)
    case .noBalloon: draft.tell(\.device.qomPath, .absent(host))
    case .proxmox(let balloon): balloon.tell(&draft, place, kind)
    case .devices(let devices, let isWhole): tell(devices, isWhole, &draft, host)
    case .status(let status): tell(status, &draft, place)
    case .functions(let functions, let isWhole): tell(functions, isWhole, &draft, host)
    case .state(let state): draft.tell(\.domain.state, .observed(state, host))
    case .memory(let size): draft.tell(\.configuration.maximum, .observed(size, host))
    case .version(let version): draft.tell(\.domain.emulator, .observed(version, host))
    case .pollingInterval(let seconds): draft.tell(\.device.pollingInterval, .observed(seconds, host))
    case .unsupported(let words):
      let none = Unknown(failure: Failure(.unsupported, words), provenance: host)
      draft.tell(\.device.status, none())
      draft.tell(\.device.guestFeatures, none())
      draft.tell(\.device.hostFeatures, none())
      draft.tell(\.device.siblings, none())
    case .nothing: break
    }
  }

  private func unknown(_ source: Provenance, ask: String) -> Unknown {
    Unknown(failure: Failure(.notAsked, "\(kind) does not tell", ask: ask), provenance: source)
  }

  private func reading(
    _ statistics: GuestStatistics, _ draft: EvidenceDraft, _ place: ArtefactPlace
  ) -> Reading {
    let host = place.provenance(kind, .host)
    var reading = draft.emptyReading(unknown(host, ask: draft.command.memoryStatistics))
    reading.take(statistics, host: host, guest: place.provenance("\(kind) (from the guest's driver)", .guest))
    return reading
  }

  private func tell(
    _ devices: [(name: String, carrier: String)], _ isWhole: Bool, _ draft: inout EvidenceDraft, _ host: Provenance
  ) {
    if let balloon = devices.first(where: { $0.name == "virtio-balloon" }) {
      draft.tell(\.device.qomPath, .observed(balloon.carrier, host))
    } else if isWhole {
      draft.tell(\.device.qomPath, .absent(host))
      draft.tell(\.device.status, .absent(host))
      draft.tell(\.device.guestFeatures, .absent(host))
      draft.tell(\.device.hostFeatures, .absent(host))
    }
  }

  private func tell(_ status: VirtioWords, _ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance("\(kind) of \(status.name.prefix(60))", .host)
    guard status.name == "virtio-balloon" else {
      // The reply does not say which of several such devices it is about.
      let sibling = VirtioSibling(name: String(status.name.prefix(128)), qomPath: "", status: status.status)
      return draft.tell(sibling, host)
    }
    draft.tell(\.device.status, .observed(status.status, host))
    if let features = status.guestFeatures { draft.tell(\.device.guestFeatures, .observed(features, host)) }
    if let features = status.hostFeatures { draft.tell(\.device.hostFeatures, .observed(features, host)) }
  }

  private func tell(
    _ functions: [HostFunction], _ isWhole: Bool, _ draft: inout EvidenceDraft, _ host: Provenance
  ) {
    let decoys = functions.filter(\.identity.isBalloonDecoy)
    if isWhole || !decoys.isEmpty { draft.tell(\.device.decoys, .observed(decoys, host)) }
    guard let balloon = functions.first(where: \.identity.isBalloon) else {
      if isWhole { draft.tell(\.device.address, .absent(host)) }
      return
    }
    draft.tell(\.device.identity, .observed(balloon.identity, host))
    draft.tell(\.device.address, .observed(balloon.address, host))
    if let path = balloon.path { draft.tell(\.device.path, .observed(path, host)) }
  }
}
