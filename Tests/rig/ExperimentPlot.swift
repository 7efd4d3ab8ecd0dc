// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory

/// The experiment as a picture: what guests saw, and the model's line beside it; a panel for each kernel.
struct ExperimentPlot {
  private let rows: [ExperimentRow]
  private let kernels: [String]

  init(_ rows: [ExperimentRow]) {
    // With DEFLATE_ON_OOM the total does not change, and has no place on this scale.
    self.rows = rows.filter { !$0.deflateOnOOM }
    kernels = self.rows.reduce(into: []) { if !$0.contains($1.kernel) { $0.append($1.kernel) } }
  }

  private static let width = 960.0
  private static let panelHeight = 340.0
  private static let (left, right, top, bottom) = (86.0, 30.0, 84.0, 80.0)
  private static let colours = (measured: "#0b5fa5", model: "#c2571a", grid: "#dddddd", text: "#222222")
  /// GiB on the lower axis, MiB on the other.
  private static let (mostX, mostY) = (66.0, 1024.0)

  private static var across: Double { width - left - right }
  private static func x(_ gibibytes: Double) -> Double { left + gibibytes / mostX * across }
  private static func y(_ mebibytes: Double, _ panel: Int) -> Double {
    top + Double(panel) * (panelHeight + bottom) + panelHeight * (1 - mebibytes / mostY)
  }

  var svg: String {
    let height = Self.top + Double(kernels.count) * (Self.panelHeight + Self.bottom) + 4
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(number(Self.width))" height="\(number(height))" \
      viewBox="0 0 \(number(Self.width)) \(number(height))" font-family="DejaVu Sans, sans-serif" font-size="13" \
      fill="\(Self.colours.text)">
      """, "<title>What a Linux guest sees of 1 GiB, by its maximum</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
      text("What a Linux guest sees of 1 GiB, by its maximum", Self.left, 26, size: 18, weight: "bold"),
    ]
    let target = rows.first.map { "\($0.target) MiB" } ?? "none"
    let qemu = rows.first.map { "QEMU \($0.qemu) (TCG), \($0.date)" } ?? ""
    parts.append(text("Balloon's target \(target), deflate-on-oom off. \(qemu).", Self.left, 46))
    for (panel, kernel) in kernels.enumerated() { parts += self.panel(panel, kernel) }
    return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private func panel(_ panel: Int, _ kernel: String) -> [String] {
    var parts: [String] = []
    let bottom = Self.y(0, panel)
    for mebibytes in stride(from: 0.0, through: 1024, by: 128) {
      let y = Self.y(mebibytes, panel)
      parts.append(line(Self.left, y, Self.left + Self.across, y, Self.colours.grid))
      parts.append(text(number(mebibytes), Self.left - 8, y + 4, anchor: "end"))
    }
    for gibibytes in stride(from: 0.0, through: 64, by: 8) {
      let x = Self.x(gibibytes)
      parts.append(line(x, Self.y(1024, panel), x, bottom, Self.colours.grid))
      parts.append(text(number(gibibytes), x, bottom + 18, anchor: "middle"))
    }
    parts.append(text("memory: the guest's maximum (GiB)", Self.left + Self.across / 2, bottom + 38, anchor: "middle"))
    let middle = (Self.y(1024, panel) + bottom) / 2
    parts.append(
      """
      <text transform="translate(26 \(number(middle))) rotate(-90)" text-anchor="middle">total that free shows \
      (MiB)</text>
      """)
    parts.append(text(kernel, Self.left, Self.y(1024, panel) - 10, size: 15, weight: "bold"))
    return parts + model(panel, kernel) + points(panel, kernel) + legend(panel)
  }

  /// The model's line, at every eighth of a gibibyte, as far as it says that the guest comes up.
  private func model(_ panel: Int, _ kernel: String) -> [String] {
    let model = VisibleMemoryModel(kernel: .known(release: kernel))
    let target = UInt64(clamping: rows.first?.target ?? 0) << 20
    var corners: [String] = []
    var end: Double?
    for eighths in UInt64(8)...512 {
      let prediction = model.prediction(maximum: eighths << 27, current: target, chipset: .q35)
      let gibibytes = Double(eighths) / 8
      guard let visible = prediction.visible else {
        end = end ?? gibibytes
        continue
      }
      corners.append("\(number(Self.x(gibibytes))),\(number(Self.y(Double(visible) / 1_048_576, panel)))")
    }
    var parts = [
      """
      <polyline fill="none" stroke="\(Self.colours.model)" stroke-width="2" \
      points="\(corners.joined(separator: " "))"/>
      """
    ]
    if let end {
      let x = Self.x(end)
      let (top, bottom) = (Self.y(1024, panel), Self.y(0, panel))
      parts.append(
        """
        <rect x="\(number(x))" y="\(number(top))" width="\(number(Self.left + Self.across - x))" \
        height="\(number(bottom - top))" fill="\(Self.colours.model)" fill-opacity="0.10"/>
        """)
      parts.append(
        text("the model: out of memory", x + 8, top + 150, fill: Self.colours.model))
    }
    return parts
  }

  private func points(_ panel: Int, _ kernel: String) -> [String] {
    rows.filter { $0.kernel == kernel }.flatMap { row -> [String] in
      let x = Self.x(Double(row.maximum) / 1024)
      if let free = row.free {
        let y = Self.y(Double(free) / 1024, panel)
        return [
          """
          <circle cx="\(number(x))" cy="\(number(y))" r="4.5" fill="\(Self.colours.measured)" stroke="#ffffff"/>
          """
        ]
      }
      // A guest that was not there any more to be asked.
      let y = Self.y(0, panel) - 8
      return [
        line(x - 6, y - 6, x + 6, y + 6, "#b00020", width: 2.5),
        line(x - 6, y + 6, x + 6, y - 6, "#b00020", width: 2.5),
        text(row.outcome, x, y - 14, anchor: "middle", fill: "#b00020"),
      ]
    }
  }

  private func legend(_ panel: Int) -> [String] {
    let (x, y) = (Self.left + Self.across - 330, Self.y(1024, panel) - 14)
    return [
      "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"4.5\" fill=\"\(Self.colours.measured)\"/>",
      text("measured", x + 12, y + 4),
      line(x + 100, y, x + 130, y, Self.colours.model, width: 2), text("the model", x + 138, y + 4),
    ]
  }

  private func text(
    _ text: String, _ x: Double, _ y: Double, size: Int = 13, weight: String = "normal", anchor: String = "start",
    fill: String = ExperimentPlot.colours.text
  ) -> String {
    let entities: [Character: String] = ["&": "&amp;", "<": "&lt;", ">": "&gt;"]
    let escaped = text.map { entities[$0] ?? String($0) }.joined()
    return """
      <text x="\(number(x))" y="\(number(y))" font-size="\(size)" font-weight="\(weight)" text-anchor="\(anchor)" \
      fill="\(fill)">\(escaped)</text>
      """
  }

  private func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String, width: Double = 1
  ) -> String {
    """
    <line x1="\(number(x1))" y1="\(number(y1))" x2="\(number(x2))" y2="\(number(y2))" stroke="\(colour)" \
    stroke-width="\(number(width))"/>
    """
  }

  /// With one digit after the point, or none.
  private func number(_ value: Double) -> String {
    let text = BenchFigure.decimal(value, places: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
