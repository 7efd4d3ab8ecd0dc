// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Synchronization

/// Hands a rule the evidence and remembers what the rule read, so that every statement cites what carries it.
package struct EvidenceReader {
  private let held: Held
  private var evidence: Evidence { _read { yield held.evidence } }
  /// Every leaf that was read, in order, once each.
  package private(set) var citations: [Citation] = []
  /// Those among them that gave no value although one was wanted.
  package private(set) var missing: [Missing] = []

  package init(_ evidence: Evidence) {
    held = Held(evidence)
  }

  /// The evidence is large, and readers of it are copied for every rule; many rules cite the same leaves.
  private final class Held: Sendable {
    let evidence: Evidence
    /// What has been cited by any reader, by its path.
    let cited = Mutex<[String: Citation]>([:])
    init(_ evidence: Evidence) { self.evidence = evidence }
  }

  /// How the evidence was gathered; needs no citation.
  package var collection: Collection { evidence.collection }
  /// Which guest it is about; needs no citation.
  package var target: Target { evidence.target }
  /// Which of the guest's functions is the balloon; needs no citation.
  var balloonIndex: Int? { evidence.guestBalloonIndex }
  /// How many readings there are.
  package var readingCount: Int { evidence.readings.count }

  /// The leaf at `path`, cited.
  package mutating func read<Value>(_ path: KeyPath<Evidence, Observation<Value>>) -> Observation<Value> {
    cite(evidence[keyPath: path], at: Self.name(of: path))
  }

  /// The value at `path`, cited; when there is none the leaf is noted as missing (an absent one too).
  package mutating func require<Value>(_ path: KeyPath<Evidence, Observation<Value>>) -> Value? {
    let leaf = read(path)
    if leaf.value == nil { note(missing: leaf, at: Self.name(of: path)) }
    return leaf.value
  }

  /// As ``read(_:)``, and notes a failure (not an absence) as missing.
  package mutating func ask<Value>(_ path: KeyPath<Evidence, Observation<Value>>) -> Observation<Value> {
    let leaf = read(path)
    if leaf.failure != nil { note(missing: leaf, at: Self.name(of: path)) }
    return leaf
  }

  /// A leaf of the reading number `index`, cited; `nil` when there is no such reading.
  package mutating func read<Value>(
    reading index: Int, _ path: KeyPath<Reading, Observation<Value>>
  ) -> Observation<Value>? {
    guard evidence.readings.indices.contains(index) else { return nil }
    return cite(evidence.readings[index][keyPath: path], at: "readings.\(index)." + Self.name(of: path))
  }

  /// A leaf of a look that an exercise took, cited: of the look number `look` of a step, or of the one before it where
  /// `step` is `nil`. `nil` when there was no such look.
  package mutating func read<Value>(
    exerciseStep step: Int?, look: Int, _ path: KeyPath<ExerciseReading, Observation<Value>>
  ) -> Observation<Value>? {
    guard let exercise = evidence.exercise else { return nil }
    guard let step else {
      return exercise.before.map { cite($0[keyPath: path], at: "exercise.before." + Self.name(of: path)) }
    }
    guard exercise.steps.indices.contains(step), exercise.steps[step].readings.indices.contains(look) else {
      return nil
    }
    return cite(
      exercise.steps[step].readings[look][keyPath: path],
      at: "exercise.steps.\(step).readings.\(look)." + Self.name(of: path))
  }

  /// When the reading number `index` was taken, by this machine's clock.
  package func time(ofReading index: Int) -> Double? {
    evidence.readings.indices.contains(index) ? evidence.readings[index].time : nil
  }

  /// A leaf of the guest's PCI function number `index`, cited; `nil` when the guest listed no such function.
  package mutating func read<Value>(
    guestFunction index: Int, _ path: KeyPath<GuestFunction, Observation<Value>>
  ) -> Observation<Value>? {
    guard let functions = evidence.guest.functions.value, functions.indices.contains(index) else { return nil }
    return cite(functions[index][keyPath: path], at: "guest.functions.value.\(index)." + Self.name(of: path))
  }

  /// What Windows knows besides of the guest's PCI function number `index`, cited; `nil` when it was told nothing of
  /// the kind.
  package mutating func read<Value>(
    windowsFunction index: Int, _ path: KeyPath<WindowsFunction, Observation<Value>>
  ) -> Observation<Value>? {
    guard let functions = evidence.guest.functions.value, functions.indices.contains(index),
      let windows = functions[index].windows
    else { return nil }
    return cite(windows[keyPath: path], at: "guest.functions.value.\(index).windows." + Self.name(of: path))
  }

  /// What Windows tells of itself besides, cited; `nil` when it was told nothing of the kind.
  package mutating func read<Value>(
    windowsSystem path: KeyPath<WindowsSystem, Observation<Value>>
  ) -> Observation<Value>? {
    guard let windows = evidence.guest.windows else { return nil }
    return cite(windows[keyPath: path], at: "guest.windows." + Self.name(of: path))
  }

  /// What qemu-ga says, cited; `nil` when it was not to be asked.
  package mutating func read<Value>(
    qemuGA path: KeyPath<QEMUGuestAgentEvidence, Observation<Value>>
  ) -> Observation<Value>? {
    guard let agent = evidence.guest.qemuGA else { return nil }
    return cite(agent[keyPath: path], at: "guest.qemuGA." + Self.name(of: path))
  }

  /// A leaf of the driver number `index` that qemu-ga lists, cited; `nil` when it lists no such one.
  package mutating func read<Value>(
    qemuGADriver index: Int, _ path: KeyPath<InstalledDriver, Observation<Value>>
  ) -> Observation<Value>? {
    guard let drivers = evidence.guest.qemuGA?.devices.value, drivers.indices.contains(index) else { return nil }
    return cite(drivers[index][keyPath: path], at: "guest.qemuGA.devices.value.\(index)." + Self.name(of: path))
  }

  /// A leaf of the guest's service number `index`, cited; `nil` when the guest listed no such service.
  package mutating func read<Value>(
    guestService index: Int, _ path: KeyPath<GuestService, Observation<Value>>
  ) -> Observation<Value>? {
    guard let services = evidence.guest.services.value, services.indices.contains(index) else { return nil }
    return cite(services[index][keyPath: path], at: "guest.services.value.\(index)." + Self.name(of: path))
  }

  /// What Windows' service manager knows besides of the guest's service number `index`, cited.
  package mutating func read<Value>(
    windowsService index: Int, _ path: KeyPath<WindowsService, Observation<Value>>
  ) -> Observation<Value>? {
    guard let services = evidence.guest.services.value, services.indices.contains(index),
      let windows = services[index].windows
    else { return nil }
    return cite(windows[keyPath: path], at: "guest.services.value.\(index).windows." + Self.name(of: path))
  }

  /// Notes that a rule would need this leaf.
  package mutating func note<Value>(missing leaf: Observation<Value>, at path: String) {
    guard !missing.contains(where: { $0.path == path }) else { return }
    switch leaf {
    case .observed: return
    case .absent(let provenance):
      missing.append(Missing(path: path, reason: "\(provenance.source) has none", ask: nil))
    case .failed(let failure, _):
      missing.append(
        Missing(
          path: path, reason: "\(failure.reason.rawValue): \(failure.detail)",
          ask: failure.ask ?? usualAsk(for: path)))
    }
  }

  /// Notes that a rule would need something that is no leaf, such as a second reading.
  package mutating func note(missing reason: String, at path: String, ask: String?) {
    guard !missing.contains(where: { $0.path == path && $0.reason == reason }) else { return }
    missing.append(Missing(path: path, reason: reason, ask: ask))
  }

  /// Runs a question whose leaves are not to be cited (a look that decides which leaf to cite).
  package func peek<Value>(_ path: KeyPath<Evidence, Value>) -> Value { evidence[keyPath: path] }

  /// Cites a leaf of an exercise that not every look, and not every guest, has.
  mutating func cite<Value>(exercisePart leaf: Observation<Value>?, at path: String) {
    if let leaf { _ = cite(leaf, at: path) }
  }

  private mutating func cite<Value>(_ leaf: Observation<Value>, at path: String) -> Observation<Value> {
    if !citations.contains(where: { $0.path == path }) {
      let citation =
        held.cited.withLock { $0[path] }
        ?? Citation(path: path, value: leaf.brief, source: leaf.provenance.source, trust: leaf.provenance.trust)
      held.cited.withLock { $0[path] = citation }
      citations.append(citation)
    }
    return leaf
  }

  /// The names of the leaves that have been read: as many as there are places in the rules.
  private static let names = Mutex<[Place: String]>([:])

  /// A key path that captures nothing: it never changes.
  private struct Place: Hashable, @unchecked Sendable {
    let path: AnyKeyPath
  }

  /// `\Evidence.device.status` is `device.status`: a stored property's key path prints the names it was written with.
  /// Printing one is slow, and every rule reads for every guest.
  private static func name(of path: AnyKeyPath) -> String {
    let place = Place(path: path)
    if let name = names.withLock({ $0[place] }) { return name }
    let text = String(reflecting: path)
    let name = text.firstIndex(of: ".").map { String(text[text.index(after: $0)...]) } ?? text
    names.withLock { $0[place] = name }
    return name
  }
}

extension Observation {
  /// The leaf in a few words, for a citation.
  package var brief: String {
    switch self {
    case .observed(let value, _): EvidenceText.describe(value)
    case .absent: "absent"
    case .failed(let failure, _): "not known (\(failure.reason.rawValue))"
    }
  }
}
