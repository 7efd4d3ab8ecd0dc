// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What the balloon holds, by the host's word and by the guest's.
struct BalloonFigures {
  /// What counts in the account: the guest's own count where it has one, because the host's is `actual` turned round.
  let main: MemoryBucket
  /// The other one, when both are known.
  let other: MemoryBucket?

  init(_ source: AccountSource) {
    let host = Self.ofHost(source)
    guard let guest = Self.ofGuest(source) else {
      (main, other) = (host, nil)
      return
    }
    main = guest
    var second = host
    second.id = "balloon.host"
    second.name = "the balloon by QEMU"
    second.within = "maximum"
    other = second
  }

  /// The two differ by so many bytes (host less guest); `nil` when one is not known.
  var disagreement: Int64? {
    guard let host = other?.bytes, let guest = main.bytes else { return nil }
    return Int64(host) - Int64(guest)
  }

  private static func ofHost(_ source: AccountSource) -> MemoryBucket {
    let (maximum, actual) = (source.evidence.configuration.maximum, source.actual)
    let explanation =
      "Memory that the host took back: QEMU tells it only by what it leaves the guest (actual), so this is that figure "
      + "turned round, and no count of its own."
    func bucket(_ quantity: MemoryQuantity) -> MemoryBucket {
      MemoryBucket(
        "balloon", "the balloon", .balloon, quantity,
        from: [actual.provenance, maximum.provenance].filter { !$0.source.isEmpty }, explanation: explanation)
    }
    guard case .known(let size) = MemoryQuantity(actual) else { return bucket(MemoryQuantity(actual)) }
    guard case .known(let most) = MemoryQuantity(maximum) else { return bucket(MemoryQuantity(maximum)) }
    // virtio-mem is no part of actual.
    guard most >= source.virtioMemory, size <= most - source.virtioMemory else {
      return bucket(.unknown(reason: "actual is above the maximum: the two do not belong together", ask: nil))
    }
    return bucket(.known(most - source.virtioMemory - size))
  }

  /// Linux counts for itself: the line Balloon of /proc/meminfo, or what was inflated less what was deflated since its
  /// boot (/proc/vmstat).
  private static func ofGuest(_ source: AccountSource) -> MemoryBucket? {
    let explanation = "Memory that the guest's driver handed to the host and holds no more, by the guest's own count."
    let line = source.agent("balloon")
    if case .known = MemoryQuantity(line) {
      return MemoryBucket("balloon", "the balloon", .balloon, line, explanation: explanation)
    }
    let (inflated, deflated) = (source.agent("balloonInflated"), source.agent("balloonDeflated"))
    guard let taken = inflated.value, let returned = deflated.value, taken >= returned,
      taken - returned < MemoryBucket.most
    else { return nil }
    return MemoryBucket(
      "balloon", "the balloon", .balloon, .known(taken - returned), from: [inflated.provenance, deflated.provenance],
      explanation: explanation)
  }
}
