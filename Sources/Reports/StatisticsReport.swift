// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What `stats` says of one guest: the balloon's size and statistics from every source.
package struct StatisticsReport: Report {
  package let evidence: Evidence
  package init(_ evidence: Evidence) { self.evidence = evidence }

  package func json() throws(ReportError) -> [UInt8] {
    try JSONDocument.encode(StatisticsDocument(evidence))
  }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.flow(
      [
        TextPage.Span("\(TerminalText.shortened(evidence.target.label, to: 80)):", .bold),
        TextPage.Span("balloon size and statistics"),
      ], hanging: 2)
    page.blank()
    page.heading("Size")
    page.fields(Facts.ofSizes(evidence, isVerbose: style.verbose))
    page.blank()
    page.heading("Statistics")
    page.field("by QEMU", StatisticsTable.freshness(evidence))
    if evidence.readings.count > 1 { page.field("", StatisticsTable.progress(evidence.readings)) }
    page.field("", Self.origin(evidence.readings.last?.statistics, of: evidence))
    page.field("by the agent", Self.origin(evidence.guest.statistics, of: evidence))
    page.statisticsTable(evidence, indent: 2, reasonsAreTold: true)
    page.guestMemory(evidence.guest.memory)
    page.notices(evidence.collection)
    return page.text
  }

  /// `guest-stats, the host's word, asked less than 1 s ago`: who says so, and how long before the collection's end.
  private static func origin<Value>(_ leaf: Observation<Value>?, of evidence: Evidence) -> String {
    guard let leaf else { return "not known (no reading)" }
    switch leaf {
    case .observed(_, let provenance), .absent(let provenance):
      let source = provenance.source.isEmpty ? "an unnamed source" : provenance.source
      let asked = provenance.time.map { ", asked " + Age.describe(from: $0, to: evidence.collection.finished) } ?? ""
      return "\(source), the \(provenance.trust.rawValue)'s word\(asked)" + (leaf.isAbsent ? ": none" : "")
    case .failed(let failure, _): return Known.unknown(failure) + ": " + TerminalText.shortened(failure.detail, to: 200)
    }
  }
}

/// The JSON form of ``StatisticsReport``.
package struct StatisticsDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/statistics/1"

  package var schema: String
  package var target: Target
  /// Bytes, as `configuration` of the evidence has them.
  package var maximum: Observation<UInt64>
  package var requested: Observation<UInt64>
  /// Seconds.
  package var statsPeriod: Observation<UInt64>
  package var pollingInterval: Observation<UInt64>
  /// The latest look through the hypervisor; absent when there was none.
  package var reading: Reading?
  /// Seconds between the last update and the reading; absent when the guest never answered, when it is not known, and
  /// when the two clocks cannot belong together.
  package var age: Double?
  /// What the agent computed in the guest.
  package var guestStatistics: Observation<[String: Observation<UInt64>]>
  package var guestMemory: Observation<[String: Observation<UInt64>]>
  /// What the hypervisor says the guest is doing; in a watch only.
  package var state: Observation<String>?
  /// What the machine told of itself since the document before; in a watch only.
  package var events: [MachineEvent]?
  /// How many more events there were.
  package var omittedEvents: Int?
  /// Why the guest cannot be looked at; in a watch only, and then there is no reading.
  package var lost: Failure?

  package init(_ evidence: Evidence) {
    schema = Self.schema
    target = evidence.target
    maximum = evidence.configuration.maximum
    requested = evidence.configuration.target
    statsPeriod = evidence.configuration.statsPeriod
    pollingInterval = evidence.device.pollingInterval
    reading = evidence.readings.last
    age = evidence.readings.last.flatMap { reading in
      reading.lastUpdate.value.flatMap { Age.seconds(from: Double($0), to: reading.time) }
    }
    guestStatistics = evidence.guest.statistics
    guestMemory = evidence.guest.memory
  }

  /// A document of a watch.
  ///
  /// - Parameters:
  ///   - state: of which the latest reading is told, unless the guest is lost.
  ///   - events: those that no earlier document has.
  package init(_ state: LiveState, events: [MachineEvent], omitted: Int = 0) {
    schema = Self.schema
    target = state.guest.target
    maximum = state.guest.configuration.maximum
    requested = state.guest.configuration.target
    statsPeriod = state.guest.configuration.statsPeriod
    pollingInterval = state.guest.pollingInterval
    reading = state.lost == nil ? state.reading : nil
    age = reading == nil ? nil : state.age
    let unasked = Provenance("agent", trust: .guest, time: nil)
    let notAsked = Failure(.notAsked, "a watch of the statistics asks the hypervisor alone")
    guestStatistics = reading?.guest?.statistics ?? .failed(notAsked, unasked)
    guestMemory = reading?.guest?.memory ?? .failed(notAsked, unasked)
    self.state = state.state
    self.events = events
    omittedEvents = omitted > 0 ? omitted : nil
    lost = state.lost?.failure
    // It stands above already.
    reading?.guest = nil
  }
}

extension TextPage {
  /// The guest's own account of its memory.
  mutating func guestMemory(_ memory: Observation<[String: Observation<UInt64>]>) {
    blank()
    heading("The guest's own memory account")
    guard let values = memory.value else {
      return flow(Known.text(memory, absent: "none") { _ in "" } + ".", indent: 2)
    }
    let order = ["total", "free", "available", "cached", "buffers", "swapTotal", "swapFree"]
    let others = Set(values.keys).subtracting(order).sorted().prefix(16)
    for name in order + others {
      guard let leaf = values[name] else { continue }
      field(name, [Span(Known.size(leaf))] + (Known.source(leaf).map { [Span($0, .dim)] } ?? []))
    }
  }
}
