// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// Something that takes qemu-ga's commands: its port's socket (``QGAClient``), or libvirt's passthrough
/// (``QGAPassthrough``).
package protocol QGACommands: Sendable {
  /// Runs one command and returns what stands under `return`.
  /// - Throws: `.refused` for the agent's own errors, with their class; `.silent`, `.timedOut`, `.malformed`, …
  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON
}

/// The agent's port and messages. Source: QEMU qga/qapi-schema.json, docs/interop/qemu-ga.
package enum QGA {
  /// The name of the agent's virtio-serial port.
  package static let portName = "org.qemu.guest_agent.0"

  /// A reply: at most 1 MiB. Dates in nanoseconds exceed 2^53.
  package static let limits = JSONLimits(bytes: 1 << 20, depth: 32, string: 32 << 10, exactIntegers: false)

  /// One command, without the end of its line.
  static func request(_ command: String, _ arguments: JSONObject?) -> [UInt8] {
    var members: [(String, JSON)] = [("execute", .string(command))]
    if let arguments { members.append(("arguments", .object(arguments))) }
    return JSON.object(JSONObject(members)).bytes
  }

  /// What stands under `return` of a whole reply.
  static func result(of command: String, _ reply: [UInt8]) throws(QGAError) -> JSON {
    let json: JSON
    let limits = command == "guest-exec-status" ? execLimits : limits
    do throws(JSONError) { json = try JSON(parsing: reply, limits: limits) } catch {
      throw QGAError(.malformed, "qemu-ga's reply to \(command) cannot be read: \(error)")
    }
    if let result = json["return"], json["error"] == nil { return result }
    guard let error = json["error"], error.object != nil, json["return"] == nil else {
      throw QGAError(.malformed, "what qemu-ga sent for \(command) is neither a result nor an error")
    }
    let errorClass = error["class"]?.string
    let words = error["desc"]?.string
    throw QGAError(
      .refused, "qemu-ga refused \(command): \(LinkError.quoted(errorClass ?? "")) \(LinkError.quoted(words ?? ""))",
      errorClass: errorClass, words: words)
  }
}

/// qemu-ga through somebody who holds its port: libvirt's `virDomainQemuAgentCommand`, which taints the domain
/// (`custom-ga-command`) and keeps the agent's replies in step by itself.
package struct QGAPassthrough: QGACommands {
  /// Takes the JSON of one command and returns the whole reply.
  package typealias Send =
    @Sendable (_ command: String, _ deadline: ContinuousClock.Instant) async throws(QGAError) -> [UInt8]

  private let send: Send

  package init(send: @escaping Send) { self.send = send }

  package func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    let request = String(decoding: QGA.request(command, arguments), as: UTF8.self)
    return try QGA.result(of: command, try await send(request, deadline))
  }
}
