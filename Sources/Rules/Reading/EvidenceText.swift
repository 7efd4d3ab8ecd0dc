// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory
package import PCI

/// Evidence's values in words. Guest text is passed on as it is: reports escape it.
package enum EvidenceText {
  /// A value in a few words, at most 200 unicode scalars.
  package static func describe<Value>(_ value: Value) -> String {
    let text =
      switch value {
      case let text as String: text
      case let words as [String]: words.isEmpty ? "none" : words.joined(separator: " ")
      case let identity as PCIIdentity: describe(identity)
      case let siblings as [VirtioSibling]:
        siblings.map { "\($0.name) \($0.isDriverOK ? "DRIVER_OK" : "not started")" }.joined(separator: ", ")
      case let functions as [GuestFunction]: "\(functions.count) \(functions.count == 1 ? "function" : "functions")"
      case let functions as [HostFunction]:
        functions.isEmpty ? "none" : functions.map { "\($0.address) \($0.identity.id)" }.joined(separator: ", ")
      case let services as [GuestService]:
        services.map { "\($0.name) \($0.state.value ?? ($0.state.isAbsent ? "absent" : "?"))" }.joined(separator: ", ")
      case let statistics as [String: Observation<UInt64>]:
        "\(statistics.values.count { $0.value != nil }) of \(statistics.count) values"
      case let drivers as [InstalledDriver]:
        drivers.isEmpty ? "none" : "\(drivers.count) \(drivers.count == 1 ? "device" : "devices") with drivers"
      case let commands as [String: Bool]:
        commands.isEmpty
          ? "none"
          : commands.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value ? "on" : "off")" }.joined(separator: ", ")
      case let agent as AgentIdentity: "\(agent.name) \(agent.version), protocol \(agent.protocolVersion)"
      default: "\(value)"
      }
    return cut(text, to: 200)
  }

  /// `1af4:1002, subsystem 1af4:0005, class 00ff, revision 00`.
  package static func describe(_ identity: PCIIdentity) -> String {
    var text = identity.id
    if let subsystem = identity.subsystemID { text += ", subsystem \(subsystem)" }
    if let classCode = identity.classCode { text += ", class \(classCode)" }
    if let revision = identity.revision { text += ", revision \(hexadecimal(revision, width: 2))" }
    return text
  }

  /// `1 GiB`, `512 MiB`, `1.5 GiB`: binary units, exact where it is whole, else one decimal.
  package static func size(_ bytes: UInt64) -> String { ByteCount.text(bytes) }

  /// A foreign name, cut to 64 unicode scalars for a sentence.
  package static func name(_ text: String) -> String { cut(text, to: 64) }

  /// At most so many unicode scalars: one character may be made of any number of them.
  private static func cut(_ text: String, to limit: Int) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return text }
    return String(scalars.prefix(limit - 1)) + "…"
  }

  /// `1 second`, `90 seconds`, `12 minutes`, `5 hours`, `3 days`: whole units, rounded down.
  package static func duration(_ seconds: Double) -> String {
    // Doubles that no integer holds are no durations.
    guard seconds >= 0, seconds < 1e15 else { return "an unknown time" }
    let whole = UInt64(seconds)
    let (count, unit) =
      switch whole {
      case ..<120: (whole, "second")
      case ..<7_200: (whole / 60, "minute")
      case ..<172_800: (whole / 3_600, "hour")
      default: (whole / 86_400, "day")
      }
    return count == 1 ? "1 \(unit)" : "\(count) \(unit)s"
  }
}
