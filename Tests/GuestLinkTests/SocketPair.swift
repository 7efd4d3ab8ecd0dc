// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import Synchronization
import Transports

/// Two connected ends of a real stream socket: the client's and the agent's.
struct SocketPair {
  let client: PatientTransport
  let agent: AgentEnd

  init() throws(TransportError) {
    let (one, other) = try Self.ends()
    client = PatientTransport(one)
    agent = AgentEnd(other)
  }

  /// Both ends as they are.
  static func ends() throws(TransportError) -> (client: UnixSocket, agent: UnixSocket) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw TransportError(.system, "socketpair: \(errno)")
    }
    return (try UnixSocket(adopting: ends[0], path: "client"), try UnixSocket(adopting: ends[1], path: "agent"))
  }
}

/// The agent's end of a connection, for scripts.
actor AgentEnd {
  private var socket: UnixSocket?
  private var decoder = RecordDecoder(limit: JSONLimits.request.bytes)

  init(_ socket: UnixSocket) { self.socket = socket }

  /// Sends bytes; false when the client has gone.
  @discardableResult
  func send(_ bytes: [UInt8]) async -> Bool {
    guard let socket else { return false }
    do throws(TransportError) {
      try await socket.write(bytes, until: .now + .seconds(20))
      return true
    } catch {
      return false
    }
  }

  /// The client's next request; `nil` when it has gone, or asks for nothing within 20 s.
  func receive() async -> Request? {
    while case .record(let record)? = await event() {
      if case .request(let request) = IncomingRequest(parsing: record) { return request }
    }
    return nil
  }

  /// The next event of the client's stream; `nil` when it has gone, or sends nothing within 20 s.
  func event() async -> RecordDecoder.Event? {
    while true {
      if let event = decoder.next() { return event }
      guard let socket, let bytes = try? await socket.read(until: .now + .seconds(20)), !bytes.isEmpty else {
        return nil
      }
      decoder.append(bytes)
    }
  }

  func close() {
    socket?.close()
    socket = nil
  }
}

/// A transport whose reads time out when the test says so, and not before: no test depends on how fast a machine is.
final class PatientTransport: Transport {
  private let socket: UnixSocket
  private let isOver = Mutex(false)

  init(_ socket: UnixSocket) { self.socket = socket }

  /// Ends the present read, or the next, with a time-out once nothing more is there to read.
  func expire() { isOver.withLock { $0 = true } }

  func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8] {
    while true {
      let over = isOver.withLock { $0 }
      do throws(TransportError) { return try await socket.read(until: min(deadline, .now + .milliseconds(20))) } catch {
        guard error.code == .timedOut, !over, .now < deadline else {
          isOver.withLock { $0 = false }
          throw error
        }
      }
    }
  }

  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError) {
    try await socket.write(bytes, until: deadline)
  }
}
