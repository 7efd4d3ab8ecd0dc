// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import GuestRig
import Testing

@testable import Collectors

/// The files are made here, as an exercise leaves them.
@Suite("An exercise that has not put back what it took")
struct JournalSourceTests {
  private static let run = "boot b process 7 started 9"

  private func write(_ entry: JournalEntry, in directory: String) throws {
    let file = try #require(fopen("\(directory)/\(JournalFile.name(of: entry.machine.key)).json", "w"))
    defer { fclose(file) }
    try #require(fwrite(entry.bytes, 1, entry.bytes.count, file) == entry.bytes.count)
  }

  private func entry(run: String = run) -> JournalEntry {
    JournalEntry(
      machine: MachineIdentity(key: "u-1", run: run), original: 1 << 30, target: "web1", connect: nil,
      written: 1_750_000_000)
  }

  @Test("is the target's source while the guest runs on, and none when it was started anew")
  func runs() async throws {
    try await ScratchDirectory.with { directory in
      let source = JournalSource(directories: ["/nowhere", directory.path], clock: .system)
      var asked = 0
      func look(_ key: String = "u-1", run: String?) -> JournalEvidence {
        source.look(for: ["/run/web1.qmp", key]) {
          asked += 1
          return run
        }
      }
      let nothing = look(run: Self.run)
      #expect(nothing.original.isAbsent && nothing.isUnderWay.value == false && nothing.target == nil)
      #expect(asked == 0, "nobody looks for the run of a machine without a journal")
      try write(entry(), in: directory.path)
      let here = look(run: Self.run)
      #expect(here.target?.value == 1 << 30 && here.written.value == 1_750_000_000)
      #expect(here.target?.provenance.source == "exercise journal \(directory.path)/u-1.json")
      #expect(here.target?.provenance.trust == .host)
      #expect(look(run: Self.run + "0").isOfThisRun.value == false && look(run: Self.run + "0").target == nil)
      // From where QEMU's process cannot be seen nobody knows.
      for other in ["domain 7", nil] { #expect(look(run: other).isOfThisRun.failure?.reason == .unsupported) }
      #expect(look("u-2", run: Self.run).original.isAbsent)
      try write(entry(run: "domain 7"), in: directory.path)
      let uncertain = look(run: "domain 7")
      #expect(uncertain.original.value == 1 << 30 && uncertain.target == nil)
      #expect(look(run: "domain 8").isOfThisRun.value == false)
    }
  }

  @Test("is told as malformed where the file is no journal, and nothing of it is believed")
  func malformed() async throws {
    try await ScratchDirectory.with { directory in
      let file = try #require(fopen("\(directory.path)/u-1.json", "w"))
      fputs("{}", file)
      fclose(file)
      let told = JournalSource(directories: [directory.path], clock: .system).look(for: ["u-1"]) { Self.run }
      #expect(told.original.failure?.reason == .malformed && told.target == nil)
    }
  }

  @Test("is known to be under way by what it holds, with its process where the kernel tells")
  func underWay() async throws {
    try await ScratchDirectory.with { directory in
      let key = "u-1"
      let lock = "\(directory.path)/\(key).lock"
      let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      try #require(descriptor >= 0)
      defer { close(descriptor) }
      var status = stat()
      try #require(fstat(descriptor, &status) == 0)
      let root = directory("root")
      for part in [root, root + "/proc", root + "/proc/net"] { try #require(mkdir(part, 0o700) == 0) }
      func put(_ text: String, _ path: String) throws {
        let file = try #require(fopen(root + path, "w"))
        fputs(text, file)
        fclose(file)
      }
      let device = UInt64(status.st_dev)
      let (major, minor) = (
        UInt32(truncatingIfNeeded: device >> 8 & 0xfff | device >> 32 & ~0xfff),
        UInt32(truncatingIfNeeded: device & 0xff | device >> 12 & ~0xff)
      )
      #expect(JournalSource.device(major, minor) == device)
      func place(_ inode: ino_t) -> String {
        func two(_ number: UInt32) -> String { (number < 16 ? "0" : "") + String(number, radix: 16) }
        return "\(two(major)):\(two(minor)):\(inode)"
      }
      // The forms of the kernel's files as Linux 6.1 writes them.
      let head = "Num       RefCount Protocol Flags    Type St Inode Path\n"
      try put(
        "1: POSIX  ADVISORY  WRITE 5 \(place(status.st_ino)) 0 EOF\n2: FLOCK  ADVISORY  WRITE 6 \(place(1)) 0 EOF\n"
          + "3: FLOCK  ADVISORY  WRITE 708 \(place(status.st_ino)) 0 EOF\n"
          + "3: -> FLOCK  ADVISORY  WRITE 9 \(place(status.st_ino)) 0 EOF\n", "/proc/locks")
      var source = JournalSource(directories: [directory.path], clock: .system)
      source.root = root
      try put(head, "/proc/net/unix")
      #expect(source.look(for: [key]) { nil }.isUnderWay.value == false)
      try put(
        head + "0000000000000000: 00000002 00000000 00000000 0002 01 31415 @\(JournalFile.socketName(of: key))\n",
        "/proc/net/unix")
      let told = source.look(for: [key]) { nil }
      #expect(told.isUnderWay.value == true && told.process.value == 708)
      #expect(told.original.isAbsent, "another user's journal is not to be read")
      #expect(source.look(for: ["u-2"]) { nil }.isUnderWay.value == false)
      unlink(root + "/proc/net/unix")
      #expect(source.look(for: [key]) { nil }.isUnderWay.failure?.reason == .denied)
    }
  }
}
