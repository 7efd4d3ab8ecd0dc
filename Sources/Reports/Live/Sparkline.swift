// SPDX-License-Identifier: GPL-3.0-or-later

/// One figure over the last minutes, in one line of a terminal.
struct Sparkline {
  /// As much as it shows of the past, in seconds.
  static let span = 180.0
  private static let blocks = Array("▁▂▃▄▅▆▇█")
  private static let plain = Array("_.,:-=+*")

  /// One column each, oldest first; `nil` where nothing is known.
  let columns: [Double?]

  /// - Parameters:
  ///   - width: columns.
  ///   - interval: seconds between two samples: no column stands for less.
  init(_ samples: [LiveSample], _ name: String, width: Int, interval: Double) {
    guard width > 0, let last = samples.last, last.time.isFinite, abs(last.time) < 1e12 else {
      columns = []
      return
    }
    // Columns stand for fixed stretches of the clock, so that a line moves and never trembles.
    let step = max(Self.span / Double(width), interval, 0.001)
    let end = (last.time / step).rounded(.down)
    var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: width)
    for sample in samples.reversed() {
      let back = end - (sample.time / step).rounded(.down)
      guard back.isFinite, back < Double(width) else { break }
      guard back >= 0, let value = sample.values[name], value.isFinite else { continue }
      let index = width - 1 - Int(back)
      sums[index] = (sums[index].sum + value, sums[index].count + 1)
    }
    columns = sums.map { $0.count == 0 ? nil : $0.sum / Double($0.count) }
  }

  /// - Parameter fromZero: whether the lowest mark stands for 0; else for the least value that is shown.
  func text(unicode: Bool, fromZero: Bool) -> String {
    let known = columns.compactMap { $0 }
    guard let most = known.max(), let least = known.min() else { return "" }
    let base = fromZero ? 0 : least
    // A wobble of a hundredth part is no mountain.
    let height = max(most - base, fromZero ? 0 : most / 64)
    let marks = unicode ? Self.blocks : Self.plain
    // Nothing is drawn for what is not known at the end.
    let told = columns.lastIndex { $0 != nil }.map { columns[...$0] } ?? []
    return String(
      told.map { value -> Character in
        guard let value else { return " " }
        guard height > 0 else { return marks[0] }
        return marks[min(max(Int((value - base) / height * Double(marks.count - 1) + 0.5), 0), marks.count - 1)]
      })
  }
}
