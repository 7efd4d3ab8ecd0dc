// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Whether this machine has a virtio balloon at all.
enum Presence: Hashable, Sendable {
  case present
  /// It has none; the sentence says who says so.
  case absent(String)
  /// It has a balloon of another kind (Xen's), which no rule here knows.
  case foreign(String)
  case unknown
}

extension EvidenceReader {
  /// Judges the presence of the balloon, citing the leaf that decides; notes what is missing when none does.
  ///
  /// QEMU's object tree outranks the XML: a device given on the command line stands in no `<memballoon>`.
  mutating func presence() -> Presence {
    switch peek(\.device.qomPath) {
    case .observed:
      _ = read(\.device.qomPath)
      return .present
    case .absent:
      _ = read(\.device.qomPath)
      guard peek(\.configuration.model).value == "none" else {
        return .absent("QEMU has no balloon among its devices.")
      }
      _ = read(\.configuration.model)
      return .absent(withoutBalloonBySettings)
    case .failed: break
    }
    if peek(\.device.status).value != nil {
      _ = read(\.device.status)
      return .present
    }
    if let model = peek(\.configuration.model).value {
      _ = read(\.configuration.model)
      switch model {
      case "none": return .absent(withoutBalloonBySettings)
      case "xen": return .foreign("The balloon is Xen's, which is not a virtio device.")
      default: return .present
      }
    }
    note(missing: peek(\.device.qomPath), at: "device.qomPath")
    note(missing: peek(\.configuration.model), at: "configuration.model")
    return .unknown
  }

  /// What the machine's record says of a balloon that it has not.
  private var withoutBalloonBySettings: String {
    target.kind == .proxmox
      ? "The machine's settings on Proxmox say balloon: 0." : "The domain's XML says <memballoon model='none'/>."
  }

  /// Why a rule about the balloon does not concern this guest: there is none, or none of virtio; `nil` otherwise.
  mutating func withoutBalloon() -> Assessment? {
    switch presence() {
    case .absent(let statement), .foreign(let statement): .notApplicable(statement)
    case .present, .unknown: nil
    }
  }
}
