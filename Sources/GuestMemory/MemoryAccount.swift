// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Where a guest's memory is: what the host gave it, what it sees and what it does with that, and what QEMU's process
/// spends, in pieces that each have a source of their own. What the pieces do not cover is told as unexplained.
package struct MemoryAccount: Hashable, Sendable {
  /// From the machine's maximum to the guest's total.
  package var machine: MemoryLevel
  /// From the guest's total to its processes and caches; `nil` when nobody told the total.
  package var guest: MemoryLevel?
  /// QEMU's process; `nil` when nobody told its resident memory.
  package var process: MemoryLevel?
  /// The pages that the guest has free and the host still spends.
  package var retained: MemoryBucket
  /// The figures that people compare, in neighbouring pairs.
  package var differences: [MemoryDifference]
  package var remarks: [MemoryRemark]
  /// How old the statistics are that QEMU has of the guest, in seconds; `nil` when that is not known.
  package var statisticsAge: Double?

  package init(_ evidence: Evidence) {
    let source = AccountSource(evidence)
    let balloon = BalloonFigures(source)
    let parts = ReservedMemory(source)
    let place = source.place(of: balloon, reserved: parts.bytes)
    machine = Self.machine(source, balloon, parts, place)
    guest = Self.guest(source, balloon, place)
    process = Self.process(source)
    retained = Self.retained(source)
    statisticsAge = Self.age(evidence.readings.last)
    differences = []
    remarks = Self.remarks(source, balloon, place, machine, guest)
    differences = MemoryDifference.all(self, source)
  }

  /// The levels that are known, from the machine to the host's process.
  package var levels: [MemoryLevel] { [machine, guest, process].compactMap { $0 } }

  /// The bucket of that id.
  package func bucket(_ id: String) -> MemoryBucket? {
    if id == retained.id { return retained }
    for level in levels {
      if let found = level.buckets.first(where: { $0.id == id }) { return found }
    }
    return nil
  }

  /// Seconds between the statistics and the reading; `nil` for clocks that cannot belong together.
  private static func age(_ reading: Reading?) -> Double? {
    // An artefact does not tell when it was read.
    guard let reading, let update = reading.lastUpdate.value, reading.lastUpdate.provenance.time != nil else {
      return nil
    }
    let age = reading.time - Double(update)
    return age.isFinite && age >= -1 ? max(age, 0) : nil
  }
}
