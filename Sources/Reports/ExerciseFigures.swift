// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// What an exercise measured, in figures: told, and never judged against a fixed one.
struct ExerciseFigures {
  /// One direction.
  struct Way {
    /// Bytes that moved while steps were waited for, and how long that took in seconds.
    let bytes: UInt64
    let seconds: Double
    /// `57 MiB/s`; `nil` where nothing moved, or within one look.
    var rate: String? {
      guard bytes > 0, seconds > 0 else { return nil }
      let rate = Double(bytes) / 1_048_576 / seconds
      guard rate.isFinite, rate < 1e9 else { return nil }
      return rate >= 10 ? "\(Int(rate.rounded())) MiB/s" : "\(Double(Int((rate * 10).rounded())) / 10) MiB/s"
    }
  }

  let exercise: ExerciseEvidence
  let down: Way
  let up: Way
  /// The smallest size that was seen, in bytes.
  let lowestSeen: UInt64?
  /// How far the balloon went beyond what was asked for, in bytes.
  let overshoot: UInt64

  /// The look that was taken at the lowest size: the thorough one, where there was one.
  let lowestLook: ExerciseReading?

  init(_ exercise: ExerciseEvidence) {
    self.exercise = exercise
    var down: (bytes: UInt64, seconds: Double) = (0, 0)
    var up: (bytes: UInt64, seconds: Double) = (0, 0)
    var overshoot: UInt64 = 0
    var size = exercise.before?.actual.value
    for step in exercise.steps {
      let sizes = step.readings.compactMap { reading in reading.actual.value.map { (reading.time, $0) } }
      defer { size = sizes.last?.1 ?? size }
      guard let from = size, let end = sizes.last else { continue }
      // Until it was there, or for as long as it was waited for.
      let arrival = step.reached.flatMap { time in sizes.first { $0.0 >= time } } ?? end
      let seconds = max(0, arrival.0 - step.asked)
      if step.target < from {
        down.bytes &+= from > arrival.1 ? from - arrival.1 : 0
        down.seconds += seconds
        if let least = sizes.map(\.1).min(), least < step.target { overshoot = max(overshoot, step.target - least) }
      } else if step.target > from {
        up.bytes &+= arrival.1 > from ? arrival.1 - from : 0
        up.seconds += seconds
        if let most = sizes.map(\.1).max(), most > step.target { overshoot = max(overshoot, most - step.target) }
      }
    }
    self.down = Way(bytes: down.bytes, seconds: down.seconds)
    self.up = Way(bytes: up.bytes, seconds: up.seconds)
    self.overshoot = overshoot
    let looks = exercise.steps.flatMap(\.readings).filter { $0.actual.value != nil }
    lowestSeen = looks.compactMap(\.actual.value).min()
    lowestLook =
      looks.last { $0.guestRAM != nil } ?? looks.min { ($0.actual.value ?? .max) < ($1.actual.value ?? .max) }
  }

  /// Every figure as a name and a sentence, the most telling first.
  var facts: [(name: String, text: String)] {
    [
      ("follows", follows), ("down", way(down, "inflated")), ("up", way(up, "deflated")),
      ("overshoot", overshoot == 0 ? "none was seen" : EvidenceText.size(overshoot)),
      ("the host", host), ("the guest", guest),
      ("floor", "\(EvidenceText.size(exercise.floor)): \(exercise.floorReason)"),
      ("ended early", exercise.stopped.map(\.detail) ?? "no"),
      ("put back", restored),
    ]
  }

  private var follows: String {
    let from = exercise.before?.actual.value
    let sizes =
      "from \(from.map(EvidenceText.size) ?? "an unknown size")"
      + ", asked down to \(EvidenceText.size(exercise.lowest)), seen down to "
      + (lowestSeen.map(EvidenceText.size) ?? "nothing")
    guard let from, let lowestSeen else { return "not known: " + sizes }
    if lowestSeen >= from || from - lowestSeen < 4 << 20 { return "no: " + sizes }
    let isThere = lowestSeen <= exercise.lowest || lowestSeen - exercise.lowest < 4 << 20
    return (isThere ? "yes: " : "in part: ") + sizes
  }

  private func way(_ way: Way, _ word: String) -> String {
    guard let rate = way.rate else { return "nothing was \(word)" }
    return "\(EvidenceText.size(way.bytes)) \(word) at \(rate)"
  }

  /// What the host really got back.
  private var host: String {
    guard let before = exercise.before, let lowest = lowestLook else { return "was not looked at" }
    var parts: [String] = []
    if let taken = difference(before.actual.value, lowest.actual.value) { parts.append("the balloon took \(taken)") }
    if let then = before.guestRAM?.value, let now = lowest.guestRAM?.value {
      parts.append(
        "of the guest's RAM \(EvidenceText.size(then)) were resident before and \(EvidenceText.size(now)) at the lowest"
      )
    }
    if let then = before.rss.value, let now = lowest.rss.value {
      parts.append("QEMU's process had \(EvidenceText.size(then)), then \(EvidenceText.size(now)) resident")
    }
    return parts.isEmpty ? "does not tell QEMU's memory" : parts.joined(separator: "; ")
  }

  private func difference(_ then: UInt64?, _ now: UInt64?) -> String? {
    guard let then, let now, then > now else { return nil }
    return EvidenceText.size(then - now)
  }

  /// What the guest felt, by its own word.
  private var guest: String {
    guard let before = exercise.before else { return "was not asked" }
    let looks = exercise.steps.flatMap(\.readings)
    func told(_ name: String) -> [UInt64] { looks.compactMap { $0.values[name] } }
    var parts: [String] = []
    let available = looks.compactMap { look in
      [look.values["availableMemory"], look.guest?.memory.value?["available"]?.value].compactMap { $0 }.min()
    }
    if let least = available.min() { parts.append("at least \(EvidenceText.size(least)) stayed available") }
    for (name, words) in [
      ("swapOut", "swapped out"), ("majorFaults", "page faults that waited for a disk"),
      ("oomKills", "programs killed for lack of memory"),
    ] {
      guard let then = before.values[name], let now = told(name).max() else { continue }
      let rise = now >= then ? now - then : 0
      parts.append(name == "swapOut" ? "\(EvidenceText.size(rise)) \(words)" : "\(rise) \(words)")
    }
    if let then = before.values["totalMemory"], let now = told("totalMemory").min() {
      parts.append("its total went from \(EvidenceText.size(then)) to \(EvidenceText.size(now))")
    }
    return parts.isEmpty ? "tells nothing" : parts.joined(separator: ", ") + " (the guest's word)"
  }

  private var restored: String {
    let size = "\(EvidenceText.size(exercise.original)), by \(exercise.originalSource)"
    return exercise.restored
      ? "yes, to \(size)" : "NO (\(exercise.restoreFailure?.detail ?? "not known why")); it was \(size)"
  }
}
