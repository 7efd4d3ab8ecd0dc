// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

@Suite("analyze and probe")
struct AnalyzeTests {
  private static let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "ArtefactsTests/Samples")
  private static func sample(_ name: String) -> String { samples.appending(path: name).path }

  @Test(
    "End with diagnose's exit statuses",
    arguments: [("qmp-unserved.txt", Int32(1)), ("dommemstat-unset.txt", 2), ("windows-healthy.txt", 2)])
  func status(name: String, expected: Int32) async throws {
    let answer = try await Answer("analyze", Self.sample(name))
    #expect(answer.status == expected, "\(answer.complaint)")
    #expect(answer.complaint.isEmpty)
    #expect(answer.output.contains("Recognised:"))
  }

  @Test("Standard input is read without a file and for -, and a diagnosis in JSON is read back")
  func standardInput() async throws {
    let file = ShellText.quoted(Self.sample("qmp-unserved.txt"))
    let piped = try await Answer("analyze", wrapper: ["sh", "-c", #"exec "$0" "$@" <\#(file)"#])
    let named = try await Answer("analyze", "-", wrapper: ["sh", "-c", #"exec "$0" "$@" <\#(file)"#])
    #expect(piped.status == 1)
    #expect(piped.output == named.output)
    let saved = try await Answer(
      "analyze", "--format", "json", wrapper: ["sh", "-c", #""$0" "$@" <\#(file) | "$0" analyze"#])
    #expect(saved.status == 1)
    #expect(saved.output.contains("driver.not-operating"))
    #expect(saved.output.contains("saved diagnosis"))
  }

  @Test("What cannot be read is told in one line, and hides no other file")
  func unreadable() async throws {
    let answer = try await Answer("analyze", "/nonexistent", Self.sample("qmp-unserved.txt"))
    #expect(answer.status == 69)
    #expect(answer.line?.contains("/nonexistent: No such file") == true)
    #expect(answer.output.contains("driver.not-operating"))
    let folder = try await Answer("analyze", "/")
    #expect(folder.status == 69)
    #expect(folder.line?.contains("directory") == true)
    let nothing = try await Answer("analyze", "/dev/null")
    #expect(nothing.status == 2)
    #expect(nothing.line?.contains("nothing that is understood") == true)
  }

  @Test("Registry hives are judged by their facts, alone and beside what the host told")
  func hives() async throws {
    let folder = Self.samples.deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "Fuzz/fuzz-hive/seeds")
    let (system, software) = (folder.appending(path: "system").path, folder.appending(path: "software").path)
    let alone = try await Answer("analyze", system, software)
    #expect(alone.status == 1 || alone.status == 2, "\(alone.complaint)")
    #expect(alone.complaint.isEmpty)
    #expect(alone.output.contains("Registry hives were read (ControlSet001)"))
    #expect(alone.output.contains("Windows 11 Pro") && alone.output.contains("oem12.inf 100.101.104.28500"))
    #expect(!alone.output.contains("virt-balloon diagnose \(system)"))
    let beside = try await Answer("analyze", system, Self.sample("qmp-unserved.txt"))
    #expect(beside.status == 1)
    #expect(beside.output.contains("driver.not-operating") || beside.output.contains("driver.none"))
    #expect(beside.output.contains("Registry hives were read"))
    let twice = try await Answer("analyze", system, system)
    #expect(twice.status == 69)
    #expect(twice.line?.contains("a second SYSTEM hive") == true)
    let half = try await Answer("analyze", software)
    #expect(half.status == 69)
    #expect(half.line?.contains("the SYSTEM hive of the same Windows is needed") == true)
  }

  @Test("A file of 100 MB is refused in bounded memory")
  func large() async throws {
    try await ScratchDirectory.with { scratch in
      let path = scratch("large")
      try await Program.check(["truncate", "-s", "100M", path])
      let answer = try await Answer(measuring: ["analyze", path])
      #expect(answer.status == 69)
      #expect(answer.line?.contains("more than the 16 MiB") == true)
      #expect(try #require(answer.peak) < 256 << 10)
    }
  }

  @Test("Of files that are too large together the first are judged, and the first that does not fit is named")
  func together() async throws {
    try await ScratchDirectory.with { scratch in
      // Nothing but lines, which take more memory than bytes of the file.
      let path = scratch("lines")
      try String(repeating: "\n", count: 399_999).write(toFile: path, atomically: false, encoding: .utf8)
      let paths = [Self.sample("qmp-unserved.txt")] + Array(repeating: path, count: 20)
      let answer = try await Answer(measuring: ["analyze"] + paths)
      #expect(answer.status == 69)
      #expect(answer.line?.contains("/lines and ") == true, "\(answer.complaint)")
      #expect(answer.line?.contains("more than 64 MiB") == true)
      #expect(answer.output.contains("driver.not-operating"))
      #expect(answer.output.contains("not looked at"))
      #expect(try #require(answer.peak) < 256 << 10)
    }
  }

  @Test("The Linux probe runs in a POSIX shell, and its answer is understood")
  func linuxProbe() async throws {
    let answer = try await Answer("probe", "linux", wrapper: ["sh", "-c", #""$0" "$@" | sh 2>&1 | "$0" analyze"#])
    #expect([0, 1, 2].contains(answer.status))
    #expect(answer.complaint.isEmpty, "\(answer.complaint)")
    #expect(answer.output.contains("probe linux"))
  }

  @Test("Verbose lists what was not understood, line by line")
  func verbose() async throws {
    let answer = try await Answer("analyze", "--verbose", Self.sample("memballoon-unset.txt"))
    // However the lines are broken.
    let words = answer.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("line 1: my config has this in it:"))
    #expect(words.contains("line 6: and nothing else"))
  }
}

/// Text as one word of a shell.
private enum ShellText {
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
