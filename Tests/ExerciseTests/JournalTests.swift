// SPDX-License-Identifier: GPL-3.0-or-later
import Collectors
import Exercise
import Glibc
import GuestRig
import Testing

@Suite("The journal of an exercise")
struct JournalTests {
  private static let entry = JournalEntry(
    machine: MachineIdentity(key: "/run/web1.qmp", run: "boot b process 7 started 9"), original: 1 << 30,
    target: "qmp:/run/web1.qmp", connect: nil, written: 1_750_000_000)

  @Test("What is written is read again, by this user alone")
  func roundTrip() async throws {
    try await ScratchDirectory.with { directory in
      let place = directory("state/virt-balloon")
      let journal = try ExerciseJournal(of: "/run/web1.qmp.\(getpid()).a", in: place)
      #expect(try journal.read() == nil)
      try journal.write(Self.entry)
      #expect(try journal.read() == Self.entry)
      #expect(try JournalFile.all(in: place) == [Self.entry])
      var status = stat()
      #expect(stat(journal.path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      try journal.remove()
      #expect(try journal.read() == nil)
      try journal.remove()
    }
  }

  @Test("A machine is one exercise's at a time, wherever the other keeps its journal, and free again afterwards")
  func busy() async throws {
    try await ScratchDirectory.with { directory in
      let key = "machine.\(getpid()).b"
      do {
        let journal = try ExerciseJournal(of: key, in: directory("one"))
        for place in ["one", "two"] {
          let error = #expect(throws: JournalError.self) { try ExerciseJournal(of: key, in: directory(place)) }
          #expect(error?.code == .busy)
        }
        _ = try ExerciseJournal(of: key + "other", in: directory("one"))
        withExtendedLifetime(journal) {}
      }
      _ = try ExerciseJournal(of: key, in: directory("two"))
    }
  }

  @Test("A machine's name becomes the name of a file that leads nowhere else")
  func names() {
    #expect(JournalFile.name(of: "../../etc/passwd") == "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd")
    let long = JournalFile.name(of: "/" + String(repeating: "x", count: 4_000))
    #expect(long.utf8.count < 200)
    #expect(long != JournalFile.name(of: "/" + String(repeating: "x", count: 4_001)))
  }

  /// A journal with one member otherwise than it should be.
  private static func text(
    schema: String = "virt-balloon/exercise-journal/1", original: String = "1", more: String = ""
  ) -> String {
    #"{"schema":"\#(schema)","machine":"a","run":"b","original":\#(original),"target":"c","written":1\#(more)}"#
  }

  @Test(
    "What is no journal is not believed",
    arguments: [
      "", "{}", "[]", #"{"schema":"virt-balloon/exercise-journal/1"}"#, text(schema: "virt-balloon/exercise-journal/2"),
      text(original: "0"), text(original: "-1"), text(original: "1e9"), text(original: "18446744073709551615"),
      text(original: "\"1\""), text(more: #","more":1"#), text(more: #","connect":"""#), text(more: #","run":"b""#),
    ])
  func malformed(_ text: String) {
    #expect(JournalEntry(parsing: Array(Self.text().utf8)) != nil)
    #expect(JournalEntry(parsing: Array(text.utf8)) == nil)
  }

  @Test("Every prefix of a journal is refused: half of one is none")
  func prefixes() {
    let bytes = Self.entry.bytes
    for count in 0..<bytes.count - 1 { #expect(JournalEntry(parsing: Array(bytes.prefix(count))) == nil) }
    #expect(JournalEntry(parsing: bytes) == Self.entry)
  }

  @Test("A link in the journal's place is not followed")
  func link() async throws {
    try await ScratchDirectory.with { directory in
      let key = "machine.\(getpid()).c"
      let journal = try ExerciseJournal(of: key, in: directory("j"))
      #expect(symlink("/etc/passwd", journal.path) == 0)
      #expect(throws: JournalError.self) { try journal.read() }
      try journal.write(Self.entry)
      #expect(try journal.read() == Self.entry, "the link was replaced, and what it led to left alone")
    }
  }

  @Test("root's journals are the system's, another user's are their own")
  func places() throws {
    #expect(try JournalFile.directory(user: 0) { _ in "/x" } == "/var/lib/virt-balloon")
    #expect(
      try JournalFile.directory(user: 7) { $0 == "XDG_STATE_HOME" ? "/s" : "/h" } == "/s/virt-balloon")
    #expect(
      try JournalFile.directory(user: 7) { $0 == "HOME" ? "/h" : "not absolute" }
        == "/h/.local/state/virt-balloon")
    #expect(throws: JournalError.self) { try JournalFile.directory(user: 7) { _ in nil } }
  }

  @Test("A process is known by its start: one that has ended is no longer that run")
  func identity() throws {
    let run = try #require(MachineIdentity.run(ofProcess: getpid()))
    #expect(!MachineIdentity(key: "a", run: run).hasEnded)
    #expect(MachineIdentity(key: "a", run: run + "0").hasEnded)
    #expect(!MachineIdentity(key: "a", run: "domain 7").hasEnded)
    #expect(MachineIdentity.run(ofProcess: -1) == nil)
  }
}
