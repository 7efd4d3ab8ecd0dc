// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import FoundationEssentials
import Reports
import Rules
import SampleCases

/// Analyses many mixed sets of artefacts in one process, and tells whether time is linear and memory flat.
struct SetsBench {
  private let samples: [SampleCase]
  private var random: Generator

  /// - Parameter seed: the same seed gives the same sets.
  init(_ samples: [SampleCase], seed: UInt64) {
    self.samples = samples.filter { !$0.files.contains(where: \.isHive) }
    random = Generator(state: seed | 1)
  }

  /// Measures at a hundredth, a tenth and all of `count` sets.
  func run(_ count: Int) throws {
    var bench = self
    guard !samples.isEmpty else { return }
    print("sets      seconds   ms a set  peak KiB  files     MiB       refused")
    var done = (sets: 0, files: 0, bytes: 0, refused: 0)
    let clock = ContinuousClock()
    let start = clock.now
    var first: (time: Double, peak: Int)?
    for milestone in [max(1, count / 100), max(1, count / 10), max(1, count)] where milestone > done.sets {
      while done.sets < milestone {
        let files = bench.next()
        done.sets += 1
        done.files += files.count
        done.bytes += files.reduce(0) { $0 + $1.bytes.count }
        if try !Self.analyze(files) { done.refused += 1 }
      }
      let seconds = (clock.now - start) / .seconds(1)
      let peak = Self.peak
      let cells = [
        String(done.sets), Self.rounded(seconds), Self.rounded(seconds * 1_000 / Double(done.sets)), String(peak),
        String(done.files), Self.rounded(Double(done.bytes) / 1_048_576), String(done.refused),
      ]
      print(cells.map { $0 + String(repeating: " ", count: max(1, 10 - $0.count)) }.joined())
      if let first {
        print(
          "  to \(Self.rounded(seconds / first.time)) times the time and "
            + "\(Self.rounded(Double(peak) / Double(max(1, first.peak)))) times the peak of the first line")
      } else {
        first = (seconds, peak)
      }
    }
  }

  /// A case's files, some or all of them, in any order.
  private mutating func next() -> [SampleCase.File] {
    let sample = samples[random.below(samples.count)]
    var files = sample.files
    for index in files.indices.dropLast() { files.swapAt(index, index + random.below(files.count - index)) }
    return Array(files.prefix(1 + random.below(files.count)))
  }

  /// What `analyze` does with files, up to the bytes of its report; whether they were accepted.
  private static func analyze(_ files: [SampleCase.File]) throws -> Bool {
    do throws(ArtefactError) {
      let evidence = try CaseAnswer.analyze(files.map { ($0.name, $0.bytes) }).evidence
      let report = DiagnosisReport(Engine().diagnose(evidence), evidence)
      return !report.text(TextStyle()).isEmpty
    } catch {
      return false
    }
  }

  /// The most memory that this process ever had resident, in KiB (`VmHWM` of /proc/self/status).
  private static var peak: Int {
    let status = (try? String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return Int(line.filter(\.isNumber)) ?? 0
  }

  private static func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// xorshift64.
  private struct Generator {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
  }
}
