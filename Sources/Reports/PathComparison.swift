// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// The way from the root bus to the balloon's function, step by step, as both sides have it.
struct PathComparison {
  /// Whether the two sides say the same of a step.
  enum Agreement: Hashable {
    case same, different
    /// One side, or both, do not know.
    case unknown
    var word: String {
      switch self {
      case .same: "agree"
      case .different: "differ"
      case .unknown: "not comparable"
      }
    }
  }

  /// One step of one side.
  enum Step: Hashable {
    case hop(PCIPath.Hop)
    /// This side's way has ended above.
    case none
    case unknown
    var text: String {
      switch self {
      case .hop(let hop): hop.description
      case .none: "none"
      case .unknown: "not known"
      }
    }
  }

  struct Row: Hashable {
    var name: String
    var host: Step
    var guest: Step
    var agreement: Agreement {
      host == .unknown || guest == .unknown ? .unknown : host == guest ? .same : .different
    }
  }

  /// What a side calls the function: a number in its own numbering, and whose numbering that is.
  struct Name: Hashable {
    let text: String
    let meaning: String
    /// The meaning in a word or two, for a picture.
    let short: String
  }

  /// The most steps that are drawn; what lies between the first and the last ones of a longer way is counted.
  private static let limit = 8

  private(set) var rows: [Row] = []
  private(set) var hostNames: [Name] = []
  private(set) var guestNames: [Name] = []
  /// Why a side's way is not known; `nil` when it is.
  private(set) var hostGap: String?
  private(set) var guestGap: String?
  /// How many bridges are left out of a way that is too long to be drawn.
  private(set) var skipped = 0
  private(set) var agreement = Agreement.unknown

  /// `nil` when there is nothing to compare: no such function on either side, or Xen's balloon, which has none.
  init?(_ evidence: Evidence) {
    guard !evidence.hasXenBalloon else { return nil }
    let seen = evidence.balloonInGuest
    guard !(evidence.device.qomPath.isAbsent && seen == nil) else { return nil }
    let host = evidence.hostPath
    let guest = seen?.path
    hostNames = Self.hostNames(evidence)
    guestNames = Self.guestNames(seen)
    guard host.value != nil || guest?.value != nil || !hostNames.isEmpty || !guestNames.isEmpty else { return nil }
    if host.value == nil { hostGap = Known.text(host, absent: "none is told") { _ in "" } }
    if guest?.value == nil {
      guestGap =
        guest.map { Known.text($0, absent: "none is told") { _ in "" } }
        ?? evidence.guest.functions.failure.map(Known.unknown) ?? "the guest lists no such function"
    }
    lay(host.value, guest?.value)
    agreement =
      host.value == nil || guest?.value == nil ? .unknown : host.value == guest?.value ? .same : .different
  }

  private mutating func lay(_ host: PCIPath?, _ guest: PCIPath?) {
    let depth = max(host?.hops.count ?? 1, guest?.hops.count ?? 1)
    // Where one way is longer, its bridge stands beside the other's function.
    let isEven = host == nil || guest == nil || host?.hops.count == guest?.hops.count
    func step(_ path: PCIPath?, _ index: Int) -> Step {
      guard let path else { return .unknown }
      return index < path.hops.count ? .hop(path.hops[index]) : .none
    }
    let shown = depth <= Self.limit ? Array(0..<depth) : Array(0..<Self.limit - 2) + [depth - 2, depth - 1]
    skipped = depth - shown.count
    for index in shown {
      rows.append(
        Row(
          name: index == depth - 1 && isEven ? "function" : isEven ? "bridge \(index + 1)" : "step \(index + 1)",
          host: step(host, index), guest: step(guest, index)))
    }
  }

  private static func hostNames(_ evidence: Evidence) -> [Name] {
    var names: [Name] = []
    if let address = evidence.device.address.value {
      names.append(Name(text: address.description, meaning: "the firmware's bus number", short: "bus by the firmware"))
    }
    if let address = evidence.configuration.address.value {
      names.append(Name(text: address.description, meaning: "libvirt's controller index", short: "index by libvirt"))
    }
    return names
  }

  private static func guestNames(_ function: GuestFunction?) -> [Name] {
    guard let address = function?.address.value else { return [] }
    return [Name(text: address.description, meaning: "the guest's bus number", short: "bus by the guest")]
  }

  /// The comparison in one sentence.
  var sentence: String {
    switch agreement {
    case .same: "Host and guest tell the same way to the balloon's function."
    case .different: "Host and guest tell different ways to the balloon's function."
    case .unknown:
      switch (hostGap, guestGap) {
      case (nil, let gap?): "Only the host's way is known; the guest's is \(gap)."
      case (let gap?, nil): "Only the guest's way is known; the host's is \(gap)."
      default: "Neither side's way is known."
      }
    }
  }
}
