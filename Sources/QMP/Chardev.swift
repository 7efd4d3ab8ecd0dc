// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// A character device of QEMU: the host's end of a channel, a console or a monitor. Source: QEMU qapi/char.json,
/// `query-chardev`.
package struct Chardev: Hashable, Sendable {
  /// Its id on the command line.
  package let label: String
  /// Where it leads, as QEMU says it: `unix:/run/agent.sock,server=on`, `disconnected:unix:…`, `pty:/dev/pts/3`.
  package let filename: String
  /// Whether the frontend has opened it: for a virtio-serial port, whether a program in the guest holds the port.
  package let isFrontendOpen: Bool

  /// Whether a client on the host is connected; `nil` for kinds of which QEMU does not tell (a pty, a file).
  package var isHostConnected: Bool? {
    if filename.hasPrefix("disconnected:") { return false }
    return ["unix:", "tcp:", "telnet:", "websock:", "tn3270:"].contains { filename.hasPrefix($0) } ? true : nil
  }

  /// The path of the unix socket or pty that it leads to; `nil` for other kinds.
  package var path: String? {
    var rest = filename[...]
    if rest.hasPrefix("disconnected:") { rest = rest.dropFirst("disconnected:".count) }
    for kind in ["unix:", "pty:"] where rest.hasPrefix(kind) {
      // Options follow the path (QEMU chardev/char-socket.c): ",server=on", older ",server", and "<-> peer".
      rest = rest.dropFirst(kind.count)
      if let options = rest.start(ofLast: ",server") { rest = rest[..<options] }
      return rest.isEmpty ? nil : String(rest)
    }
    return nil
  }

  /// Reads the reply to `query-chardev`.
  package static func list(decoding json: JSON) throws(QMPError) -> [Chardev] {
    guard let devices = json.array else { throw .malformed("query-chardev", "no list") }
    var list: [Chardev] = []
    for device in devices {
      guard let label = device["label"]?.string, let filename = device["filename"]?.string,
        let isOpen = device["frontend-open"]?.bool
      else { throw .malformed("query-chardev", "a device without label, filename or frontend-open") }
      list.append(Chardev(label: label, filename: filename, isFrontendOpen: isOpen))
    }
    return list
  }
}

extension Substring {
  /// Where the last occurrence of `word` begins.
  fileprivate func start(ofLast word: String) -> Index? {
    var at = endIndex
    while at > startIndex {
      at = index(before: at)
      if self[at...].hasPrefix(word) { return at }
    }
    return nil
  }
}

extension MonitorCommands {
  /// The machine's character devices.
  package func chardevs(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [Chardev] {
    try Chardev.list(decoding: try await execute("query-chardev", until: deadline))
  }
}
