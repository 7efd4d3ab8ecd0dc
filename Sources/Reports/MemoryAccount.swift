// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// Where a guest's memory is, in parts that add up to its maximum; what does not add up is told and given no size.
struct MemoryAccount {
  /// A part of the maximum.
  struct Part: Hashable {
    enum Kind: String, CaseIterable {
      /// Used by the guest, without what it could give up.
      case used
      /// Caches and the like, which the guest can give up when it needs memory.
      case reclaimable
      case free
      /// Not counted by the guest: its kernel's own, and what firmware keeps.
      case uncounted
      /// Not known how it is divided further.
      case undivided
      case balloon
    }
    let kind: Kind
    let name: String
    let bytes: UInt64
    /// How it is known.
    let source: String
    /// Whether its size says anything: what is not known at all is drawn as wide as the maximum, and has none.
    var hasSize: Bool { kind != .undivided || !source.isEmpty }
  }

  /// A figure beside the parts.
  struct Row {
    let name: String
    let text: String
    /// How it is known; empty when it is not.
    let source: String
  }

  /// The most that the balloon can leave the guest; `nil` when it is not known.
  private(set) var maximum: UInt64?
  /// The parts in the order in which they are drawn; empty when none has a size that is known.
  private(set) var parts: [Part] = []
  /// What the guest and the host say that stands beside the parts, and every part that has no size, with the reason.
  private(set) var rows: [Row] = []
  /// Sentences about how to read it.
  private(set) var remarks: [String] = []
  /// Resident memory of QEMU; `nil` when it is not known.
  private(set) var resident: UInt64?

  init(_ evidence: Evidence) {
    let reading = evidence.readings.last
    resident = reading?.rss.value
    readMaximum(evidence.configuration)
    readParts(reading?.actual, evidence)
    if let rss = reading?.rss {
      add("QEMU's resident memory", Known.size(rss), rss.value == nil ? "" : Self.source(rss))
    }
  }

  private mutating func readParts(_ actual: Observation<UInt64>?, _ evidence: Evidence) {
    guard let size = actual?.value else {
      add("the balloon's size", actual.map { Known.size($0) } ?? "not known (no reading)", "")
      guard let maximum else {
        remarks.append("Neither the maximum nor the balloon's size is known.")
        return
      }
      parts = [Part(kind: .undivided, name: "how it is divided", bytes: maximum, source: "")]
      return
    }
    guard let maximum else {
      add("taken by the balloon", "not known, since the maximum is not", "")
      return divide(size, evidence)
    }
    guard size <= maximum else {
      add("the balloon's size", EvidenceText.size(size), Self.source(actual))
      remarks.append(
        "The balloon's size is above the maximum, so the two do not belong together and nothing is drawn.")
      return
    }
    divide(size, evidence)
    parts.append(
      Part(kind: .balloon, name: "taken by the balloon", bytes: maximum - size, source: "maximum less actual"))
  }

  private mutating func add(_ name: String, _ text: String, _ source: String) {
    rows.append(Row(name: name, text: text, source: source))
  }

  private static func source<Value>(_ leaf: Observation<Value>?) -> String { leaf?.provenance.source ?? "" }

  /// The maximum without virtio-mem, which a balloon's size does not count.
  private mutating func readMaximum(_ configuration: ConfigurationEvidence) {
    guard let whole = configuration.maximum.value else {
      return add("maximum", Known.size(configuration.maximum), "")
    }
    guard let virtio = configuration.virtioMemory.value, virtio > 0 else {
      maximum = whole
      return add("maximum", EvidenceText.size(whole), Self.source(configuration.maximum))
    }
    add("virtio-mem", EvidenceText.size(virtio), Self.source(configuration.virtioMemory))
    guard virtio < whole else {
      return add("maximum", "not known: virtio-mem alone is no less", Self.source(configuration.maximum))
    }
    maximum = whole - virtio
    add("maximum", EvidenceText.size(whole - virtio) + ", without virtio-mem", Self.source(configuration.maximum))
  }

  // MARK: What the guest says of its part

  /// The guest's own figures, by whoever told them last.
  private struct Figures {
    var total: UInt64
    var free: UInt64?
    var available: UInt64?
    var source: String
    var time: Double

    init?(total: UInt64?, free: UInt64?, available: UInt64?, source: String, time: Double) {
      guard let total, free != nil || available != nil else { return nil }
      self.total = total
      self.free = free
      self.available = available
      self.source = source
      self.time = time
    }
  }

  private static func figures(_ evidence: Evidence) -> Figures? {
    var all: [Figures?] = []
    if let reading = evidence.readings.last {
      let values = reading.values
      all.append(
        Figures(
          total: values["totalMemory"], free: values["freeMemory"], available: values["availableMemory"],
          source: "by QEMU's statistics", time: reading.lastUpdate.value.map(Double.init) ?? -1))
      all += ofAgent(reading.guest?.memory, reading.guest?.statistics, at: reading.time)
    }
    let asked = evidence.guest.memory.provenance.time ?? evidence.guest.statistics.provenance.time
    all += ofAgent(evidence.guest.memory, evidence.guest.statistics, at: asked ?? -1)
    // Of equals the first, which the host passed on.
    return all.compactMap { $0 }.reduce(nil) { best, next in
      guard let best, !(next.time > best.time) else { return next }
      return best
    }
  }

  private static func ofAgent(
    _ memory: Observation<[String: Observation<UInt64>]>?, _ statistics: Observation<[String: Observation<UInt64>]>?,
    at time: Double
  ) -> [Figures?] {
    let memory = memory?.value?.compactMapValues(\.value) ?? [:]
    let values = statistics?.value?.compactMapValues(\.value) ?? [:]
    return [
      Figures(
        total: memory["total"], free: memory["free"], available: memory["available"], source: "by the agent",
        time: time),
      Figures(
        total: values["totalMemory"], free: values["freeMemory"], available: values["availableMemory"],
        source: "by the agent", time: time),
    ]
  }

  /// The guest's `size` in parts, or as one where the guest's figures do not fit it.
  private mutating func divide(_ size: UInt64, _ evidence: Evidence) {
    func whole(_ remark: String) {
      parts.append(Part(kind: .undivided, name: "left to the guest", bytes: size, source: "actual"))
      remarks.append(remark)
    }
    guard let figures = Self.figures(evidence) else {
      return whole("How the guest uses its part is not known: nobody delivered its total and free memory.")
    }
    let idle = figures.available ?? figures.free ?? 0
    guard idle <= figures.total, figures.free.map({ $0 <= idle }) ?? true else {
      return whole("The guest's figures contradict each other (more free than there is), so its part is not divided.")
    }
    let busy = figures.total - idle
    let usedBytes: UInt64
    let uncounted: UInt64
    if figures.total <= size {
      usedBytes = busy
      uncounted = size - figures.total
    } else {
      // Windows, and a Linux that may deflate by itself, leave their total as it was and count the balloon as used.
      let taken = maximum.map { $0 >= size ? $0 - size : 0 } ?? 0
      guard let maximum, figures.total <= maximum, taken <= busy else {
        return whole(
          "The guest's figures do not fit the balloon's size (they may be of another moment), so its part is not "
            + "divided.")
      }
      usedBytes = busy - taken
      uncounted = maximum - figures.total
      remarks.append(
        "The guest counts what the balloon took as used; here it stands apart.")
    }
    parts.append(Part(kind: .used, name: "used in the guest", bytes: usedBytes, source: figures.source))
    if let free = figures.free {
      if figures.available != nil {
        parts.append(
          Part(
            kind: .reclaimable, name: "caches that the guest can give up", bytes: idle - free, source: figures.source))
      }
      parts.append(Part(kind: .free, name: "free in the guest", bytes: free, source: figures.source))
    } else {
      parts.append(Part(kind: .reclaimable, name: "available in the guest", bytes: idle, source: figures.source))
    }
    if uncounted > 0 {
      parts.append(
        Part(
          kind: .uncounted, name: "not counted by the guest (its kernel's own, firmware's)", bytes: uncounted,
          source: "actual less the guest's total"))
    }
  }
}
