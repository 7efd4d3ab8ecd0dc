// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import QMP
import Synchronization
import Transports

/// A peer that answers each line it is sent as a script has it.
final class ScriptedPeer: Transport {
  private struct State {
    var output: [[UInt8]]
    var received: [String] = []
    var isEnded = false
  }
  private let state: Mutex<State>
  /// What to send when a line has come: texts, each as one read. `nil` ends the stream.
  private let answer: @Sendable (_ request: JSON) -> [String]?

  init(first: [String], answer: @escaping @Sendable (JSON) -> [String]?) {
    state = Mutex(State(output: first.map { Array($0.utf8) }))
    self.answer = answer
  }

  var received: [String] { state.withLock { $0.received } }

  func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8] {
    let next: [UInt8]? = state.withLock { state in
      if !state.output.isEmpty { return state.output.removeFirst() }
      return state.isEnded ? [] : nil
    }
    if let next { return next }
    do { try await Task.sleep(until: deadline, clock: .continuous) } catch {
      throw TransportError(.cancelled, "cancelled")
    }
    throw TransportError(.timedOut, "late")
  }

  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError) {
    guard let request = try? JSON(parsing: bytes, limits: .monitor) else { return }
    let texts = answer(request)
    state.withLock { state in
      state.received.append(request["execute"]?.string ?? "?")
      if let texts { state.output += texts.map { Array($0.utf8) } } else { state.isEnded = true }
    }
  }
}

let greetingLine =
  #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}"#
  + "\r\n"

/// A reply to that request.
func reply(_ value: String, to request: JSON) -> String {
  #"{"return": \#(value), "id": \#(String(decoding: (request["id"] ?? .null).bytes, as: UTF8.self))}"# + "\r\n"
}

/// An object tree: qom-get and qom-list answered from values, all else from what is given.
struct TreeMonitor: MonitorCommands {
  /// Property values by `path property`.
  var properties: [String: JSON] = [:]
  /// Replies by command.
  var replies: [String: Result<JSON, QMPError>] = [:]

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    let path = arguments?["path"]?.string ?? ""
    if command == "qom-get", let property = arguments?["property"]?.string {
      guard let value = properties[path + " " + property] else {
        throw QMPError(.refused, "QEMU: Property '\(property)' not found", errorClass: "GenericError")
      }
      return value
    }
    if command == "qom-list" {
      let children = properties.keys.filter { $0.hasPrefix(path + " ") }.sorted()
      return .array(
        children.map {
          ["name": .string(String($0.dropFirst(path.count + 1))), "type": properties[$0] ?? .null]
        })
    }
    guard let result = replies[command] else {
      throw QMPError(.unsupported, "QEMU: no \(command)", errorClass: "CommandNotFound")
    }
    return try result.get()
  }
}

func ample() -> ContinuousClock.Instant { .now + .seconds(20) }
func soon() -> ContinuousClock.Instant { .now + .milliseconds(30) }
