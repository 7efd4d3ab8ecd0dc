// SPDX-License-Identifier: GPL-3.0-or-later
import Dispatch
import Glibc
import Testing

/// What a channel leads to, in place of a guest: a unix socket that echoes each connection's bytes, and takes commands.
///
/// `BYE` at the start of a piece closes the connection; `FLOOD N` sends N bytes, 0 to 255 over and over; `DEAF` reads
/// nothing for three seconds and closes.
final class EchoPeer: Sendable {
  let path: String
  private let listener: Int32

  init(path: String) throws {
    self.path = path
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(listener >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    // The daemon may be another user's.
    try #require(chmod(path, 0o777) == 0)
    try #require(listen(listener, 64) == 0)
    // A queue of its own each, as these threads block.
    DispatchQueue(label: "echo peer").async { [listener] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { break }
        DispatchQueue(label: "echo connection").async { Self.serve(connection) }
      }
      Glibc.close(listener)
    }
  }

  /// Takes no more connections. Those that are there end with their clients.
  func close() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func serve(_ connection: Int32) {
    defer { Glibc.close(connection) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      let bytes = buffer.prefix(count)
      if bytes.starts(with: Array("BYE".utf8)) { return }
      if bytes.starts(with: Array("DEAF".utf8)) {
        // Only a client that goes away ends it sooner.
        var hangUp = pollfd(fd: connection, events: 0, revents: 0)
        poll(&hangUp, 1, 3_000)
        return
      }
      if bytes.starts(with: Array("FLOOD ".utf8)) {
        let wanted = Int(String(decoding: bytes.dropFirst(6), as: UTF8.self)) ?? 0
        guard flood(connection, wanted) else { return }
      } else if !send(bytes, to: connection) {
        return
      }
    }
  }

  private static func flood(_ connection: Int32, _ wanted: Int) -> Bool {
    let pattern = (0..<65_536).map { UInt8(truncatingIfNeeded: $0) }
    var left = wanted
    while left > 0 {
      guard send(pattern.prefix(left), to: connection) else { return false }
      left -= min(left, pattern.count)
    }
    return true
  }

  private static func send(_ bytes: ArraySlice<UInt8>, to connection: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
