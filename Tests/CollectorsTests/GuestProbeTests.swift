// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Synchronization
import Testing

@testable import Collectors

/// A qemu-ga that runs programs from a table; all of it is synthesised.
private final class ScriptedGuest: QGACommands {
  struct Program {
    var output = ""
    var polls = 0
    var isTruncated = false
  }
  let programs: [String: Program]
  private let state = Mutex<(next: Int64, running: [Int64: (Program, polls: Int)], started: [String])>((1, [:], []))
  let refusal: QGAError?

  init(_ programs: [String: Program], refusal: QGAError? = nil) { (self.programs, self.refusal) = (programs, refusal) }
  var started: [String] { state.withLock { $0.started } }

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    if let refusal { throw refusal }
    switch command {
    case "guest-exec":
      let words = [arguments?["path"]?.string ?? ""] + (arguments?["arg"]?.array ?? []).compactMap(\.string)
      guard let program = programs[words.joined(separator: " ")] else {
        throw QGAError(.refused, "no such program", errorClass: "GenericError")
      }
      return state.withLock { state in
        state.started.append(words.joined(separator: " "))
        state.running[state.next] = (program, 0)
        state.next += 1
        return ["pid": .integer(state.next - 1)]
      }
    case "guest-exec-status":
      let number = arguments?["pid"]?.int ?? 0
      let (program, polls) = state.withLock { state in
        state.running[number]?.polls += 1
        return state.running[number] ?? (Program(polls: .max), 0)
      }
      guard polls > program.polls else { return ["exited": .bool(false)] }
      return [
        "exited": .bool(true), "exitcode": .integer(0), "out-data": .string(Self.base64(program.output)),
        "out-truncated": .bool(program.isTruncated),
      ]
    default: throw QGAError(.refused, "no", errorClass: "CommandNotFound")
    }
  }

  static func base64(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    let bytes = Array(text.utf8)
    var result = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var number = 0
      for index in 0..<3 { number = number << 8 | (index < group.count ? Int(group[start + index]) : 0) }
      for index in 0..<4 {
        result.append(index <= group.count ? alphabet[number >> (18 - 6 * index) & 63] : "=")
      }
    }
    return result
  }
}

@Suite("The probe through qemu-ga")
struct GuestProbeTests {
  private static let source = Provenance("test", trust: .guest, time: 7)

  private func evidence(_ system: String?, _ commands: [String: Bool]? = nil) -> QEMUGuestAgentEvidence {
    var evidence = QEMUGuestAgentEvidence(Failure(.unsupported, "untold"), clock: WallClock { 7 })
    evidence.version = .observed("8.2.0", Self.source)
    if let system { evidence.osID = .observed(system, Self.source) }
    evidence.commands = .observed(commands ?? ["guest-exec": true, "guest-exec-status": true], Self.source)
    return evidence
  }

  /// What the probe has read, for lack of its real reader: the first words of the output.
  private func probe() -> GuestProbe {
    GuestProbe(
      windows: [
        .text("=== begin ==="), .run(program: "sc.exe", arguments: ["query", "BALLOON"]),
        .run(program: "reg.exe", arguments: ["query", "HKLM\\X", "/s"]), .text("=== end ==="),
      ], linux: [.run(program: "/bin/sh", arguments: ["-c", "uname -r"])]
    ) { output in
      var guest = GuestEvidence(Unknown(failure: Failure(.notAsked, "x"), provenance: Self.source))
      guest.osName = .observed(String(decoding: output, as: UTF8.self), Self.source)
      return guest
    }
  }

  private func run(
    _ guest: ScriptedGuest, _ evidence: QEMUGuestAgentEvidence, within time: Duration = .seconds(10)
  ) async -> GuestProbe.Outcome {
    await probe().run(evidence, over: guest, until: .now + time)
  }

  @Test("Runs each of Windows' programs by itself, waits for it, and puts the outputs together")
  func windows() async {
    let guest = ScriptedGuest([
      "sc.exe query BALLOON": .init(output: "STATE : 4  RUNNING", polls: 2),
      "reg.exe query HKLM\\X /s": .init(output: "HKEY\r\n"),
    ])
    let outcome = await run(guest, evidence("mswindows"))
    #expect(outcome.failure == nil)
    #expect(outcome.guest?.osName.value == "=== begin ===\nSTATE : 4  RUNNING\nHKEY\r\n=== end ===\n")
    #expect(guest.started == ["sc.exe query BALLOON", "reg.exe query HKLM\\X /s"])
    #expect(outcome.notices.first?.hasPrefix("2 programs were run in the guest") == true)
  }

  @Test("Marks what is missing: a program that is not there, and output that was cut")
  func partial() async {
    let guest = ScriptedGuest(["sc.exe query BALLOON": .init(output: "x\n", isTruncated: true)])
    let outcome = await run(guest, evidence("mswindows"))
    let missing = "(virt-balloon: output is missing here)\n"
    #expect(outcome.guest?.osName.value == "=== begin ===\nx\n\(missing)\(missing)=== end ===\n")
    let none = await run(ScriptedGuest([:]), evidence("mswindows"))
    #expect(none.guest == nil && none.failure?.reason == .failed && none.notices.isEmpty)
  }

  @Test("Runs the paste for Linux in one shell")
  func linux() async {
    let guest = ScriptedGuest(["/bin/sh -c uname -r": .init(output: "6.1.0\n")])
    #expect(await run(guest, evidence("debian")).guest?.osName.value == "6.1.0\n")
  }

  @Test("Runs nothing where it is not allowed, or where the system is unknown, and says what to do")
  func notAllowed() async throws {
    let guest = ScriptedGuest([:])
    for commands in [["guest-exec": false, "guest-exec-status": true], ["guest-exec": true], [:]] {
      let outcome = await run(guest, evidence("mswindows", commands))
      #expect(outcome.failure?.reason == .denied && outcome.failure?.detail.contains("allow-rpcs") == true)
      #expect(outcome.failure?.ask?.hasPrefix("virt-balloon probe windows: paste") == true)
    }
    #expect(await run(guest, evidence(nil)).failure?.reason == .unsupported)
    #expect(await run(guest, evidence("freebsd")).failure?.reason == .unsupported)
    #expect(guest.started.isEmpty)
    for name in ["CommandNotFound", "CommandDisabled"] {
      let refusing = ScriptedGuest([:], refusal: QGAError(.refused, "no", errorClass: name))
      #expect(await run(refusing, evidence("mswindows")).failure?.reason == .denied)
    }
    var silent = evidence("mswindows")
    silent.version = .failed(Failure(.timedOut, "silent"), Self.source)
    #expect(await run(guest, silent).failure?.reason == .timedOut)
  }

  @Test("Gives up at its deadline, and keeps what came before")
  func late() async {
    let guest = ScriptedGuest(["sc.exe query BALLOON": .init(polls: .max - 1)])
    let start = ContinuousClock.now
    let outcome = await run(guest, evidence("mswindows"), within: .milliseconds(300))
    #expect(ContinuousClock.now - start < .seconds(3))
    #expect(outcome.failure?.reason == .timedOut && outcome.notices.count == 1)
    #expect(outcome.guest?.osName.value?.hasPrefix("=== begin ===\n") == true)
  }

  @Test("Completes what the agent did not tell, and replaces nothing that it did")
  func completion() {
    let unknown = Unknown(failure: Failure(.timedOut, "x"), provenance: Self.source)
    var guest = GuestEvidence(unknown)
    guest.osName = .observed("agent's", Self.source)
    var probed = GuestEvidence(unknown)
    probed.osName = .observed("probe's", Self.source)
    probed.kernel = .observed("6.1.0", Self.source)
    guest.complete(with: probed)
    #expect(guest.osName.value == "agent's" && guest.kernel.value == "6.1.0")
    #expect(guest.uptime.failure?.reason == .timedOut)
  }
}
