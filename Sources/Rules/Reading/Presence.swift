// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Whether this machine has a virtio balloon at all.
enum Presence: Hashable, Sendable {
  case present
  /// It has none; the sentence says who says so.
  case absent(String)
  /// It has a balloon that is no device (Xen's): a driver of the guest's own system, without a PCI function.
  case foreign(String)
  case unknown
}

extension EvidenceReader {
  /// Judges the presence of the balloon, citing the leaf that decides; notes what is missing when none does.
  ///
  /// QEMU's object tree outranks the XML: a device given on the command line stands in no `<memballoon>`.
  mutating func presence() -> Presence {
    if let xen = xenBalloon() { return .foreign(xen) }
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
      default: return .present
      }
    }
    note(missing: peek(\.device.qomPath), at: "device.qomPath")
    note(missing: peek(\.configuration.model), at: "configuration.model")
    return .unknown
  }

  /// What shows that the balloon is Xen's, cited; `nil` when nothing does.
  ///
  /// A domain of Xen's has it whatever its XML says of a memballoon: the front end is part of the guest's kernel or
  /// drivers, and is told its target through xenstore.
  mutating func xenBalloon() -> String? {
    guard peek(\.self).hasXenBalloon else { return nil }
    let what = ": a driver in the guest that takes its target from xenstore, without a PCI function and without virtio."
    if peek(\.configuration.model).value == "xen" {
      _ = read(\.configuration.model)
      return "The balloon is Xen's" + what
    }
    _ = read(\.domain.hypervisor)
    return "The domain is Xen's, and so is its balloon" + what
  }

  /// Why a rule about the guest's size does not concern it: there is no balloon at all; `nil` otherwise. Xen's balloon
  /// has sizes as virtio's has.
  mutating func withoutAnyBalloon() -> Assessment? {
    guard case .absent(let statement) = presence() else { return nil }
    return .notApplicable(statement)
  }

  /// What the machine's record says of a balloon that it has not.
  private var withoutBalloonBySettings: String {
    target.vmid != nil
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
