// SPDX-License-Identifier: GPL-3.0-or-later

import PCI

/// Draws the way from the root bus to the balloon's function, the host's beside the guest's.
enum PathDrawing {
  private static let width = 340.0
  private static let boxWidth = 134.0
  private static let boxHeight = 40.0
  private static let rowHeight = 62.0
  private static let top = 30.0

  static func draw(_ path: PathComparison, on page: inout HTMLPage) {
    let names = max(path.hostNames.count, path.guestNames.count)
    let height = top + rowHeight * Double(path.rows.count + 1) - 12 + Double(names) * 34
    page.svg(
      "map", width: width, height: height, title: "Map of the PCI path, host and guest",
      description: path.sentence + " "
        + path.rows.map { "\($0.name): host \($0.host.text), guest \($0.guest.text)." }
        .joined(separator: " ")
    ) { page in
      let hostX = 2.0
      let guestX = width - boxWidth - 2
      page.label("Host", x: hostX + boxWidth / 2, y: 16, anchor: "middle", className: "head")
      page.label("Guest", x: guestX + boxWidth / 2, y: 16, anchor: "middle", className: "head")
      side(path.rows.map(\.host), path.hostGap, path.hostNames, skipped: path.skipped, x: hostX, on: &page)
      side(path.rows.map(\.guest), path.guestGap, path.guestNames, skipped: path.skipped, x: guestX, on: &page)
      for (index, row) in path.rows.enumerated() {
        link(row, y: top + rowHeight * Double(index + 1) + boxHeight / 2, on: &page)
      }
    }
  }

  /// One side from top to bottom, and its numbers for the function below that.
  private static func side(
    _ steps: [PathComparison.Step], _ gap: String?, _ names: [PathComparison.Name], skipped: Int, x: Double,
    on page: inout HTMLPage
  ) {
    let middle = x + boxWidth / 2
    box("root bus", nil, x: x, y: top, className: "box", on: &page)
    let own = steps.prefix { $0 != .none }
    if gap != nil {
      unknown(own.count, x: x, on: &page)
    } else {
      for (index, step) in own.enumerated() {
        guard case .hop(let hop) = step else { continue }
        let y = top + rowHeight * Double(index + 1)
        let isLast = index == own.count - 1
        let isCut = skipped > 0 && index == steps.count - 2
        page.line(middle, y - rowHeight + boxHeight, middle, y, className: isCut ? "wire unknown" : "wire")
        let kind = isLast ? "balloon" : isCut ? "\(skipped) more above" : "bridge"
        box(hop.description, kind, x: x, y: y, className: isLast ? "box leaf" : "box", on: &page)
      }
    }
    var y = top + rowHeight * Double(own.count) + boxHeight + 16
    for name in names {
      page.label(name.text, x: middle, y: y, anchor: "middle", className: "mono")
      page.label(name.short, x: middle, y: y + 14, anchor: "middle", className: "small")
      y += 34
    }
  }

  /// A way of which not even the length is known: one outline beside all steps of the other side.
  private static func unknown(_ steps: Int, x: Double, on page: inout HTMLPage) {
    let y = top + rowHeight
    let height = rowHeight * Double(steps - 1) + boxHeight
    let middle = x + boxWidth / 2
    page.line(middle, y - rowHeight + boxHeight, middle, y, className: "wire unknown")
    page.rectangle(x: x, y: y, width: boxWidth, height: height, radius: 8, className: "box unknown")
    page.label("?", x: middle, y: y + height / 2 - 3, anchor: "middle", className: "mono strong")
    page.label("way not known", x: middle, y: y + height / 2 + 13, anchor: "middle", className: "small")
  }

  private static func box(
    _ title: String, _ kind: String?, x: Double, y: Double, className: String, on page: inout HTMLPage
  ) {
    page.rectangle(x: x, y: y, width: boxWidth, height: boxHeight, radius: 8, className: className)
    let middle = x + boxWidth / 2
    if let kind {
      page.label(title, x: middle, y: y + 17, anchor: "middle", className: "mono strong")
      page.label(kind, x: middle, y: y + 32, anchor: "middle", className: "small")
    } else {
      page.label(title, x: middle, y: y + boxHeight / 2 + 4.5, anchor: "middle", className: "label")
    }
  }

  /// Whether the two sides say the same, between them.
  private static func link(_ row: PathComparison.Row, y: Double, on page: inout HTMLPage) {
    let (sign, className) =
      switch row.agreement {
      case .same: ("=", "same")
      case .different: ("≠", "different")
      case .unknown: ("?", "open")
      }
    let middle = width / 2
    if row.host != .none { page.line(boxWidth + 2, y, middle - 12, y, className: "link \(className)") }
    if row.guest != .none { page.line(middle + 12, y, width - boxWidth - 2, y, className: "link \(className)") }
    page.shape(
      "circle",
      ["class": "mark \(className)", "cx": SVGDrawing.number(middle), "cy": SVGDrawing.number(y), "r": "12"])
    page.label(sign, x: middle, y: y + 5, anchor: "middle", className: "sign \(className)")
  }
}
