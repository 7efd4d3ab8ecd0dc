// SPDX-License-Identifier: GPL-3.0-or-later

/// What stands on the view's screen, and the bytes that make it another frame: changed lines alone.
struct LiveScreen {
  private var lines: [String] = []
  private var size: (width: Int, height: Int) = (0, 0)

  /// Forgets what stands there: the next frame is drawn whole.
  mutating func forget() { size = (0, 0) }

  /// The bytes that bring `frame` onto a screen of that size.
  mutating func draw(_ frame: [String], width: Int, height: Int) -> [UInt8] {
    var text = ""
    if size != (width, height) {
      text += "\u{1B}[0m\u{1B}[2J"
      lines = []
      size = (width, height)
    }
    for index in 0..<min(max(frame.count, lines.count), height) {
      let line = index < frame.count ? frame[index] : ""
      let old = index < lines.count ? lines[index] : ""
      guard line != old else { continue }
      // Erased before it is written: behind a line as wide as the screen, the cursor stands on its last character.
      text += "\u{1B}[\(index + 1);1H\u{1B}[K\(line)"
    }
    lines = frame
    return Array(text.utf8)
  }
}
