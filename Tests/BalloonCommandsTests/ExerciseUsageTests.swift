// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

@Suite("virt-balloon exercise")
struct ExerciseUsageTests {
  @Test(
    "Is refused with status 64 and the reason before anything is asked",
    arguments: [
      (["--yes"], "name the guest"),
      (["qmp:/a"], "give --yes"),
      (["agent:/a", "--yes"], "agent: leads to the agent alone"),
      (["guest", "--yes", "-r"], "a read-only connection moves no balloon"),
      (["qmp:/a", "--yes", "--down-to", "lots"], "--down-to"),
      (["qmp:/a", "--yes", "--down-to", "0"], "--down-to"),
      (["qmp:/a", "--restore", "--down-to", "1G"], "--restore goes up only"),
      (["proxmox:7", "--yes"], "proxmox: takes a virtual machine's number"),
    ])
  func usage(_ arguments: [String], _ reason: String) async throws {
    let outcome = try await Program.run(
      ["sh", "-c", "\"$@\" </dev/null", "sh", try Program.built("virt-balloon"), "exercise"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errorOutput.contains(reason), "\(outcome.errorOutput)")
    #expect(outcome.output.isEmpty)
  }

  @Test("A machine that is not there is unavailable, and leaves no journal")
  func unavailable() async throws {
    try await ScratchDirectory.with { directory in
      let outcome = try await Program.run([
        try Program.built("virt-balloon"), "exercise", "qmp:\(directory("none.sock"))", "--yes", "--journal-directory",
        directory("journal"),
      ])
      #expect(outcome.status == 69)
      #expect(outcome.errorOutput.contains("none.sock"))
    }
  }

  @Test("Nothing left unfinished is nothing to put back")
  func nothing() async throws {
    try await ScratchDirectory.with { directory in
      let outcome = try await Program.run([
        try Program.built("virt-balloon"), "exercise", "--restore", "--journal-directory", directory("journal"),
      ])
      #expect(outcome.status == 0)
      #expect(outcome.errorOutput.contains("no exercise was left unfinished"))
    }
  }

  @Test("A journal of a machine that has ended is put away")
  func ended() async throws {
    try await ScratchDirectory.with { directory in
      let journal =
        #"{"schema":"virt-balloon/exercise-journal/1","machine":"m","run":"boot b process 1 started 999999999999","#
        + #""original":1073741824,"target":"qmp:/nowhere","written":1}"#
      let place = directory("m.json")
      try await Program.check(["sh", "-c", "umask 077; printf '%s\\n' \"$1\" > \"$2\"", "sh", journal, place])
      let outcome = try await Program.run([
        try Program.built("virt-balloon"), "exercise", "--restore", "--journal-directory", directory.path,
      ])
      #expect(outcome.status == 0, "\(outcome.errorOutput)")
      #expect(outcome.errorOutput.contains("has ended since"))
      #expect(try await Program.run(["test", "-e", place]).status == 1)
    }
  }
}
