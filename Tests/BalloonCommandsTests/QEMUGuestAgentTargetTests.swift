// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import FoundationEssentials
import GuestRig
import PCI
import Synchronization
import Testing

/// qemu-ga behind a socket beside a real QEMU's monitor; no guest runs in it.
@Suite(
  "qemu-ga behind a socket", .enabled(if: Machine.isInstalled, "needs \(Machine.emulator)"))
struct QEMUGuestAgentTargetTests {
  /// What is sent for each line that comes.
  private static func peer(_ answer: @escaping @Sendable (_ command: String, _ id: UInt64?) -> [UInt8])
    -> FakePeer
    .Behaviour
  {
    { client in
      var pending: [UInt8] = []
      while case let bytes = client.receive(), !bytes.isEmpty {
        pending += bytes
        while let end = pending.firstIndex(of: 0x0a) {
          let line = Array(pending[..<end].drop { $0 == 0xff })
          pending.removeSubrange(...end)
          guard let json = try? JSON(parsing: line, limits: .request), let name = json["execute"]?.string else {
            continue
          }
          client.send(answer(name, json["arguments"]?["id"]?.uint))
        }
      }
    }
  }

  @Sendable private static func windows(_ command: String, _ id: UInt64?) -> [UInt8] {
    let reply =
      switch command {
      case "guest-sync-delimited": "{\"return\": \(id ?? 0)}"
      case "guest-info":
        #"{"return": {"version": "8.2.0", "supported_commands": [{"name": "guest-get-osinfo", "enabled": true}, "#
          + #"{"name": "guest-get-devices", "enabled": true}]}}"#
      case "guest-get-osinfo": #"{"return": {"id": "mswindows", "pretty-name": "Windows 11"}}"#
      case "guest-get-devices":
        #"{"return": [{"driver-name": "VirtIO Balloon Driver", "driver-version": "100.1", "driver-date": 0, "#
          + #""id": {"type": "pci", "vendor-id": 6900, "device-id": 4098}}]}"#
      default: #"{"error": {"class": "CommandNotFound", "desc": "no"}}"#
      }
    return (id == nil ? [] : [0xff]) + Array((reply + "\n").utf8)
  }

  private func diagnose(_ machine: Machine, _ path: String) async throws -> Evidence {
    let answer = try await Answer(
      measuring: [
        "diagnose", "--quick", "--deadline", "1", "--format", "json", machine.target, "--qemu-ga-socket", path,
      ])
    #expect(answer.complaint.isEmpty && Answer.isSafe(answer.output), "\(answer.complaint)")
    #expect(try #require(answer.peak) < 150 << 10)
    let evidence = try answer.document().evidence
    #expect(evidence.device.qomPath.value == "/machine/peripheral/balloon0")
    return evidence
  }

  @Test("Is asked for system and drivers, and nothing is marked")
  func answers() async throws {
    try await Machine.with { machine in
      let evidence = try await FakePeer.with(at: machine.scratch("qga"), Self.peer(Self.windows)) {
        try await diagnose(machine, $0)
      }
      let agent = try #require(evidence.guest.qemuGA)
      #expect(agent.version.value == "8.2.0" && agent.osName.value == "Windows 11")
      #expect(agent.devices.value?.first?.version.value == "100.1")
      #expect(!evidence.collection.notices.contains { $0.contains("tainted") })
      #expect(evidence.collection.notices.contains { $0.hasPrefix("qemu-ga was asked at ") })
      let text = try await FakePeer.with(at: machine.scratch("qga2"), Self.peer(Self.windows)) {
        try await Answer("diagnose", "--quick", machine.target, "--qemu-ga-socket", $0).output
      }
      let words = text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
      #expect(words.contains("driver VirtIO Balloon Driver version 100.1 of 1970-01-01 is installed for 1af4:1002"))
    }
  }

  /// A Windows that runs what the probe asks, and answers as Wine's run of the paste did (Samples/README.md).
  private final class ProbedWindows: Sendable {
    private let outputs: [String: String]
    private let running = Mutex<[Int64: String]>([:])

    init() throws {
      // What stands behind each echoed command, up to the next prompt.
      let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      let sample = try String(
        contentsOf: folder.appending(path: "ArtefactsTests/Samples/windows-healthy.txt"), encoding: .utf8)
      var outputs: [String: String] = [:]
      var command: String?
      for line in sample.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("C:\\"), let end = line.firstIndex(of: ">") {
          command = String(line[line.index(after: end)...]).filter { $0 != "\"" && $0 != "\r" }
        } else if let command {
          outputs[command, default: ""] += line + "\n"
        }
      }
      self.outputs = outputs
    }

    func answer(_ request: JSON) -> String? {
      switch request["execute"]?.string {
      case "guest-info"?:
        let names = ["guest-get-osinfo", "guest-exec", "guest-exec-status"].map {
          "{\"name\": \"\($0)\", \"enabled\": true}"
        }
        return "{\"return\": {\"version\": \"8.2.0\", \"supported_commands\": [\(names.joined(separator: ", "))]}}"
      case "guest-exec"?:
        let program = request["arguments"]?["path"]?.string ?? ""
        let words = (request["arguments"]?["arg"]?.array ?? []).compactMap(\.string)
        let line = ([program.replacing(".exe", with: "")] + words).joined(separator: " ")
        let number = running.withLock { running in
          running[Int64(running.count) + 1] = line == "cmd /c ver" ? "ver" : line
          return running.count
        }
        return "{\"return\": {\"pid\": \(number)}}"
      case "guest-exec-status"?:
        let line = running.withLock { $0[request["arguments"]?["pid"]?.int ?? 0] } ?? ""
        let output = Data((outputs[line] ?? "").utf8).base64EncodedString()
        return "{\"return\": {\"exited\": true, \"exitcode\": 0, \"out-data\": \"\(output)\"}}"
      default: return nil
      }
    }
  }

  @Test("Runs Windows' probe by guest-exec, whose answer the readers of pasted text understand")
  func windowsProbe() async throws {
    let windows = try ProbedWindows()
    let peer: FakePeer.Behaviour = { client in
      var pending: [UInt8] = []
      while case let bytes = client.receive(), !bytes.isEmpty {
        pending += bytes
        while let end = pending.firstIndex(of: 0x0a) {
          let line = Array(pending[..<end].drop { $0 == 0xff })
          pending.removeSubrange(...end)
          guard let json = try? JSON(parsing: line, limits: .request), let name = json["execute"]?.string else {
            continue
          }
          if let reply = windows.answer(json) {
            client.send(reply + "\n")
          } else {
            client.send(Self.windows(name, json["arguments"]?["id"]?.uint))
          }
        }
      }
    }
    try await Machine.with { machine in
      let answer = try await FakePeer.with(at: machine.scratch("qga"), peer) {
        try await Answer(
          measuring: [
            "diagnose", "--quick", "--guest-exec", "--format", "json", machine.target, "--qemu-ga-socket", $0,
          ])
      }
      #expect(answer.line?.contains("--guest-exec: runs read-only commands") == true, "\(answer.complaint)")
      let guest = try answer.document().evidence.guest
      let balloon = try #require(guest.functions.value?.first { $0.identity.value?.isBalloon == true })
      #expect(balloon.driver.value == "BALLOON")
      #expect(guest.services.value?.first { $0.name == "BalloonService" }?.state.value == "running")
      #expect(guest.functions.provenance.source.contains("guest-exec"), "\(guest.functions.provenance)")
      #expect(guest.functions.provenance.trust == .guest)
      #expect(guest.agent.failure != nil)

      // Its owner does not allow it: one line says how to, and the rest is there.
      let refused = try await FakePeer.with(at: machine.scratch("qga2"), Self.peer(Self.windows)) {
        try await Answer("diagnose", "--quick", "--guest-exec", machine.target, "--qemu-ga-socket", $0)
      }
      let words = refused.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
      #expect(words.contains("guest-exec: denied: qemu-ga has no guest-exec; its owner allows"), "\(refused.output)")
      #expect(words.contains("version 100.1 of 1970-01-01"))
      for arguments in [["--guest-exec"], ["--guest-exec", "agent:/x"]] {
        #expect(try await Answer(measuring: ["diagnose"] + arguments).status == 64)
      }
    }
  }

  @Test("That is hostile or silent costs its own leaves only")
  func hostile() async throws {
    let peers: [(FakePeer.Behaviour, Failure.Reason)] = [
      ({ _ in }, .timedOut), ({ $0.send("220 mail.example ESMTP\r\n") }, .incompatible),
      ({ while $0.send([UInt8](repeating: 0xff, count: 1 << 16)) {} }, .incompatible),
      ({ while $0.send([UInt8](repeating: 0x7b, count: 1 << 16)) {} }, .incompatible),
      ({ while $0.send([UInt8](repeating: 0x0a, count: 1 << 16)) {} }, .incompatible),
      ({ $0.close() }, .disconnected),
      (
        Self.peer { name, id in name == "guest-sync-delimited" ? Self.windows(name, id) : Array("{}\n".utf8) },
        .malformed
      ),
    ]
    try await Machine.with { machine in
      for (index, (peer, reason)) in peers.enumerated() {
        let evidence = try await FakePeer.with(at: machine.scratch("peer\(index)"), peer) {
          try await diagnose(machine, $0)
        }
        #expect(evidence.guest.qemuGA?.version.failure?.reason == reason, "peer \(index)")
      }
      #expect(
        try await diagnose(machine, machine.scratch("missing")).guest.qemuGA?.version.failure?.reason == .notFound)
      let own = try await Answer("diagnose", "--quick", "--format", "json", machine.target, "--qemu-ga").document()
      #expect(own.evidence.guest.qemuGA?.version.failure?.reason == .notFound)
      let unasked = try await Answer("diagnose", "--quick", "--format", "json", machine.target).document()
      #expect(unasked.evidence.guest.qemuGA == nil)
    }
  }
}
