// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import Synchronization

/// A unix socket whose clients are served one after the other, on one thread.
final class FakeServer: Sendable {
  struct CannotListen: Error {}

  let path: String
  private let descriptor: Int32
  private let body: @Sendable (Int32) -> Void
  private let client = Mutex<Int32?>(nil)
  private let isStopped = Atomic<Bool>(false)

  /// - Parameter body: serves one client, until it is done with it or the client is gone.
  init(_ body: @escaping @Sendable (_ connection: Int32) -> Void) throws {
    let path = "/tmp/virt-balloon-fake.\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard listener >= 0, bound == 0, listen(listener, 1) == 0 else { throw CannotListen() }
    (self.path, descriptor, self.body) = (path, listener, body)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<FakeServer>.fromOpaque(argument).takeRetainedValue().serve() }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_detach(thread)
  }

  /// Ends its thread, and takes the socket away.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    shutdown(descriptor, Int32(SHUT_RDWR))
    client.withLock { if let client = $0 { _ = shutdown(client, Int32(SHUT_RDWR)) } }
    unlink(path)
  }

  private func serve() {
    while case let connection = accept(descriptor, nil, nil), connection >= 0 {
      client.withLock { $0 = connection }
      // A client that came in the moment of stopping is not waited for.
      if !isStopped.load(ordering: .relaxed) { body(connection) }
      client.withLock { $0 = nil }
      close(connection)
    }
    close(descriptor)
  }

  static func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
    Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// An agent that answers every method with an empty result, so many times; then it falls silent.
  static func agent(answers: Int = .max) throws -> FakeServer {
    try FakeServer { connection in
      var decoder = RecordDecoder(limit: JSONLimits.request.bytes)
      var answered = 0
      var chunk = [UInt8](repeating: 0, count: 4_096)
      while case let count = recv(connection, &chunk, chunk.count, 0), count > 0 {
        decoder.append(Array(chunk[..<count]))
        while let event = decoder.next() {
          guard case .record(let record) = event, case .request(let request) = IncomingRequest(parsing: record),
            answered < answers
          else { continue }
          answered += 1
          var result: JSON = [:]
          if request.method == "agent.hello", case .result(let hello) = ScriptedAgent.hello(request) { result = hello }
          guard send(Record.encode(Reply(id: request.id, .result(result)).json), connection) else { return }
        }
      }
    }
  }
}
