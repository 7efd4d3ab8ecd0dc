// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Evidence in the making: several artefacts tell their facts, and each leaf keeps the first that gave an answer.
struct EvidenceDraft {
  private(set) var evidence: Evidence
  /// When the artefacts were looked at; the readings have no time of their own.
  let now: Double
  /// Leaves of which two artefacts say different things, in sentences; at most ``conflictLimit``.
  private(set) var conflicts: [String] = []
  private static let conflictLimit = 16
  /// The most readings that are kept.
  private static let readingLimit = 64

  /// What people should know besides, in sentences; at most ``noteLimit``.
  private var notes: [String] = []
  private static let noteLimit = 64

  /// What Windows' own commands told, which becomes functions and services at the end.
  var windows = WindowsPaste()
  /// What Linux' own commands told, likewise.
  var linux = LinuxPaste()

  /// The commands that would give more.
  let command: GuestCommands
  /// Looks that count only where no other tells the same: rounded ones, and such as may be older.
  private var spares: [Reading] = []
  private var hasAdopted = false

  init(_ evidence: Evidence, command: GuestCommands, now: Double) {
    self.evidence = evidence
    self.command = command
    self.now = now
  }

  /// Sets a leaf, unless an earlier artefact has answered it. A reason why it could not be had replaces "not asked".
  mutating func tell<Value>(_ path: WritableKeyPath<Evidence, Observation<Value>>, _ told: Observation<Value>) {
    let known = evidence[keyPath: path]
    switch (known, told) {
    case (.observed(let one, let first), .observed(let other, let second)) where one != other:
      guard conflicts.count < Self.conflictLimit else { return }
      conflicts.append(
        "\(second.source) says \(String(describing: other).prefix(60)), and \(first.source) says "
          + "\(String(describing: one).prefix(60)): the latter was taken.")
    case (.failed(let old, _), .failed(let new, _)):
      if old.reason == .notAsked, new.reason != .notAsked { evidence[keyPath: path] = told }
    case (.failed, _): evidence[keyPath: path] = told
    default: break
    }
  }

  /// Adds a sentence for people, once.
  mutating func note(_ sentence: String) {
    if notes.count < Self.noteLimit, !notes.contains(sentence) { notes.append(sentence) }
  }

  /// Adds a sentence where one live XML has what another one of the same guest has not.
  mutating func noteContradiction<Value>(
    about what: String, _ known: Observation<Value>, _ told: Observation<Value>
  ) {
    guard known.failure == nil, told.failure == nil, known.isAbsent != told.isAbsent,
      known.provenance.source[...].has("live domain XML")
    else { return }
    let (one, other) = known.isAbsent ? (told, known) : (known, told)
    note(
      "\(one.provenance.source) has the \(what), and \(other.provenance.source) has none: what stands first "
        + "was taken; give only what virsh dumpxml prints now.")
  }

  /// Adds a look at size and statistics: what it knows completes the last one, unless both know the same thing.
  mutating func tell(_ reading: Reading) {
    guard var last = evidence.readings.last, !last.overlaps(reading) else {
      if evidence.readings.count < Self.readingLimit { evidence.readings.append(reading) }
      return
    }
    last.complete(with: reading)
    evidence.readings[evidence.readings.count - 1] = last
  }

  /// The same of a look that is of account only where no other tells its size.
  mutating func tell(_ reading: Reading, ifUnknown: Bool) {
    if !ifUnknown { tell(reading) } else if spares.count < Self.readingLimit { spares.append(reading) }
  }

  /// Adds lines of the guest's system log.
  mutating func tellLog(_ lines: [String], _ source: Provenance) {
    let known = evidence.guest.log.value ?? []
    let more = lines.filter { !known.contains($0) }.prefix(max(0, 256 - known.count))
    guard !more.isEmpty || known.isEmpty else { return }
    evidence.guest.log = .observed(known + more, known.isEmpty ? source : evidence.guest.log.provenance)
  }

  /// Adds the status of another virtio device.
  mutating func tell(_ sibling: VirtioSibling, _ source: Provenance) {
    let known = evidence.device.siblings.value ?? []
    guard known.count < 256 else { return }
    evidence.device.siblings = .observed(known + [sibling], source)
  }

  /// Adds a sentence for whoever reads the report, once.
  mutating func notice(_ sentence: String) {
    guard evidence.collection.notices.count < 64, !evidence.collection.notices.contains(sentence) else { return }
    evidence.collection.notices.append(sentence)
  }

  /// What Windows tells of itself besides.
  mutating func tellWindows(_ system: WindowsSystem?) {
    if evidence.guest.windows == nil { evidence.guest.windows = system }
  }

  /// What qemu-ga said: of two replies to one question the first counts.
  mutating func tell(_ agent: QEMUGuestAgentEvidence) {
    guard var known = evidence.guest.qemuGA else {
      evidence.guest.qemuGA = agent
      return
    }
    if known.osID.failure != nil { known.osID = agent.osID }
    if known.osName.failure != nil { known.osName = agent.osName }
    if known.osVersion.failure != nil { known.osVersion = agent.osVersion }
    if known.kernel.failure != nil { known.kernel = agent.kernel }
    if known.devices.failure != nil { known.devices = agent.devices }
    evidence.guest.qemuGA = known
  }

  /// Whole evidence that was saved earlier; the first one counts.
  mutating func adopt(_ saved: Evidence) {
    guard !hasAdopted else {
      evidence.collection.notices.append("Of several saved diagnoses the first was taken.")
      return
    }
    hasAdopted = true
    let notices = evidence.collection.notices
    evidence = saved
    evidence.collection.notices = notices + saved.collection.notices
  }

  /// A reading of which nothing is known yet.
  func emptyReading(_ unknown: Unknown) -> Reading {
    Reading(time: now, actual: unknown(), lastUpdate: unknown(), statistics: unknown(), rss: unknown())
  }

  /// The evidence, when all artefacts have told.
  mutating func finished() -> Evidence {
    var windows = windows
    windows.tell(&self)
    linux.tell(&self)
    for spare in spares where evidence.readings.last?.actual.value == nil { tell(spare) }
    if evidence.readings.isEmpty {
      // So that whoever misses it is told the command that gives it.
      evidence.readings.append(
        emptyReading(
          Unknown(
            failure: Failure(.notAsked, "no artefact that was given tells it", ask: command.memoryStatistics),
            provenance: Provenance("artefacts", trust: .host, time: nil))))
    }
    // The rules read the last reading; what it does not know an earlier one may.
    let readings = evidence.readings
    for index in readings.indices.dropFirst() { evidence.readings[index].complete(with: evidence.readings[index - 1]) }
    evidence.collection.notices += notes + conflicts
    if let maximum = evidence.configuration.maximum.value,
      let actual = evidence.readings.compactMap(\.actual.value).max(), actual > maximum
    {
      evidence.collection.notices.append(
        "The balloon's size is above the maximum (\(actual) and \(maximum) bytes): the artefacts may be of different "
          + "guests, or of different times.")
    }
    return evidence
  }
}

extension Reading {
  fileprivate func overlaps(_ other: Reading) -> Bool {
    func both<Value>(_ one: Observation<Value>, _ two: Observation<Value>) -> Bool {
      one.failure == nil && two.failure == nil
    }
    return both(actual, other.actual) || both(lastUpdate, other.lastUpdate) || both(statistics, other.statistics)
      || both(rss, other.rss)
  }

  fileprivate mutating func complete(with other: Reading) {
    if actual.failure != nil { actual = other.actual }
    // Statistics and the time of their delivery belong together.
    if lastUpdate.failure != nil, statistics.failure != nil {
      (lastUpdate, statistics) = (other.lastUpdate, other.statistics)
    }
    if rss.failure != nil { rss = other.rss }
  }
}
