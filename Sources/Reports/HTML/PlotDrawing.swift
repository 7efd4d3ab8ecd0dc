// SPDX-License-Identifier: GPL-3.0-or-later
import Rules

/// Draws a guest's size and statistics over time.
struct PlotDrawing {
  let series: TimeSeries
  /// At most so many events are numbered and listed.
  static let eventLimit = 24

  private struct Frame {
    let width: SVGDrawing.Width
    let ticks: [Axis.Tick]
    let duration: Double
    let hasRug: Bool
    let left = 62.0
    let top = 20.0
    let plotHeight = 168.0
    var right: Double { width.rawValue - 14 }
    var bottom: Double { top + plotHeight }
    var height: Double { bottom + 30 + (hasRug ? 18 : 0) }
    func x(_ time: Double) -> Double { left + (right - left) * (duration > 0 ? time / duration : 0) }
    func y(_ value: Double) -> Double {
      bottom - plotHeight * (value / max(ticks.last?.value ?? 1, 1))
    }
  }

  /// The balloon's size with its target, QEMU's resident memory and the machine's events.
  func sizes(on page: inout HTMLPage) {
    guard !series.sizes.isEmpty else { return }
    draw(
      series.sizes, title: "The balloon's size over time", references: references,
      showsRug: series.memory.isEmpty, on: &page)
  }

  /// What the guest has free, by the host's statistics and by the agent.
  func memory(on page: inout HTMLPage) {
    guard !series.memory.isEmpty else { return }
    draw(series.memory, title: "The guest's free memory over time", references: [], showsRug: true, on: &page)
  }

  private struct Reference {
    let name: String
    let value: UInt64
    let className: String
  }

  private var references: [Reference] {
    let target = series.target.map { Reference(name: "target", value: $0, className: "target") }
    let maximum = series.maximum.map { Reference(name: "maximum", value: $0, className: "maximum") }
    return [target, maximum].compactMap { $0 }
  }

  private func draw(
    _ lines: [TimeSeries.Line], title: String, references: [Reference], showsRug: Bool, on page: inout HTMLPage
  ) {
    let top = (lines.flatMap(\.known) + references.map(\.value)).max() ?? 1
    let hasRug = showsRug && !series.advances.isEmpty
    page.element("figure") { page in
      page.element("figcaption", text: title)
      for width in SVGDrawing.Width.allCases {
        let frame = Frame(
          width: width, ticks: Axis.sizes(upTo: max(top, 1), atMost: 4), duration: series.duration, hasRug: hasRug)
        page.svg(
          "plot \(width.className)", width: width.rawValue, height: frame.height, title: title,
          description: lines.map(Self.describe).joined(separator: " ")
            + references.map { " The \($0.name) is \(EvidenceText.size($0.value))." }.joined()
        ) { page in
          axes(frame, on: &page)
          events(frame, on: &page)
          for line in lines { curve(line, frame, on: &page) }
          for reference in references {
            let y = frame.y(Double(reference.value))
            page.line(frame.left, y, frame.right, y, className: "reference \(reference.className)")
          }
          if hasRug { rug(frame, on: &page) }
        }
      }
      legend(lines, references, hasRug: hasRug, on: &page)
    }
  }

  /// `The balloon's size (actual): from 1 GiB to 512 MiB, between 512 MiB and 1 GiB.`
  private static func describe(_ line: TimeSeries.Line) -> String {
    guard let first = line.known.first, let last = line.known.last, let low = line.known.min(),
      let high = line.known.max()
    else { return "" }
    return "\(line.name.capitalizedFirst): first \(EvidenceText.size(first)), last \(EvidenceText.size(last)), "
      + "lowest \(EvidenceText.size(low)), highest \(EvidenceText.size(high))."
  }

  private func axes(_ frame: Frame, on page: inout HTMLPage) {
    for tick in frame.ticks {
      let y = frame.y(tick.value)
      page.line(frame.left, y, frame.right, y, className: tick.value == 0 ? "axis" : "grid")
      page.label(tick.label, x: frame.left - 7, y: y + 4, anchor: "end", className: "tick")
    }
    for tick in Axis.times(upTo: series.duration, atMost: frame.width == .wide ? 7 : 4) {
      let x = frame.x(tick.value)
      page.line(x, frame.bottom, x, frame.bottom + 5, className: "axis")
      let isAtEnd = x > frame.right - 20
      page.label(
        tick.label, x: isAtEnd ? frame.right + 12 : x, y: frame.bottom + 19, anchor: isAtEnd ? "end" : "middle",
        className: "tick")
    }
  }

  /// The machine's events as numbered marks; marks that would lie on each other are left out, and the list has them.
  private func events(_ frame: Frame, on page: inout HTMLPage) {
    var last = -Double.infinity
    var lastLabel = -Double.infinity
    for (index, event) in series.events.enumerated() {
      let x = frame.x(event.offset)
      guard x - last >= 2 else { continue }
      last = x
      page.line(x, frame.top - 4, x, frame.bottom, className: "event")
      guard index < Self.eventLimit, x - lastLabel >= 16 else { continue }
      lastLabel = x
      page.label("\(index + 1)", x: x, y: frame.top - 8, anchor: "middle", className: "event-number")
    }
  }

  /// Runs of values that are known; a gap parts them.
  private func curve(_ line: TimeSeries.Line, _ frame: Frame, on page: inout HTMLPage) {
    var path = ""
    var run: [(x: Double, y: Double)] = []
    func end() {
      guard let first = run.first else { return }
      if run.count == 1 {
        page.shape(
          "circle",
          [
            "class": "dot \(line.kind.rawValue)", "cx": SVGDrawing.number(first.x),
            "cy": SVGDrawing.number(first.y), "r": "2.5",
          ])
      } else {
        for (index, point) in Self.thinned(run).enumerated() {
          path += (index == 0 ? "M" : "L") + SVGDrawing.number(point.x) + " " + SVGDrawing.number(point.y)
        }
      }
      run = []
    }
    for (time, value) in zip(series.times, line.values) {
      if let value { run.append((frame.x(time), frame.y(Double(value)))) } else { end() }
    }
    end()
    if !path.isEmpty { page.shape("path", ["class": "line \(line.kind.rawValue)", "d": path]) }
  }

  /// No more points than the width can show: of each two units the lowest and the highest one.
  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > 64, let first = points.first, let last = points.last else { return points }
    var kept = [first]
    var column = (first.x / 2).rounded(.down)
    var members: [(x: Double, y: Double)] = []
    func close() {
      guard let low = members.indices.min(by: { members[$0].y < members[$1].y }),
        let high = members.indices.max(by: { members[$0].y < members[$1].y })
      else { return }
      kept.append(members[min(low, high)])
      if low != high { kept.append(members[max(low, high)]) }
      members = []
    }
    for point in points.dropFirst() {
      let own = (point.x / 2).rounded(.down)
      if own != column { close() }
      column = own
      members.append(point)
    }
    close()
    kept.append(last)
    return kept
  }

  /// When the guest answered anew, as ticks below the plot.
  private func rug(_ frame: Frame, on page: inout HTMLPage) {
    var last = -Double.infinity
    let y = frame.bottom + 28
    for advance in series.advances {
      let x = frame.x(advance)
      guard x - last >= 2 else { continue }
      last = x
      page.line(x, y, x, y + 10, className: "advance")
    }
    page.label(
      "updates", x: frame.left - 7, y: y + 9, anchor: "end", className: "tick")
  }

  private func legend(
    _ lines: [TimeSeries.Line], _ references: [Reference], hasRug: Bool, on page: inout HTMLPage
  ) {
    page.element("ul", ["class": "legend"]) { page in
      func item(_ className: String, _ text: String) {
        page.element("li") { page in
          page.element("span", ["class": "stroke \(className)"]) { _ in }
          page.text(text)
        }
      }
      for line in lines {
        let last = line.known.last.map { ", last \(EvidenceText.size($0))" } ?? ""
        item(line.kind.rawValue, line.name + last)
      }
      for reference in references {
        item(reference.className, "\(reference.name), \(EvidenceText.size(reference.value))")
      }
      if !series.events.isEmpty { item("event", "an event, numbered as below") }
      if hasRug { item("advance", "an update: the guest had answered anew") }
    }
  }
}
