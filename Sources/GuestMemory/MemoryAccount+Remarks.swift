// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension MemoryAccount {
  /// What the host and the guest read at different moments may differ by so much without a word.
  private static let slack: UInt64 = 1 << 20

  static func remarks(
    _ source: AccountSource, _ balloon: BalloonFigures, _ place: BalloonPlace?, _ machine: MemoryLevel,
    _ guest: MemoryLevel?
  ) -> [MemoryRemark] {
    [
      exercise(source.evidence), pieces(source), disagreement(balloon), counting(source, balloon, place),
      unserved(source), aboveMaximum(source),
      freeAboveTotal(source), totalAboveMaximum(source), totals(source),
    ].compactMap { $0 }
  }

  private static func exercise(_ evidence: Evidence) -> MemoryRemark? {
    guard let exercise = evidence.unfinishedExercise else { return nil }
    let id =
      switch exercise {
      case .underWay: "exercise.under-way"
      case .interrupted: "exercise.interrupted"
      }
    return MemoryRemark(id, exercise.sentence(of: evidence.target, size: ByteCount.text))
  }

  /// Memory at the start and what was plugged in are the maximum.
  private static func pieces(_ source: AccountSource) -> MemoryRemark? {
    guard source.dimmMemory > 0, let maximum = source.maximum,
      let start = AccountSource.plausible(source.evidence.configuration.baseMemory),
      start + source.dimmMemory + source.virtioMemory != maximum
    else { return nil }
    let sum = ByteCount.text(start + source.dimmMemory + source.virtioMemory)
    return MemoryRemark(
      "maximum.pieces",
      "Memory at the start and what is plugged in are \(sum), the maximum is \(ByteCount.text(maximum)): they are of "
        + "different moments.")
  }

  private static func disagreement(_ balloon: BalloonFigures) -> MemoryRemark? {
    guard let difference = balloon.disagreement, difference.magnitude > slack,
      let host = balloon.other?.bytes, let guest = balloon.main.bytes
    else { return nil }
    return MemoryRemark(
      "balloon.disagreement",
      "QEMU's figures make the balloon \(ByteCount.text(host)), the guest counts \(ByteCount.text(guest)): the two "
        + "were read at different moments, or one of them is wrong.")
  }

  /// Where the balloon's pages are counted, and how that is known.
  private static func counting(
    _ source: AccountSource, _ balloon: BalloonFigures, _ place: BalloonPlace?
  ) -> MemoryRemark? {
    guard let place, let bytes = balloon.main.bytes, bytes > 0 else { return nil }
    let isInside = place.place == .insideTotal
    let statement =
      isInside ? "counts the balloon as used: it is in its total" : "has taken the balloon out of its total"
    let other = isInside ? "out of its total" : "as used"
    if source.isWindows {
      return MemoryRemark("balloon.counted", "Windows \(statement), and Task Manager shows it as memory in use.")
    }
    guard place.isMeasured else {
      return MemoryRemark(
        "balloon.counted",
        place.expected == nil
          ? "Whether the guest counts the balloon as used cannot be told: it is too small, and nobody told the "
            + "negotiated features. It is taken for no part of the guest's total."
          : "By the features that its driver negotiated the guest \(statement); the balloon is too small to measure "
            + "it.")
    }
    guard let expected = place.expected else {
      return MemoryRemark("balloon.counted", "Measured: the guest \(statement).")
    }
    let feature = expected == .insideTotal ? "with DEFLATE_ON_OOM" : "without DEFLATE_ON_OOM"
    return MemoryRemark(
      "balloon.counted",
      expected == place.place
        ? "The guest \(statement): so a driver \(feature) does, and so it was measured."
        : "Measured: the guest \(statement), though most drivers \(feature) count it \(other); some versions of the "
          + "kernel do so.")
  }

  private static func unserved(_ source: AccountSource) -> MemoryRemark? {
    guard let status = source.evidence.device.status.value, !status.contains("DRIVER_OK") else { return nil }
    return MemoryRemark(
      "balloon.unserved",
      "No driver serves the balloon now, so its size and the statistics may be an earlier boot's.")
  }

  private static func aboveMaximum(_ source: AccountSource) -> MemoryRemark? {
    guard let maximum = source.maximum, let actual = AccountSource.plausible(source.actual),
      maximum < source.virtioMemory || actual > maximum - source.virtioMemory
    else { return nil }
    return MemoryRemark(
      "actual.above-maximum",
      "actual is above the maximum, so the two do not belong together: of another moment, or "
        + "memory was plugged in or out.")
  }

  private static func freeAboveTotal(_ source: AccountSource) -> MemoryRemark? {
    guard let figures = source.figures, let total = source.total else { return nil }
    for name in ["free", "available"] {
      if let bytes = AccountSource.plausible(figures[name]), bytes > total {
        return MemoryRemark(
          "guest.contradiction",
          "The guest's figures contradict each other: it says that more is \(name) than it has altogether.")
      }
    }
    return nil
  }

  private static func totalAboveMaximum(_ source: AccountSource) -> MemoryRemark? {
    guard let total = source.total, let maximum = source.maximum, total > maximum else { return nil }
    return MemoryRemark(
      "guest.above-maximum",
      "The guest says that it has more than its maximum: the figures are of another machine or moment, or it lies.")
  }

  /// The agent's total and that of the statistics.
  private static func totals(_ source: AccountSource) -> MemoryRemark? {
    guard let figures = source.figures, figures.witness == .agent, let ours = source.total,
      let theirs = AccountSource.plausible(source.reading?.statistics.value?["totalMemory"]),
      max(ours, theirs) - min(ours, theirs) > slack
    else { return nil }
    return MemoryRemark(
      "guest.totals-differ",
      "The agent says that the guest has \(ByteCount.text(ours)), the statistics \(ByteCount.text(theirs)): they are "
        + "of different moments.")
  }
}
