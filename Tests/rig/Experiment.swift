// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestMemory
import GuestRig

/// What real guests see of 1 GiB when their maximum is larger: `make experiment`.
///
/// The balloon's target is set before the guest's driver is loaded, as libvirt does at start, and what `free` then
/// shows is written to samples/experiments beside the model's prediction.
enum Experiment {
  /// What is asked of every guest, in mebibytes.
  static let target = 1024
  static let maxima = [1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 40960, 49152, 65536]
  /// The host is left with this much; other work runs on it.
  static let hostReserve = 4096

  static let directory = "\(GuestImage.checkout)/samples/experiments"
  static let table = "\(directory)/visible-memory.csv"

  /// Measures, one guest at a time, and writes the table after each: what was measured is kept whatever comes next.
  static func run() async throws {
    let images = [
      try await GuestImage.prepared(), try await GuestImage.prepared(kernelPackage: "linux-image-6.12-cloud-amd64"),
    ]
    let qemu = try await qemuVersion()
    let date = try await Program.check(["date", "-u", "+%Y-%m-%d"]).filter { !$0.isWhitespace }
    var rows: [ExperimentRow] = []
    func record(_ row: ExperimentRow) throws {
      rows.append(row)
      rows.sort { $0.order < $1.order }
      try write(ExperimentRow.table(rows), to: table)
      complain("rig: \(row.kernel) \(row.maximum) MiB: \(row.summary)")
    }
    measuring: for maximum in maxima {
      // The page array and the program text are all that such a guest touches; twice that is a wide margin.
      let needed = hostReserve + 1024 + maximum / 32
      for image in images {
        guard try hostAvailable() >= needed else {
          complain("rig: \(maximum) MiB and more are left out: the host has less than \(needed) MiB available")
          break measuring
        }
        try record(try await ExperimentGuest.measure(image, maximum: maximum, deflateOnOOM: false, qemu, date))
      }
    }
    // Where the driver may deflate when memory runs out, the balloon does not change the total.
    for image in images {
      try record(try await ExperimentGuest.measure(image, maximum: 4096, deflateOnOOM: true, qemu, date))
    }
    try await draw()
  }

  /// Writes the predictions of the present model into the table, and draws it.
  static func draw() async throws {
    var rows = try ExperimentRow.rows(of: try String(contentsOfFile: table, encoding: .utf8))
    for index in rows.indices { rows[index].predict() }
    try write(ExperimentRow.table(rows), to: table)
    let plot = "\(directory)/visible-memory.svg"
    try write(ExperimentPlot(rows).svg, to: plot)
    try await Program.check(
      ["rsvg-convert", "--zoom", "1.5", "-o", "\(directory)/visible-memory.png", plot])
    let outside = rows.filter { !$0.isWithin }
    print(ExperimentRow.report(rows))
    print(outside.isEmpty ? "every point is within 2 % or 16 MiB" : "\(outside.count) points are NOT within the limit")
  }

  /// MiB that the host can still give without swapping.
  static func hostAvailable() throws -> Int {
    let lines = try String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
    guard let available = ExperimentGuest.meminfo("MemAvailable", of: lines) else {
      throw RigError(.system, "/proc/meminfo has no MemAvailable")
    }
    return available / 1024
  }

  private static func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  }

  /// "7.2.22".
  private static func qemuVersion() async throws -> String {
    let line = try await Program.check(["qemu-system-x86_64", "--version"])
    return line.split(separator: " ").first { $0.first?.isNumber == true }.map(String.init) ?? "unknown"
  }
}
