// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Rules

/// A watched guest in running lines, for whoever reads them by another program or has no screen.
package enum LiveText {
  /// The lines of one update: a line for a reading, one for each event, one for a loss.
  ///
  /// - Parameter state: with the update taken.
  package static func lines(_ update: StatisticsUpdate, _ state: LiveState, unicode: Bool) -> [String] {
    func clean(_ text: String) -> String {
      TerminalText.escaped(TerminalText.shortened(text, to: 1_000), unicode: unicode)
    }
    switch update {
    case .found(let guest):
      let place = guest.target.kind == .libvirt ? " at \(guest.target.location)" : ""
      return [clean("# \(guest.target.label)\(place): a reading every \(seconds(guest.interval))")]
        + guest.notices.prefix(8).map { clean("# \($0)") }
    case .reading(let reading, _): return [clean(self.reading(reading, state))]
    case .events(let events, let omitted):
      return events.map { event in
        clean("\(moment(event.time))  event \(event.name)" + (event.actual.map { "  actual \(size($0))" } ?? ""))
      } + (omitted > 0 ? ["# \(omitted) more events were not kept"] : [])
    case .lost(let failure, let retry):
      return [clean("# no connection, trying again in \(seconds(retry)): \(failure.detail)")]
    }
  }

  private static func reading(_ reading: Reading, _ state: LiveState) -> String {
    let told = state.statistics?.value ?? [:]
    var parts = [moment(reading.time), Known.text(state.state)]
    func add(_ name: String, _ leaf: Observation<UInt64>?) {
      // What the driver does not deliver is left out; what could not be asked is said.
      guard let leaf, !leaf.isAbsent else { return }
      parts.append("\(name) \(leaf.value.map(size) ?? leaf.failure.map(Known.unknown) ?? "")")
    }
    if reading.actual.failure?.reason != .unsupported { add("actual", state.actual) }
    add("target", state.guest.configuration.target.value == nil ? nil : state.guest.configuration.target)
    if reading.rss.failure?.reason != .unsupported { add("resident", reading.rss) }
    if let failure = state.statistics?.failure {
      parts.append("statistics \(Known.unknown(failure))")
    } else if told.isEmpty {
      parts.append("no statistics")
    } else {
      add("total", told["totalMemory"])
      add("available", told["availableMemory"])
      add("free", told["freeMemory"])
      for name in ["swapIn", "swapOut", "majorFaults"] {
        guard let rate = state.rates[name] else { continue }
        let known = StatisticsTable.known.first { $0.name == name }
        parts.append("\(known?.label ?? name) \(self.rate(rate, isSize: known?.isSize ?? false))")
      }
    }
    if reading.lastUpdate.isAbsent {
      parts.append("never updated")
    } else if reading.lastUpdate.failure?.reason != .unsupported {
      parts.append("updated \(Age.describe(lastUpdateOf: reading))")
    }
    return parts.joined(separator: "  ")
  }

  /// `1.5 GiB`.
  static func size(_ bytes: UInt64) -> String { bytes < 1_024 ? "\(bytes) B" : EvidenceText.size(bytes) }

  /// `1.5 MiB/s`, `12/s`, `0.5/s`.
  static func rate(_ perSecond: Double, isSize: Bool) -> String {
    guard perSecond.isFinite, perSecond >= 0, perSecond < 1e18 else { return "" }
    if isSize { return "\(size(UInt64(perSecond.rounded())))/s" }
    guard perSecond < 10, perSecond != perSecond.rounded() else { return "\(Int(perSecond.rounded()))/s" }
    let tenths = Int((perSecond * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)/s"
  }

  /// `1 s`, `2.5 s`, `250 ms`.
  static func seconds(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "some time" }
    let milliseconds = Int((seconds * 1_000).rounded())
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    return milliseconds % 1_000 == 0
      ? "\(milliseconds / 1_000) s" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
  }

  /// `18:40:12`.
  static func clock(_ time: Double) -> String {
    Moment.utc(time).map { String($0.dropFirst(11).prefix(8)) } ?? "at no time"
  }

  private static func moment(_ time: Double) -> String { Moment.utc(time) ?? "at no time" }
}
