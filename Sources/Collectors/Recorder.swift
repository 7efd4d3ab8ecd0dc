// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Libvirt
import QMP

/// Writes exchanges into a transcript, each as one JSON object that has the question and the answer.
///
/// An answer too long to be kept is left out, and an error of class `TooLong` says so: half an object is no JSON.
struct Recorder: Sendable {
  let transcript: Transcript
  let clock: WallClock

  /// One exchange with QEMU's monitor. Who did not answer said nothing, and nothing is kept.
  func keep(monitor command: String, _ arguments: JSONObject?, _ result: Result<JSON, QMPError>) {
    let answer: (String, JSON)
    switch result {
    case .success(let value): answer = ("return", value)
    case .failure(let error):
      guard let errorClass = error.errorClass else { return }
      let words = error.message.hasPrefix("QEMU: ") ? String(error.message.dropFirst(6)) : error.message
      answer = ("error", ["class": .string(errorClass), "desc": .string(words)])
    }
    keep(.monitor, Self.words(command, arguments), [("execute", .string(command))], arguments, "arguments", answer)
  }

  /// One exchange with qemu-ga.
  func keep(qemuGA command: String, _ arguments: JSONObject?, _ result: Result<JSON, QGAError>) {
    let answer: (String, JSON)
    switch result {
    case .success(let value): answer = ("return", value)
    case .failure(let error):
      guard error.code == .refused else { return }
      var members: [(String, JSON)] = []
      if let errorClass = error.errorClass { members.append(("class", .string(errorClass))) }
      members.append(("desc", .string(error.words ?? error.message)))
      answer = ("error", .object(JSONObject(members)))
    }
    keep(.qemuGA, command, [("execute", .string(command))], arguments, "arguments", answer)
  }

  /// One exchange with the agent.
  func keep(agent method: Method, _ parameters: JSONObject?, _ outcome: Reply.Outcome) {
    let answer: (String, JSON) =
      switch outcome {
      case .result(let result): ("result", result)
      case .error(let error): ("error", error.json)
      }
    keep(.agent, method.name, [("method", .string(method.name))], parameters, "params", answer)
  }

  /// What virDomainMemoryStats gave, as `virsh dommemstat` prints it; what virsh has no name for, it does not print.
  func keep(_ statistics: MemoryStatistics) {
    let lines = statistics.entries.compactMap { entry in entry.tag.virshName.map { "\($0) \(entry.value)\n" } }
    keep(.memoryStatistics, "virDomainMemoryStats", Array(lines.joined().utf8))
  }

  /// What a source wrote in a form of its own.
  func keep(_ format: RawAnswer.Format, _ question: String, _ bytes: [UInt8], isCut: Bool = false) {
    transcript.keep(RawAnswer(format, question, bytes: bytes, time: clock.now(), isCut: isCut))
  }

  private func keep(
    _ format: RawAnswer.Format, _ question: String, _ head: [(String, JSON)], _ arguments: JSONObject?,
    _ name: String, _ answer: (String, JSON)
  ) {
    let asked = arguments.map { [(name, JSON.object($0))] } ?? []
    let limit = transcript.answerLimit
    var bytes = JSON.object(JSONObject(head + asked + [answer])).bytes
    let isCut = bytes.count > limit
    if isCut {
      let words = "the exchange of \(bytes.count) bytes is longer than the \(limit) that are kept"
      let error: JSON = ["class": "TooLong", "code": .integer(0), "message": .string(words), "desc": .string(words)]
      bytes = JSON.object(JSONObject(head + asked + [("error", error)])).bytes
      if bytes.count > limit { bytes = JSON.object(JSONObject(head + [("error", error)])).bytes }
    }
    // Replies differ in one series of the same question; a hello's number alone makes no other question.
    let series = format == .agent && question == Method.hello.name ? [] : arguments.map { JSON.object($0).bytes } ?? []
    transcript.keep(
      RawAnswer(format, question, bytes: bytes, time: clock.now(), isCut: isCut), arguments: series)
  }

  /// The command, and what is asked of it where that is this program's own word: a property, a human's command.
  private static func words(_ command: String, _ arguments: JSONObject?) -> String {
    for name in ["property", "command-line"] {
      if let word = arguments?[name]?.string, isPlain(word) { return "\(command) \(word)" }
    }
    return command
  }

  private static func isPlain(_ word: String) -> Bool {
    word.utf8.count <= 64
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "_"), UInt8(ascii: " "):
          true
        default: false
        }
      }
  }
}

/// A monitor whose answers are taken down; without a recorder, that monitor.
struct RecordedMonitor<Base: MonitorCommands>: MonitorCommands {
  let base: Base
  let recorder: Recorder?

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    guard let recorder else { return try await base.execute(command, arguments, until: deadline) }
    let result: Result<JSON, QMPError>
    do throws(QMPError) {
      result = .success(try await base.execute(command, arguments, until: deadline))
    } catch { result = .failure(error) }
    recorder.keep(monitor: command, arguments, result)
    return try result.get()
  }
}

/// A qemu-ga whose answers are taken down; without a recorder, that qemu-ga.
struct RecordedQGA<Base: QGACommands>: QGACommands {
  let base: Base
  let recorder: Recorder?

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    guard let recorder else { return try await base.execute(command, arguments, until: deadline) }
    let result: Result<JSON, QGAError>
    do throws(QGAError) {
      result = .success(try await base.execute(command, arguments, until: deadline))
    } catch { result = .failure(error) }
    recorder.keep(qemuGA: command, arguments, result)
    return try result.get()
  }
}

extension GuestCollector {
  /// What takes down a collection; `nil` without a transcript.
  var recorder: Recorder? { transcript.map { Recorder(transcript: $0, clock: clock) } }
}

extension MemoryStatistics.Tag {
  /// virsh's name in `dommemstat` (tools/virsh-domain-monitor.c); `nil` for a tag that is not known here.
  fileprivate var virshName: String? {
    switch self {
    case .actual: "actual"
    case .swapIn: "swap_in"
    case .swapOut: "swap_out"
    case .majorFaults: "major_fault"
    case .minorFaults: "minor_fault"
    case .unused: "unused"
    case .available: "available"
    case .usable: "usable"
    case .lastUpdate: "last_update"
    case .residentSet: "rss"
    case .diskCaches: "disk_caches"
    case .hugePageAllocations: "hugetlb_pgalloc"
    case .hugePageFailures: "hugetlb_pgfail"
    default: nil
    }
  }
}
