// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import Synchronization

/// A monitor's socket that serves one client at a time and lets two more wait, as QEMU does. It says how long each
/// client kept it.
final class OneClientServer: Sendable {
  let path: String
  private let descriptor: Int32
  private let turns = Mutex<[Duration]>([])
  private let current = Mutex<Int32?>(nil)

  /// How long each client that has gone kept the monitor, from the greeting on.
  var holds: [Duration] { turns.withLock { $0 } }

  /// - Parameter answer: what is sent for a request, after a pause; `nil` for silence.
  init(_ answer: @escaping @Sendable (_ request: JSON) -> (after: Duration, text: String)?) throws {
    let path = "/tmp/qmp-turns.\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard listener >= 0, bound == 0, listen(listener, 1) == 0 else { throw QEMUProcess.Failure(what: "no socket") }
    (self.path, descriptor) = (path, listener)
    let serve: @Sendable () -> Void = { [self] in
      while case let client = accept(descriptor, nil, nil), client >= 0 {
        current.withLock { $0 = client }
        let start = ContinuousClock.now
        Self.serve(client, answer)
        turns.withLock { $0.append(ContinuousClock.now - start) }
        current.withLock { $0 = nil }
        close(client)
      }
    }
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(serve)).toOpaque())
    pthread_detach(thread)
  }

  /// Ends its thread, and takes the socket away.
  func stop() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    current.withLock { if let client = $0 { shutdown(client, Int32(SHUT_RDWR)) } }
    unlink(path)
  }

  private static func serve(
    _ client: Int32, _ answer: (JSON) -> (after: Duration, text: String)?
  ) {
    func send(_ text: String) -> Bool {
      let bytes = Array(text.utf8)
      return Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }
    guard send(greetingLine) else { return }
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = recv(client, &chunk, chunk.count, 0), count > 0 {
      pending += chunk[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        guard let request = try? JSON(parsing: line, limits: .monitor) else { continue }
        if request["execute"]?.string == "qmp_capabilities" {
          guard send(reply("{}", to: request)) else { return }
        } else if let (pause, text) = answer(request) {
          usleep(UInt32(pause / .microseconds(1)))
          guard send(text) else { return }
        }
      }
    }
  }
}
