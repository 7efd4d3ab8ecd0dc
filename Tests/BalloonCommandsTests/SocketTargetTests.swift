// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// Paths that lead to no monitor and no agent.
@Suite("A socket")
struct SocketTargetTests {
  /// Each of the commands that take one.
  private static func commands(_ path: String) -> [[String]] {
    [
      ["diagnose", "qmp:\(path)"], ["stats", "qmp:\(path)"], ["agent", "ping", "--agent-socket", path],
      ["diagnose", "agent:\(path)"], ["agent", "info", "agent:\(path)"],
    ]
  }

  private func expectUnavailable(_ path: String, _ what: String, wrapper: [String] = []) async throws {
    let program = try Program.built("virt-balloon")
    for arguments in Self.commands(path) {
      let outcome = try await Program.run(wrapper + [program] + arguments)
      #expect(outcome.status == 69, "\(arguments): \(outcome.errorOutput)")
      #expect(outcome.output.isEmpty)
      #expect(outcome.errorOutput.contains(what), "\(arguments): \(outcome.errorOutput)")
      #expect(outcome.errorOutput.split(separator: "\n").count == 1, "\(outcome.errorOutput)")
    }
  }

  @Test("That is not there, a file, a directory, left behind, or beyond the longest path is told as what it is")
  func noSocket() async throws {
    try await ScratchDirectory.with { scratch in
      try await expectUnavailable(scratch("missing"), "nothing is there")
      try Data("no socket".utf8).write(to: URL(filePath: scratch("file")))
      try await expectUnavailable(scratch("file"), "is a file, not a socket")
      try await expectUnavailable(scratch("file") + "/below", "nothing is there")
      try await expectUnavailable(scratch.path, "is a directory, not a socket")
      close(try FakePeer.listen(at: scratch("left")))
      try await expectUnavailable(scratch("left"), "nobody listens there")
      // A socket bound by a short relative path, named by a path that no socket's address holds.
      let deep = scratch(String(repeating: "d", count: 120))
      try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: scratch("left"), toPath: deep + "/left")
      try await expectUnavailable(deep + "/left", "a socket's path has at most 107")
      try await expectUnavailable("/" + String(repeating: "x", count: 5_000), "File name too long")
    }
  }

  /// What takes root's rights away; nothing when they are not there.
  private static let unprivileged = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--clear-groups"] : []

  @Test(
    "That the caller may not open says so, and what to do",
    .enabled("needs setpriv(1), and the program readable for everybody, to show this as root") {
      try await Program.run(Self.unprivileged + [try Program.built("virt-balloon"), "--version"]).status == 0
    })
  func denied() async throws {
    try await ScratchDirectory.with { scratch in
      try await FakePeer.with(at: scratch("socket"), { _ in }) { path in
        chmod(scratch.path, 0o755)
        chmod(path, 0)
        try await expectUnavailable(path, "permission denied; run as root", wrapper: Self.unprivileged)
        let libvirt = try await Answer(
          "diagnose", "--connect", "qemu+unix:///system?socket=\(path)", "guest", wrapper: Self.unprivileged)
        libvirt.expectUnavailable("Permission denied")
      }
    }
  }

  @Test("That answers, but not as a monitor, is told from one that another client holds")
  func noMonitor() async throws {
    try await ScratchDirectory.with { scratch in
      let garbage = try await FakePeer.with(at: scratch("garbage"), { $0.send("220 mail.example ESMTP\r\n") }) {
        try await Answer("diagnose", "qmp:\($0)")
      }
      garbage.expectUnavailable("not with the greeting of a QEMU monitor")
      let human = try await FakePeer.with(
        at: scratch("human"), { $0.send("QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) ") }
      ) { try await Answer("diagnose", "qmp:\($0)") }
      human.expectUnavailable("this is QEMU's human monitor")
      let hostile = try await FakePeer.with(at: scratch("hostile"), { $0.send(FakeAgent.hostile) }) {
        try await Answer("diagnose", "qmp:\($0)")
      }
      hostile.expectUnavailable("not with the greeting of a QEMU monitor")
      let flood = try await FakePeer.with(
        at: scratch("flood"), { while $0.send([UInt8](repeating: 0x7b, count: 1 << 16)) {} }
      ) { try await Answer(measuring: ["diagnose", "qmp:\($0)"]) }
      flood.expectUnavailable("sends bytes without end")
      #expect(try #require(flood.peak) < 150 << 10)
      let silent = try await FakePeer.with(at: scratch("silent"), { _ in }) {
        try await Answer("diagnose", "qmp:\($0)")
      }
      silent.expectUnavailable("another holds it")
    }
  }

  @Test("Of a monitor that greets and then never answers is given up at the deadline")
  func hungMonitor() async throws {
    let greeting =
      #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#
    try await ScratchDirectory.with { scratch in
      let answer = try await FakePeer.with(at: scratch("hung"), { $0.send(greeting + "\r\n") }) {
        try await Answer("diagnose", "--deadline", "1", "qmp:\($0)")
      }
      answer.expectUnavailable("was not answered within the time given")
    }
  }
}
