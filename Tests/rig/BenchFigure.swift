// SPDX-License-Identifier: GPL-3.0-or-later

/// One line of the bench: what ours took, what a peer took for the same, and what was to be reached.
struct BenchFigure: Sendable {
  /// What the ratio has to be.
  enum Target: Sendable {
    /// To be reached.
    case atMost(Double)
    /// To be striven for; missing it is no failing.
    case ambition(Double)
    /// Printed for the reader alone.
    case none

    var text: String {
      switch self {
      case .atMost(let limit): "≤ \(BenchFigure.decimal(limit, places: 2))"
      case .ambition(let limit): "(\(BenchFigure.decimal(limit, places: 2)))"
      case .none: ""
      }
    }

    func verdict(on value: Double) -> String {
      switch self {
      case .atMost(let limit): value <= limit ? "met" : "MISSED"
      case .ambition(let limit): value <= limit ? "met" : "not met"
      case .none: ""
      }
    }
  }

  var name: String
  /// Ours and the peer's with their units, as a person reads them.
  var ours: String
  var peer: String
  /// What is judged: ours over the peer's, or ours itself where there is nothing to divide by.
  var value: Double
  /// Half the distance between the quartiles of the same value over parts of the run; nil where there are no parts.
  var noise: Double?
  var target: Target

  /// `value` with `places` digits after the point, since FoundationEssentials has no `String(format:)`.
  static func decimal(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = Int64((abs(value) * scale).rounded())
    let digits = String(scaled)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = value < 0 && scaled != 0 ? "-" : ""
    return places == 0 ? sign + padded : "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
  }

  static func milliseconds(_ nanoseconds: Double) -> String { "\(decimal(nanoseconds / 1e6, places: 1)) ms" }
  static func microseconds(_ nanoseconds: Double) -> String { "\(decimal(nanoseconds / 1e3, places: 0)) µs" }
  static func mebibytes(_ kibibytes: Double) -> String { "\(decimal(kibibytes / 1024, places: 2)) MiB" }
}

extension BenchFigure {
  /// The figures as a table with a heading.
  static func table(_ figures: [BenchFigure]) -> String {
    let heading = ["", "ours", "peer", "ratio", "noise", "target", ""]
    let rows = [heading] + figures.map(\.cells)
    let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let line = zip(row, widths).enumerated().map { index, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        // Names and verdicts to the left, numbers to the right.
        return index == 0 || index == heading.count - 1 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }

  private var cells: [String] {
    [
      name, ours, peer, Self.decimal(value, places: 2), noise.map { "±\(Self.decimal($0, places: 2))" } ?? "",
      target.text, target.verdict(on: value),
    ]
  }
}

/// What was measured many times.
struct Sample: Sendable {
  var values: [Double] = []

  /// The value that half of the values do not exceed; NaN when there are none.
  var median: Double { quantile(0.5) }

  /// Half the distance between the quartiles.
  var spread: Double { (quantile(0.75) - quantile(0.25)) / 2 }

  /// Between the two nearest values where it falls between them.
  func quantile(_ fraction: Double) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let place = fraction * Double(sorted.count - 1)
    let lower = Int(place)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
  }

  /// Ratios of the medians over `count` successive parts: how much the ratio of the whole wavers.
  func ratios(to other: Sample, parts count: Int) -> Sample {
    let size = min(values.count, other.values.count) / count
    guard size > 0 else { return Sample() }
    return Sample(
      values: (0..<count).map { part in
        let range = part * size..<(part + 1) * size
        return Sample(values: Array(values[range])).median / Sample(values: Array(other.values[range])).median
      })
  }
}

/// Nanoseconds of a clock that nobody sets.
func monotonicNanoseconds() -> Double {
  let now = ContinuousClock.now
  return clockStart.duration(to: now) / .nanoseconds(1)
}
private let clockStart = ContinuousClock.now
