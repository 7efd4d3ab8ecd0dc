// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// Makes the balloon's device give up, as one does that meets a driver gone wrong: by QEMU's qtest socket, which writes
/// to the machine's memory and ports.
struct BrokenQueue {
  private let socket: String

  /// - Parameter directory: where the socket is to be.
  init(in directory: ScratchDirectory) { socket = directory("qtest.sock") }

  var arguments: [String] { ["-qtest", "unix:\(socket),server=on,wait=off", "-qtest-log", "none"] }

  /// Spoils the inflate queue: more buffers are said to be available than the queue has (virtio 1.2, 2.7.6), and the
  /// device is told to look. It answers with NEEDS_RESET.
  func spoil(_ guest: Guest) async throws {
    let devices = try await guest.monitor.execute("x-query-virtio").elements
    let path = try #require(devices.first { $0["name"]?.string == "virtio-balloon" }?["path"])
    let queue = try await guest.monitor.execute("x-query-virtio-queue-status", ["path": path, "queue": 0])
    let available = try #require(queue["vring-avail"]?.integer)
    let functions = try await guest.monitor.execute("query-pci").elements.flatMap { $0["devices"]?.elements ?? [] }
    let balloon = try #require(functions.first { $0["id"]?["device"]?.integer == 0x1002 })
    let ports = try #require(
      balloon["regions"]?.elements.first { $0["type"]?.string == "io" }?["address"]?.integer)
    let line = try UnixStream(path: socket)
    // The ring's index stands behind its flags; the legacy registers have the notification at 16 (virtio 1.2, 4.1.4.8).
    for command in ["writew \(available + 2) 1000", "outw \(ports + 16) 0"] {
      try line.send("\(command)\n".utf8)
      var reply: [UInt8] = []
      try await waitUntil("QEMU ran \(command)") {
        reply += try line.receive() ?? []
        return reply.last == UInt8(ascii: "\n")
      }
      #expect(String(decoding: reply, as: UTF8.self) == "OK\n")
    }
    try await waitUntil("the device gave up") {
      try await HostView(guest.monitor).balloon?.status.contains("NEEDS_RESET") == true
    }
  }
}
