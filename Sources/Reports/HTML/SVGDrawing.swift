// SPDX-License-Identifier: GPL-3.0-or-later

/// What every drawing of a report has in common.
enum SVGDrawing {
  /// The widths for which a drawing with text is laid out: text that shrank with the picture could not be read on a
  /// phone.
  enum Width: Double, CaseIterable {
    case wide = 720
    case narrow = 340
    var className: String { self == .wide ? "wide" : "narrow" }
  }

  /// A coordinate: one decimal, so that the same evidence gives the same bytes everywhere.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e7 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let whole = "\(abs(tenths) / 10)"
    let sign = tenths < 0 ? "-" : ""
    return tenths % 10 == 0 ? sign + whole : sign + whole + ".\(abs(tenths) % 10)"
  }
}

extension HTMLPage {
  /// A picture, which a screen reader names by its title and tells by its description.
  mutating func svg(
    _ className: String, width: Double, height: Double, title: String, description: String,
    _ content: (inout HTMLPage) -> Void
  ) {
    let titleID = identifier("title")
    let descriptionID = identifier("desc")
    lineBreak()
    element(
      "svg",
      [
        "class": className, "role": "img", "aria-labelledby": titleID, "aria-describedby": descriptionID,
        "viewBox": "0 0 \(SVGDrawing.number(width)) \(SVGDrawing.number(height))",
        "width": SVGDrawing.number(width), "height": SVGDrawing.number(height),
      ]
    ) { page in
      page.element("title", ["id": titleID], text: title, limit: 300)
      page.element("desc", ["id": descriptionID], text: description, limit: 600)
      content(&page)
    }
  }

  mutating func label(
    _ text: String, x: Double, y: Double, anchor: String = "start", className: String = "label"
  ) {
    element(
      "text",
      ["class": className, "x": SVGDrawing.number(x), "y": SVGDrawing.number(y), "text-anchor": anchor], text: text,
      limit: 80)
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, radius: Double = 0, className: String
  ) {
    shape(
      "rect",
      [
        "class": className, "x": SVGDrawing.number(x), "y": SVGDrawing.number(y),
        "width": SVGDrawing.number(max(width, 0)), "height": SVGDrawing.number(height),
        "rx": SVGDrawing.number(radius),
      ])
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, className: String) {
    shape(
      "line",
      [
        "class": className, "x1": SVGDrawing.number(x1), "y1": SVGDrawing.number(y1), "x2": SVGDrawing.number(x2),
        "y2": SVGDrawing.number(y2),
      ])
  }
}
