// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// One screen of a guest that is watched.
///
/// A pure function: the same state, size and style give the same lines. There are never more lines than the terminal
/// has, and none is wider than it.
package struct LiveFrame: Sendable {
  package let lines: [String]

  /// - Parameters:
  ///   - width: columns of the terminal, from 1.
  ///   - height: lines of the terminal, from 1.
  ///   - style: colour and characters; its own width counts for nothing here, which is never less than 40.
  package init(_ state: LiveState, width: Int, height: Int, style: TextStyle) {
    let page = LivePage(state, width: max(1, width), height: max(1, height), style: style)
    page.header()
    page.sizes()
    page.statistics()
    page.events()
    lines = Array(page.lines.prefix(max(1, height)))
  }
}

/// The parts of a ``LiveFrame``, from the top.
private struct LivePage {
  /// Where values end, and where what stands behind them begins.
  private static let nameWidth = 22
  private static let valueWidth = 11
  private static let rateWidth = 13
  /// A longer bar or line is no better to read.
  private static let drawingLimit = 100

  let state: LiveState
  let width: Int
  let height: Int
  let style: TextStyle
  private let output = Output()

  /// What has been laid out so far. Apart from the page, so that the closure that lays out a line may read the page.
  private final class Output {
    var lines: [String] = []
  }

  var lines: [String] { output.lines }

  init(_ state: LiveState, width: Int, height: Int, style: TextStyle) {
    self.state = state
    self.width = width
    self.height = height
    self.style = style
  }

  private var left: Int { height - lines.count }

  private func line(_ body: (inout LiveRow) -> Void) {
    var row = LiveRow(style, width: width)
    body(&row)
    var text = row.text[...]
    while text.last == " " { text.removeLast() }
    output.lines.append(String(text))
  }

  private func blank() { output.lines.append("") }

  private func heading(_ title: String, _ rest: String, _ paint: TextPage.Paint = .dim) {
    line { row in
      row.add(title, .bold)
      guard !rest.isEmpty else { return }
      row.add("  ")
      row.add(rest, paint)
    }
  }

  // MARK: Who, and how it is looked at

  func header() {
    let clock = state.time.flatMap(Moment.utc).map { String($0.suffix(12)) } ?? ""
    line { row in
      row.add(state.guest.target.label, columns: max(0, width - clock.count - 2), .bold)
      row.add("  ")
      row.add(clock)
    }
    line { row in
      switch state.state {
      case .observed("running", _): row.add("running", .green)
      case .observed(let word, _): row.add(word, .yellow)
      case .absent: row.add("state not known", .yellow)
      case .failed(let failure, _): row.add("state \(Known.unknown(failure))", .yellow)
      }
      let interval = "a reading every \(LiveText.seconds(state.guest.interval))"
      let rest = "; \(interval)\(state.guest.tellsEvents ? ", events as they come" : "");"
      let place = state.guest.target.kind == .libvirt ? " at \(state.guest.target.location)" : ""
      let end = " q quits"
      row.add(LiveRow.fit(place + rest, max(0, row.left - end.count), unicode: style.unicode), .dim)
      row.add(end, .dim)
    }
    if let lost = state.lost {
      line { row in
        row.add("No connection, trying again in \(LiveText.seconds(lost.retry)): ", .red)
        row.add(lost.failure.detail)
      }
    } else if let notice = state.guest.notices.first, state.reading == nil || height >= 30 {
      line { row in row.add(notice, .dim) }
    } else {
      blank()
    }
  }

  // MARK: Sizes

  func sizes() {
    heading("Sizes", "")
    let statistics = state.statistics?.value ?? [:]
    let rows: [(String, Observation<UInt64>)] = [
      ("maximum", state.guest.configuration.maximum), ("target", state.guest.configuration.target),
      ("actual", state.actual),
      ("guest sees", statistics["totalMemory"] ?? missing),
      ("QEMU's resident", state.reading?.rss ?? missing),
    ]
    // By the guest's own sizes, so that its bars stand still while QEMU's memory moves.
    let most = rows.dropLast().compactMap(\.1.value).max() ?? rows.compactMap(\.1.value).max() ?? 0
    for (name, leaf) in rows {
      line { row in
        row.add("  ")
        row.add(name, columns: Self.nameWidth - 2)
        guard let value = leaf.value else { return unknown(leaf, &row) }
        row.add(LiveText.size(value), columns: Self.valueWidth, right: true)
        row.add("  ")
        row.add(marks: bar(value, of: most, columns: min(row.left, Self.drawingLimit)), .cyan)
      }
    }
  }

  private var missing: Observation<UInt64> {
    if let failure = state.statistics?.failure { return .failed(failure, Provenance("", trust: .host, time: nil)) }
    guard state.reading != nil else {
      return .failed(Failure(.notAsked, "there was no reading yet"), Provenance("", trust: .host, time: nil))
    }
    return .absent(Provenance("", trust: .host, time: nil))
  }

  private func unknown(_ leaf: Observation<UInt64>, _ row: inout LiveRow) {
    switch leaf {
    case .failed(let failure, _):
      row.add(Known.unknown(failure), .yellow)
      if !failure.detail.isEmpty { row.add(": \(failure.detail)", .dim) }
    default: row.add("not told", .yellow)
    }
  }

  private func bar(_ value: UInt64, of most: UInt64, columns: Int) -> String {
    guard columns >= 8, most > 0 else { return "" }
    let filled = min(columns, Int((Double(value) / Double(most) * Double(columns)).rounded()))
    let (full, empty) = style.unicode ? ("█", "░") : ("#", ".")
    return String(repeating: full, count: filled) + String(repeating: empty, count: columns - filled)
  }

  // MARK: Statistics

  func statistics() {
    blank()
    let told = state.statistics?.value ?? [:]
    let known = StatisticsTable.known.map(\.name)
    let others = Set(told.keys).subtracting(known).sorted().prefix(16)
    let names = (known + others).filter { told[$0] != nil && $0 != "totalMemory" }
    // Events have at least a heading and two lines where there is room for anything.
    let room = left >= 9 ? left - 4 : left
    heading("Statistics", freshness, state.isLate ? .yellow : .dim)
    guard room > 1 else { return }
    guard !told.isEmpty else {
      return line { row in
        row.add("  ")
        guard let failure = state.statistics?.failure else {
          return row.add(state.reading == nil ? "no reading yet" : "the guest's driver has delivered none", .yellow)
        }
        row.add("\(Known.unknown(failure)): ", .yellow)
        row.add(failure.detail)
      }
    }
    let values = names.filter { told[$0]?.value != nil }
    let lacking = names.filter { told[$0]?.value == nil }
    var space = room - 1 - (lacking.isEmpty ? 0 : 1)
    let isCut = values.count > space
    if isCut { space -= 1 }
    for name in values.prefix(max(0, space)) {
      guard let value = told[name]?.value else { continue }
      statistic(name, value)
    }
    if isCut { line { $0.add("  \(values.count - max(0, space)) more in a taller terminal", .dim) } }
    if !lacking.isEmpty {
      let labels = lacking.map { name in StatisticsTable.known.first { $0.name == name }?.label ?? name }
      line { $0.add("  not delivered: \(labels.joined(separator: ", "))", .dim) }
    }
  }

  private func statistic(_ name: String, _ value: UInt64) {
    let known = StatisticsTable.known.first { $0.name == name }
    let isSize = known?.isSize ?? false
    let isCounter = StatisticsTable.counters.contains(name)
    line { row in
      row.add("  ")
      row.add(known?.label ?? name, columns: Self.nameWidth - 2)
      row.add(isSize ? LiveText.size(value) : "\(value)", columns: Self.valueWidth, right: true)
      var rate = ""
      if isCounter { rate = state.rates[name].map { LiveText.rate($0, isSize: isSize) } ?? "" }
      row.add(rate, columns: Self.rateWidth, right: true)
      row.add("  ")
      let line = Sparkline(
        state.samples, name, width: min(row.left, Self.drawingLimit), interval: state.guest.interval)
      row.add(marks: line.text(unicode: style.unicode, fromZero: isCounter), .cyan)
    }
  }

  /// `updated 1 s ago; period 2 s`, and what is wrong with that.
  private var freshness: String {
    guard let reading = state.reading else { return "" }
    let period: String
    switch state.guest.period {
    case 0?: period = "polling is off: the guest is never asked"
    case let seconds?: period = "period \(seconds) s"
    case nil: period = state.guest.target.kind == .agent ? "computed by the agent" : "no period is known"
    }
    switch reading.lastUpdate {
    case .observed:
      return "updated \(Age.describe(lastUpdateOf: reading))\(state.isLate ? ", which is late" : ""); \(period)"
    case .absent: return "the guest has never answered; \(period)"
    case .failed(let failure, _): return "last update \(Known.unknown(failure)); \(period)"
    }
  }

  // MARK: Events

  func events() {
    guard left >= 3 else { return }
    blank()
    let before = state.events.count - max(0, left - 1)
    let more = max(0, before) + state.omittedEvents
    heading("Events", more > 0 ? "\(more) earlier" : "")
    if state.events.isEmpty {
      line {
        $0.add(state.guest.tellsEvents ? "  none yet" : "  nobody tells of any here: only the state is asked", .dim)
      }
    }
    for event in state.events.suffix(left) {
      line { row in
        row.add("  \(LiveText.clock(event.time))  ", .dim)
        row.add(event.name)
        if let size = event.actual { row.add("  actual \(LiveText.size(size))") }
      }
    }
  }
}
