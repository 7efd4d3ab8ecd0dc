// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import FoundationEssentials
import SampleCases

/// `accuracy`: judges every case under `samples/cases` and prints the confusion table; with `--sets N`, measures.
///
/// Ends with status 1 when an answer is confidently wrong, and 2 when a case cannot be used.
@main struct Accuracy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge the cases of samples/cases as `virt-balloon analyze` would, and compare with what is expected.")

  @Option(help: "The folder with the cases.")
  var cases = SampleCase.folder

  @Option(help: "Analyse so many sets of artefacts made from the cases instead, and tell time and memory.")
  var sets: Int?

  @Option(help: "The seed of the sets.")
  var seed: UInt64 = 1

  @Argument(help: "Only cases whose names begin so.")
  var names: [String] = []

  func run() async throws {
    var samples: [SampleCase] = []
    var isUsable = true
    for name in try SampleCase.names(in: cases) where names.isEmpty || names.contains(where: { name.hasPrefix($0) }) {
      do { samples.append(try SampleCase(name, in: cases)) } catch {
        print("\(error)")
        isUsable = false
      }
    }
    if let sets {
      try SetsBench(samples, seed: seed).run(sets)
    } else {
      let table = try await judge(samples)
      print(table.text, terminator: "")
      if table.count(.confidentWrong) > 0 { throw ExitCode(1) }
    }
    guard isUsable else { throw ExitCode(2) }
  }

  private func judge(_ samples: [SampleCase]) async throws -> ConfusionTable {
    var table = ConfusionTable()
    for sample in samples {
      table.add(sample, CaseJudgement(sample, try await CaseAnswer(sample, program: Self.program)))
    }
    return table
  }

  /// The program of the same build.
  private static var program: String? {
    guard let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let path = URL(filePath: running).deletingLastPathComponent().appending(path: "virt-balloon").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }
}
