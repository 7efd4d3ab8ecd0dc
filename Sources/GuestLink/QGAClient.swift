// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import Transports

/// The host's end of qemu-ga's protocol on its port's socket.
///
/// The protocol has no request ids: a reply is told from a late one of an earlier request, this client's or another's,
/// only by a `guest-sync-delimited` with a random number before it. That is sent first on a connection, and again after
/// everything that may have left a reply on its way (a time-out, something unreadable); what arrives before its answer
/// is dropped. Calls of several tasks are served one after the other. Nothing that the guest sends makes a call last
/// beyond its deadline, or takes more memory than ``Limits`` say.
package actor QGAClient: QGACommands {
  /// What one call may read.
  package struct Limits: Hashable, Sendable {
    /// The longest line, in bytes.
    package var line: Int
    /// All bytes that may come before the reply, garbage and late replies included.
    package var bytesPerCall: Int
    package init(line: Int = QGA.limits.bytes, bytesPerCall: Int = 4 << 20) {
      self.line = line
      self.bytesPerCall = bytesPerCall
    }
  }

  /// What has arrived that was no reply to the command asked, in numbers.
  package struct Traffic: Hashable, Sendable {
    /// All bytes that were read.
    package var bytes = 0
    /// Late replies, and others that nobody asked for.
    package var stale = 0
    /// Lines that are no JSON, too long, or cut short.
    package var unreadable = 0
  }
  package private(set) var traffic = Traffic()

  private let transport: any Transport
  private let limits: Limits
  private var stream: QGAStream
  /// Whether the next line answers the next command.
  private var inStep = false
  private var isClosed = false
  private var isServing = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Creates the client of a fresh connection; nothing is sent before the first call.
  package init(_ transport: any Transport, limits: Limits = Limits()) {
    self.transport = transport
    self.limits = limits
    stream = QGAStream(limit: limits.line)
  }

  package func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    await begin()
    defer { end() }
    guard !isClosed else { throw QGAError(.closed, "the connection to qemu-ga has ended") }
    let before = traffic.bytes
    if !inStep { try await synchronise(from: before, until: deadline) }
    // Until its reply has come whole, anything that goes wrong leaves one on its way.
    inStep = false
    // What is here before the command is sent cannot be its reply.
    if stream.drop() { traffic.stale += 1 }
    try await write(QGA.request(command, arguments) + [UInt8(ascii: "\n")], command, until: deadline)
    guard case .line(let line) = try await event(command, from: before, until: deadline) else {
      traffic.unreadable += 1
      throw QGAError(.malformed, "qemu-ga's reply to \(command) is too long, or was cut short")
    }
    do throws(QGAError) {
      let result = try QGA.result(of: command, line)
      inStep = true
      return result
    } catch {
      inStep = error.code == .refused
      throw error
    }
  }

  // MARK: In step

  /// Asks for a number's echo, and drops everything before it.
  private func synchronise(from before: Int, until deadline: ContinuousClock.Instant) async throws(QGAError) {
    let command = "guest-sync-delimited"
    let id = UInt64.random(in: 1..<(1 << 53))
    if stream.drop() { traffic.stale += 1 }
    // The sentinel makes the agent's parser forget what another client left unfinished.
    let request = [QGAStream.sentinel] + QGA.request(command, ["id": .integer(id)]) + [UInt8(ascii: "\n")]
    try await write(request, command, until: deadline)
    while true {
      guard case .line(let line) = try await event(command, from: before, until: deadline) else {
        traffic.unreadable += 1
        continue
      }
      do throws(QGAError) {
        if try QGA.result(of: command, line).uint == id {
          inStep = true
          return
        }
        traffic.stale += 1
      } catch {
        // An error may be the agent's answer to what the sentinel cut short.
        if error.code == .refused { traffic.stale += 1 } else { traffic.unreadable += 1 }
      }
    }
  }

  private func write(
    _ bytes: [UInt8], _ command: String, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) {
    do throws(TransportError) { try await transport.write(bytes, until: deadline) } catch {
      throw failure(error, command)
    }
  }

  /// What the stream has next.
  private func event(
    _ command: String, from before: Int, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> QGAStream.Event {
    while true {
      if let event = stream.next() { return event }
      guard traffic.bytes - before < limits.bytesPerCall else {
        throw QGAError(.flooded, "what answers \(command) sends without end")
      }
      let bytes: [UInt8]
      do throws(TransportError) { bytes = try await transport.read(until: deadline) } catch {
        throw failure(error, command)
      }
      guard !bytes.isEmpty else {
        isClosed = true
        throw QGAError(.closed, "qemu-ga's side ended the connection before it answered \(command)")
      }
      traffic.bytes += bytes.count
      stream.append(bytes)
    }
  }

  /// What a transport's error means in the light of what has arrived.
  private func failure(_ error: TransportError, _ command: String) -> QGAError {
    switch error.code {
    case .closed:
      isClosed = true
      return QGAError(.closed, error.message)
    case .timedOut:
      if traffic.bytes == 0 {
        return QGAError(
          .silent,
          "nothing answers \(command): qemu-ga does not run or is blocked, or another client holds its port")
      }
      if traffic.unreadable > 0 {
        return QGAError(.garbage, "no readable reply to \(command) came in time")
      }
      return QGAError(.timedOut, "qemu-ga did not answer \(command) in time")
    default: return QGAError(.transport, error.message)
    }
  }

  // MARK: One call at a time

  private func begin() async {
    if isServing {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      isServing = true
    }
  }

  private func end() {
    if waiting.isEmpty { isServing = false } else { waiting.removeFirst().resume() }
  }
}
