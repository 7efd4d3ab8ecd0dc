// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory

extension MemoryAccount {
  /// The bar, and every figure in tables below it, which a reader opens unless `tablesAreOpen`.
  func draw(on page: inout HTMLPage, tablesAreOpen: Bool = false) {
    for remark in remarks { page.paragraph(remark.text) }
    if let bytes = retained.bytes, bytes > 0 {
      page.paragraph(
        "At least \(ByteCount.text(bytes)) are free in the guest and spent on the host. \(retained.explanation)")
    }
    let bar = AccountBar(self)
    MemoryDrawing.draw(bar, on: &page)
    func tables(on page: inout HTMLPage) {
      for level in levels {
        page.table(
          level.name.capitalizedFirst + ", by its parts", ["part", "size", "how it is known", "what it is"],
          (AccountRow.rows(level) + AccountRow.beside(level)).map { [$0.name, $0.size, $0.source, $0.explanation] })
      }
    }
    if tablesAreOpen || bar.segments.isEmpty {
      tables(on: &page)
    } else {
      page.details("Every figure in tables", tables)
    }
  }
}

/// Draws an account's bar, and QEMU's resident memory as another one at the same scale.
enum MemoryDrawing {
  private static let barHeight = 38.0

  /// Nothing when no part has a size.
  static func draw(_ bar: AccountBar, on page: inout HTMLPage) {
    guard !bar.segments.isEmpty else { return }
    for width in SVGDrawing.Width.allCases { draw(bar, width, on: &page) }
    page.element("ul", ["class": "legend"]) { page in
      for segment in bar.segments {
        page.element("li") { page in
          page.element("span", ["class": "swatch \(segment.kind.rawValue)"]) { _ in }
          page.text("\(segment.name): \(ByteCount.text(segment.bytes))")
        }
      }
      if let resident = bar.resident {
        page.element("li") { page in
          page.element("span", ["class": "swatch resident"]) { _ in }
          page.text("QEMU's resident memory: \(ByteCount.text(resident))")
        }
      }
    }
  }

  private static func draw(_ bar: AccountBar, _ width: SVGDrawing.Width, on page: inout HTMLPage) {
    let ticks = Axis.sizes(upTo: max(bar.bytes, bar.resident ?? 0), atMost: width == .wide ? 6 : 4)
    let scale = (width.rawValue - 36) / max(ticks.last?.value ?? 1, 1)
    let left = 8.0
    let height = 16 + barHeight + (bar.resident == nil ? 0 : barHeight + 30) + 30
    let description = bar.segments.map { "\($0.name) \(ByteCount.text($0.bytes))" }
    page.svg(
      "bar \(width.className)", width: width.rawValue, height: height, title: "Memory account",
      description: description.joined(separator: ", ")
        + (bar.resident.map { "; QEMU's resident memory \(ByteCount.text($0))" } ?? "") + "."
    ) { page in
      let bottom = height - 26
      for tick in ticks {
        let x = left + tick.value * scale
        page.line(x, 14, x, bottom, className: "grid")
        let isLast = tick == ticks.last
        page.label(
          tick.label, x: isLast ? min(x + 10, width.rawValue) : x, y: bottom + 16,
          anchor: tick.value == 0 ? "start" : isLast ? "end" : "middle", className: "tick")
      }
      page.label(bar.isWhole ? "The guest's maximum" : "The guest's size", x: left, y: 11, className: "small")
      var x = left
      for segment in bar.segments {
        let span = Double(segment.bytes) * scale
        page.rectangle(
          x: x, y: 18, width: span > 4 ? span - 1.5 : span, height: barHeight, radius: 2,
          className: "part \(segment.kind.rawValue)")
        label(
          ByteCount.text(segment.bytes), at: x, y: 18, span, "in \(segment.kind.rawValue)", on: &page)
        x += span
      }
      guard let resident = bar.resident else { return }
      let y = 18 + barHeight + 28
      page.label("Resident in QEMU, on the host", x: left, y: y - 6, className: "small")
      let span = Double(resident) * scale
      page.rectangle(x: left, y: y, width: span, height: barHeight, radius: 2, className: "part resident")
      label(ByteCount.text(resident), at: left, y: y, span, "in resident", on: &page)
    }
  }

  /// In the middle of a part, where it is wide enough.
  private static func label(
    _ text: String, at x: Double, y: Double, _ span: Double, _ className: String, on page: inout HTMLPage
  ) {
    guard span > Double(TerminalText.width(text)) * 6.6 + 10 else { return }
    page.label(text, x: x + span / 2, y: y + barHeight / 2 + 4.5, anchor: "middle", className: className)
  }
}
