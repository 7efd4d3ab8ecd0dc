// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory
import GuestRig

/// One guest of the experiment: a line of the table.
struct ExperimentRow: Sendable {
  /// `uname -r`.
  var kernel: String
  var qemu: String
  var date: String
  var deflateOnOOM: Bool
  /// MiB.
  var maximum: Int
  var target: Int
  /// What became of it: "target reached", "target not reached", "out of memory", "no answer".
  var outcome = ""
  /// MiB, the last that QEMU said.
  var actual: Int?
  /// MemTotal before the balloon's driver was loaded, KiB.
  var totalBefore: Int
  /// The total that busybox' `free` shows with the balloon, and MemTotal then; KiB.
  var free: Int?
  var total: Int?
  /// The column "free" of `free`, KiB.
  var freeFree: Int?
  /// QEMU's resident memory then, KiB.
  var resident: Int?
  /// The console's words, where the guest did not answer any more.
  var words = ""
  /// The model's, KiB: before and with the balloon; `nil`: it says that the guest runs out of memory.
  var predictedBefore: Int?
  var predicted: Int?
  /// How far the model itself says that it may be wrong, KiB.
  var uncertainty: Int?

  init(
    kernel: String, qemu: String, date: String, deflateOnOOM: Bool, maximum: Int, target: Int, totalBefore: Int
  ) {
    (self.kernel, self.qemu, self.date, self.deflateOnOOM) = (kernel, qemu, date, deflateOnOOM)
    (self.maximum, self.target, self.totalBefore) = (maximum, target, totalBefore)
  }

  mutating func predict() {
    let model = VisibleMemoryModel(kernel: .known(release: kernel))
    let prediction = model.prediction(
      maximum: UInt64(clamping: maximum) << 20, current: UInt64(clamping: target) << 20, chipset: .q35)
    func kibibytes(_ bytes: UInt64?) -> Int? { bytes.map { Int(clamping: $0 >> 10) } }
    predictedBefore = kibibytes(prediction.visibleBeforeBalloon)
    predicted = deflateOnOOM ? predictedBefore : kibibytes(prediction.visible)
    uncertainty = kibibytes(prediction.uncertainty)
  }

  /// Where it stands in the table.
  var order: (String, Int, Int) { (kernel, deflateOnOOM ? 1 : 0, maximum) }

  /// KiB by which the model says more than `free`.
  var error: Int? { free.flatMap { free in predicted.map { $0 - free } } }

  /// Whether the model is within 2 % of what was seen or 16 MiB, whichever is more; or says, as it happened, that the
  /// guest runs out of memory.
  var isWithin: Bool {
    guard let free, let error else { return free == nil && predicted == nil && outcome == "out of memory" }
    return abs(error) <= max(free / 50, 16 << 10)
  }

  var summary: String {
    let seen = free.map { "free shows \($0) KiB" } ?? "\(outcome) (\(words))"
    let said = predicted.map { "the model says \($0) KiB" } ?? "the model says it runs out of memory"
    return "\(deflateOnOOM ? "deflate-on-oom, " : "")\(seen), \(said)"
  }
}

extension ExperimentRow {
  private static let heading = [
    "kernel", "qemu", "date", "deflate_on_oom", "maximum_mib", "target_mib", "outcome", "actual_mib",
    "memtotal_before_kib", "free_total_kib", "memtotal_kib", "free_free_kib", "qemu_rss_kib", "predicted_before_kib",
    "predicted_kib", "uncertainty_kib", "error_kib", "error_percent", "within_limit", "console",
  ]

  private var cells: [String] {
    var percent = ""
    if let error, let free { percent = BenchFigure.decimal(100 * Double(error) / Double(free), places: 2) }
    let deflate = deflateOnOOM ? "on" : "off"
    return [
      kernel, qemu, date, deflate, Self.text(maximum), Self.text(target), outcome, Self.text(actual),
      Self.text(totalBefore), Self.text(free), Self.text(total), Self.text(freeFree), Self.text(resident),
      Self.text(predictedBefore),
      Self.text(predicted), Self.text(uncertainty), Self.text(error),
      percent, isWithin ? "yes" : "no", words,
    ]
  }

  private static func text(_ number: Int?, else missing: String = "") -> String {
    if let number { "\(number)" } else { missing }
  }

  /// The table as CSV (RFC 4180 but for the line's end, which is a line feed).
  static func table(_ rows: [ExperimentRow]) -> String {
    let lines: [[String]] = [heading] + rows.map(\.cells)
    return lines.map { line -> String in
      let quoted = line.map { cell -> String in
        guard cell.contains(where: { ",\"\n".contains($0) }) else { return cell }
        let halves = cell.split(separator: "\"", omittingEmptySubsequences: false)
        return "\"" + halves.joined(separator: "\"\"") + "\""
      }
      return quoted.joined(separator: ",") + "\n"
    }.joined()
  }

  /// What ``table(_:)`` wrote.
  static func rows(of table: String) throws -> [ExperimentRow] {
    let lines = table.split(separator: "\n").map { cells(of: $0) }
    guard lines.first == heading else { throw RigError(.program, "the table has other columns than this program's") }
    return try lines.dropFirst().map { cells in
      guard cells.count == heading.count, let maximum = Int(cells[4]), let target = Int(cells[5]),
        let before = Int(cells[8])
      else { throw RigError(.program, "not a line of the table: \(cells.joined(separator: ","))") }
      var row = ExperimentRow(
        kernel: cells[0], qemu: cells[1], date: cells[2], deflateOnOOM: cells[3] == "on", maximum: maximum,
        target: target, totalBefore: before)
      (row.outcome, row.actual, row.free, row.total) = (cells[6], Int(cells[7]), Int(cells[9]), Int(cells[10]))
      (row.freeFree, row.resident, row.words) = (Int(cells[11]), Int(cells[12]), cells[19])
      return row
    }
  }

  private static func cells(of line: Substring) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].append(character)
      }
    }
    return cells
  }

  /// The table for a person: what was seen, what was said.
  static func report(_ rows: [ExperimentRow]) -> String {
    var all = [["kernel", "maximum MiB", "deflate", "free KiB", "model KiB", "error KiB", "QEMU MiB", "within"]]
    for row in rows {
      var line: [String] = [row.kernel, "\(row.maximum)", row.deflateOnOOM ? "on" : "off"]
      line.append(text(row.free, else: row.outcome))
      line.append(text(row.predicted, else: "out of memory"))
      line.append(text(row.error))
      line.append(text(row.resident.map { $0 / 1024 }))
      line.append(row.isWithin ? "yes" : "NO")
      all.append(line)
    }
    let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { line -> String in
      let padded = zip(line, widths).map { cell, width -> String in
        String(repeating: " ", count: width - cell.count) + cell
      }
      return padded.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
