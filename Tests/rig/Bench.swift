// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// What the agent and a diagnosis cost, against what people use today. It prints, and judges no test.
@MainActor
enum Bench {
  /// The keys that the JSON always has; null when it could not be measured.
  static let keys = [
    "ping_vs_echo", "ping_vs_qemu_ga", "rss_vs_qemu_ga", "diagnose_vs_virsh", "idle_wakeups", "static_rss_kib",
    "windows_growth", "watch_vs_virsh",
  ]

  /// Measures, prints the table, and writes the numbers to the file `json` when there is one.
  /// - Returns: whether all of it could be measured. A target that is missed is told by the table.
  static func run(json: String?) async throws -> Bool {
    guard try await GuestImage.prepared().hasAgent else {
      throw RigError(.image, "the guest image has no agent: run make agents")
    }
    var figures: [BenchFigure] = []
    var numbers: [String: Double] = [:]
    var complete = true
    func take(_ what: String, _ part: () async throws -> (figures: [BenchFigure], json: [String: Double])) async {
      complain("rig: measuring \(what)")
      do {
        let result = try await part()
        figures += result.figures
        numbers.merge(result.json) { first, _ in first }
      } catch {
        complain("rig: \(what) could not be measured: \(error)")
        complete = false
      }
    }
    await take("the agent against qemu-ga and a raw echo, in one guest", BenchAgents.run)
    await take("the agents' files", BenchPrograms.files)
    await take("the agents' memory, over a million requests each", BenchPrograms.processes)
    await take("diagnose against virsh, with a libvirtd of its own", BenchDiagnose.run)
    await take("diagnose of many guests", BenchFleet.run)
    await take("stats --watch against watch and virsh, for \(BenchWatch.time) s", BenchWatch.run)
    print(BenchFigure.table(figures))
    print(
      """

      Ratios of medians: \(BenchAgents.rounds) round trips each in turn, \(BenchDiagnose.pairs) pairs of diagnose and \
      virsh (\(BenchDiagnose.virsh.map { $0.joined(separator: " ") }.joined(separator: ", "))).
      Noise is half the distance between the quartiles of the ratio, taken over parts of the run. A target in brackets \
      is an ambition.
      """)
    if let json { try write(numbers, to: json) }
    return complete
  }

  private static func write(_ numbers: [String: Double], to path: String) throws {
    var members: [String: RigJSON] = [:]
    for key in keys { members[key] = .null }
    for (key, value) in numbers where value.isFinite { members[key] = .number((value * 10_000).rounded() / 10_000) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try (encoder.encode(RigJSON.object(members)) + [0x0A]).write(to: URL(filePath: path))
  }
}
