// SPDX-License-Identifier: GPL-3.0-or-later

/// Commands inside the guest, over its second serial line: they reach it whatever its virtio drivers do.
///
/// The other end is `control` in image/init.sh.
package actor GuestControl {
  /// What a command did.
  package struct Reply: Hashable, Sendable {
    /// Its exit status.
    package let status: Int32
    /// Its output and error output.
    package let output: String
  }

  private let stream: UnixStream
  private var received: [UInt8] = []
  private var replies: [String: Reply] = [:]
  private var lastID = 0
  /// How often the guest has come up since the line was connected.
  private var boots = 0

  package init(path: String) throws(RigError) { stream = try UnixStream(path: path) }

  /// Waits until the guest has come up for the `count`th time.
  package func untilBooted(_ count: Int, within limit: Duration) async throws {
    try await waitUntil("the guest came up", within: limit) {
      try takeIn()
      return boots >= count
    }
  }

  /// How often the guest has come up so far.
  package func bootCount() throws -> Int {
    try takeIn()
    return boots
  }

  /// Runs a line of shell in the guest.
  package func run(_ command: String, within limit: Duration) async throws -> Reply {
    lastID += 1
    let id = "\(lastID)"
    try stream.send("\(id) \(command)\n".utf8)
    return try await waitUntil("the guest ran \(command)", within: limit, every: .milliseconds(5)) {
      try takeIn()
      return replies.removeValue(forKey: id)
    }
  }

  /// Runs a line of shell in the guest, and gives its output without the final line feed.
  /// - Throws: ``RigError`` with the code `guest` when it ends with another status than 0.
  package func check(_ command: String, within limit: Duration) async throws -> String {
    let reply = try await run(command, within: limit)
    guard reply.status == 0 else {
      throw RigError(.guest, "\(command) ended with status \(reply.status): \(reply.output)")
    }
    return reply.output.hasSuffix("\n") ? String(reply.output.dropLast()) : reply.output
  }

  /// Cuts what has arrived into replies: output, RS, "ID STATUS", line feed.
  private func takeIn() throws {
    while let bytes = try stream.receive() {
      guard !bytes.isEmpty else { throw RigError(.guest, "QEMU closed the guest's serial line") }
      received += bytes
      guard received.count <= 1 << 20 else { throw RigError(.guest, "more than 1 MiB of output from one command") }
    }
    while let separator = received.firstIndex(of: 0x1E),
      let end = received[separator...].firstIndex(of: UInt8(ascii: "\n"))
    {
      let words = String(decoding: received[(separator + 1)..<end], as: UTF8.self).split(separator: " ")
      let output = String(decoding: received[..<separator], as: UTF8.self)
      received.removeSubrange(...end)
      guard words.count == 2, let status = Int32(words[1]) else {
        throw RigError(.guest, "the guest's serial line says \(words.joined(separator: " "))")
      }
      if words[0] == "ready" {
        boots += 1
      } else {
        replies[String(words[0])] = Reply(status: status, output: output)
      }
    }
  }
}
