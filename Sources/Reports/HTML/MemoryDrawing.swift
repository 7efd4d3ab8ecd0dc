// SPDX-License-Identifier: GPL-3.0-or-later
import Rules

/// Draws the memory account as a stacked bar, and QEMU's resident memory as another one at the same scale.
enum MemoryDrawing {
  private static let barHeight = 38.0

  /// Nothing when no part has a size.
  static func draw(_ account: MemoryAccount, on page: inout HTMLPage) {
    guard !account.parts.isEmpty else { return }
    for width in SVGDrawing.Width.allCases { draw(account, width, on: &page) }
    page.element("ul", ["class": "legend"]) { page in
      for part in account.parts {
        page.element("li") { page in
          page.element("span", ["class": "swatch \(part.kind.rawValue)"]) { _ in }
          page.text(
            "\(part.name): \(part.hasSize ? EvidenceText.size(part.bytes) : "not known")"
          )
        }
      }
      if let resident = account.resident {
        page.element("li") { page in
          page.element("span", ["class": "swatch resident"]) { _ in }
          page.text("QEMU's resident memory: \(EvidenceText.size(resident))")
        }
      }
    }
  }

  private static func draw(_ account: MemoryAccount, _ width: SVGDrawing.Width, on page: inout HTMLPage) {
    let total = account.parts.reduce(0.0) { $0 + Double($1.bytes) }
    let ticks = Axis.sizes(
      upTo: UInt64(min(max(total, Double(account.resident ?? 0)), 1.8e19)), atMost: width == .wide ? 6 : 4)
    let scale = (width.rawValue - 36) / max(ticks.last?.value ?? 1, 1)
    let left = 8.0
    let height = 16 + barHeight + (account.resident == nil ? 0 : barHeight + 30) + 30
    let description = account.parts.map { part in
      part.hasSize ? "\(part.name) \(EvidenceText.size(part.bytes))" : "\(part.name) is not known"
    }
    page.svg(
      "bar \(width.className)", width: width.rawValue, height: height, title: "Memory account",
      description: description.joined(separator: ", ")
        + (account.resident.map { "; QEMU's resident memory \(EvidenceText.size($0))" } ?? "") + "."
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
      page.label(
        account.maximum == nil ? "The guest's size" : "The guest's maximum", x: left, y: 11, className: "small")
      var x = left
      for part in account.parts {
        let span = Double(part.bytes) * scale
        page.rectangle(
          x: x, y: 18, width: span > 4 ? span - 1.5 : span, height: barHeight, radius: 2,
          className: "part \(part.kind.rawValue)")
        let text = part.hasSize ? EvidenceText.size(part.bytes) : "?"
        if span > Double(TerminalText.width(text)) * 6.6 + 10 {
          page.label(
            text, x: x + span / 2, y: 18 + barHeight / 2 + 4.5, anchor: "middle", className: "in \(part.kind.rawValue)")
        }
        x += span
      }
      guard let resident = account.resident else { return }
      let y = 18 + barHeight + 28
      page.label("Resident in QEMU, on the host", x: left, y: y - 6, className: "small")
      let span = Double(resident) * scale
      page.rectangle(x: left, y: y, width: span, height: barHeight, radius: 2, className: "part resident")
      let text = EvidenceText.size(resident)
      if span > Double(TerminalText.width(text)) * 6.6 + 10 {
        page.label(
          text, x: left + span / 2, y: y + barHeight / 2 + 4.5, anchor: "middle", className: "in resident")
      }
    }
  }
}
