// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import SupportBundle
import Testing

/// Fifty targets of one bundle: real QEMUs that run their firmware, some of which are stopped or die, and a peer that
/// floods.
@Suite("Many machines in one bundle", .enabled(if: Machine.isInstalled, "needs \(Machine.emulator)"))
struct CrowdTests {
  private static let healthy = 41
  private static let hung = 5
  private static let dying = 3

  /// One of the crowd's machines.
  private struct Member: Sendable {
    let monitor: String
    let pidFile: String

    /// Signals this machine's own process.
    func signal(_ signal: Int32) throws {
      let text = try String(contentsOfFile: pidFile, encoding: .utf8)
      guard let pid = Int32(text.prefix { $0.isNumber }), pid > 1 else {
        throw RigError(.program, "\(pidFile) holds no process id")
      }
      kill(pid, signal)
    }
  }

  /// Runs `body` beside so many machines.
  private func withMachines(
    _ count: Int, in scratch: ScratchDirectory, _ members: [Member] = [], _ body: ([Member]) async throws -> Void
  ) async throws {
    guard members.count < count else { return try await body(members) }
    let member = Member(monitor: scratch("\(members.count).sock"), pidFile: scratch("\(members.count).pid"))
    let arguments = [
      Machine.emulator, "-M", "q35", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults", "-no-user-config",
      "-pidfile", member.pidFile, "-qmp", "unix:\(member.monitor),server=on,wait=off",
    ]
    try await Program.background(arguments + Machine.balloon, log: scratch("\(members.count).log")) {
      try await withMachines(count, in: scratch, members + [member], body)
    }
  }

  /// Greets as QEMU does, and then sends events without end.
  private static let flood: FakePeer.Behaviour = { client in
    client.send(#"{"QMP":{"version":{"qemu":{"micro":0,"minor":2,"major":7},"package":""},"capabilities":[]}}"# + "\n")
    let line = #"{"timestamp":{"seconds":1,"microseconds":0},"event":"RESUME"}"# + "\n"
    let lines = Array(String(repeating: line, count: 512).utf8)
    while client.send(lines) {}
  }

  @Test("Five that hang, three that die and one that floods cost the other forty-one nothing")
  func crowd() async throws {
    try await ScratchDirectory.with { scratch in
      try await withMachines(Self.healthy + Self.hung + Self.dying, in: scratch) { machines in
        for machine in machines {
          try await waitUntil("a monitor stood at \(machine.monitor)", within: .seconds(120)) {
            access(machine.monitor, F_OK) == 0 && access(machine.pidFile, F_OK) == 0
          }
        }
        try await FakePeer.with(at: scratch("flood.sock"), Self.flood) { flood in
          let hung = machines.prefix(Self.hung)
          let dying = machines.dropFirst(Self.hung).prefix(Self.dying)
          for machine in hung { try machine.signal(SIGSTOP) }
          let targets = machines.map { "qmp:\($0.monitor)" } + ["qmp:\(flood)"]
          let path = scratch("crowd.tar.gz")
          async let answer = Answer(
            measuring: ["collect", "-o", path, "--deadline", "3", "--duration", "6s", "--interval", "1s"] + targets,
            within: .seconds(240))
          try await Task.sleep(for: .seconds(4))
          for machine in dying { try machine.signal(SIGKILL) }
          let begun = ContinuousClock.now
          let done = try await answer
          let seconds = (ContinuousClock.now - begun) / .seconds(1) + 4
          #expect(done.status == 69, "\(done.complaint)")

          let bundle = try Bundle(reading: path)
          #expect(try bundle.faults().isEmpty)
          #expect(bundle.manifest.state == .partial)
          let collection = try bundle.collection()
          #expect(collection.targets.count == targets.count)
          let lost = collection.targets.filter { $0.outcome == .failed }
          #expect((Self.hung...Self.hung + Self.dying + 1).contains(lost.count), "\(lost)")
          for target in lost { #expect(target.failure?.detail.isEmpty == false) }
          // They have no port for an agent, which is no fault of theirs.
          let whole = try bundle.guests().map(\.evidence).filter { evidence in
            evidence.collection.sources.allSatisfy { $0.name == "agent" || $0.failure == nil }
              && evidence.readings.count >= 4 && evidence.readings.allSatisfy { $0.actual.value != nil }
          }
          #expect(whole.count == Self.healthy)
          let peak = try #require(done.peak)
          #expect(peak < 256 << 10, "KiB")
          print("fifty targets: \(seconds) s of wall time, \(peak) KiB at most, \(lost.count) lost")
        }
      }
    }
  }
}
