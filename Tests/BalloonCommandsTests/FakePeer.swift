// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import GuestRig
import Synchronization

/// A server on a unix socket that treats each client as a closure has it, each on a thread of its own.
final class FakePeer: Sendable {
  typealias Behaviour = @Sendable (Client) -> Void
  let path: String
  private let descriptor: Int32
  private let behaviour: Behaviour
  private let clients = Mutex<[Int32]>([])

  /// Serves at `path` while `body` runs.
  static func with<Result>(
    at path: String, isolation: isolated (any Actor)? = #isolation, _ behaviour: @escaping Behaviour,
    _ body: (String) async throws -> Result
  ) async throws -> Result {
    let peer = try FakePeer(path, behaviour)
    defer { peer.stop() }
    return try await body(path)
  }

  private init(_ path: String, _ behaviour: @escaping Behaviour) throws {
    self.path = path
    self.behaviour = behaviour
    descriptor = try Self.listen(at: path)
    try Self.thread { [self] in
      while case let client = accept(descriptor, nil, nil), client >= 0 {
        clients.withLock { $0.append(client) }
        try? Self.thread { behaviour(Client(descriptor: client)) }
      }
    }
  }

  /// A socket that listens; the caller closes it.
  static func listen(at path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard descriptor >= 0, bound == 0, Glibc.listen(descriptor, 8) == 0 else {
      throw RigError(.system, "no socket at \(path)")
    }
    return descriptor
  }

  /// Ends every thread: `accept` and the clients' calls fail.
  private func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    clients.withLock { clients in
      for client in clients { shutdown(client, Int32(SHUT_RDWR)) }
    }
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) throws {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let failure = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    guard failure == 0 else { throw RigError(.system, "no thread: \(failure)") }
    pthread_detach(thread)
  }

  /// One client, as the server sees it. Its socket stays open until the server stops, unless it is closed.
  struct Client: Sendable {
    let descriptor: Int32

    /// Sends all of `bytes`; false when the client has gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent > 0 else { return false }
        rest = rest.dropFirst(sent)
      }
      return true
    }

    func send(_ text: String) { send(Array(text.utf8)) }
    func send(_ reply: Reply) { send(Record.encode(reply.json)) }
    func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// What has come, at least one byte; empty at the end.
    func receive() -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: 4_096)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return Array(bytes.prefix(max(0, count)))
    }

    /// Hands every request of the agent protocol to `answer`, until the client goes.
    func serve(_ answer: (Request) -> Void) {
      var decoder = RecordDecoder(limit: JSONLimits.request.bytes)
      while case let bytes = receive(), !bytes.isEmpty {
        decoder.append(bytes)
        while let event = decoder.next() {
          if case .record(let record) = event, case .request(let request) = IncomingRequest(parsing: record) {
            answer(request)
          }
        }
      }
    }
  }
}
