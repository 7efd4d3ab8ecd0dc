// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// Plays a balloon's driver from outside, by QEMU's qtest socket, to a device that no driver in the guest serves: one
/// as Windows' is while BalloonService is not there, and as it is when that delivers.
///
/// Source: virtio 1.2, 4.1.4.8 (legacy registers), 2.7.2 (the ring's layout), 5.5.6.3 (statistics).
actor DriverWithoutService {
  /// The device's queue, and its place below the first mebibyte, which Linux keeps out of use (`reserve_real_mode`).
  private static let queue = 2, page = 0x10, ring = 0x10000, available = 0x10800, buffer = 0x14000
  private let line: UnixStream
  private let ports: Int64
  private var delivered = 0

  static func arguments(in directory: ScratchDirectory) -> [String] {
    ["-qtest", "unix:\(socket(in: directory)),server=on,wait=off", "-qtest-log", "none"]
  }
  private static func socket(in directory: ScratchDirectory) -> String { directory("qtest.sock") }

  init(_ guest: Guest, in directory: ScratchDirectory) async throws {
    line = try UnixStream(path: Self.socket(in: directory))
    let functions = try await guest.monitor.execute("query-pci").elements.flatMap { $0["devices"]?.elements ?? [] }
    let balloon = try #require(functions.first { $0["id"]?["device"]?.integer == 0x1002 })
    ports = try #require(balloon["regions"]?.elements.first { $0["type"]?.string == "io" }?["address"]?.integer)
  }

  /// Up to DRIVER_OK with the queue of the statistics, in which nobody puts a buffer.
  func start() async throws {
    try await run("memset \(Self.ring) 0x5000 0")
    // No interrupts: nobody in the guest would answer them.
    try await run("writew \(Self.available) 1")
    for status in [0, 1, 3] { try await run("outb \(ports + 18) \(status)") }
    try await run("outl \(ports + 4) 2")
    try await run("outw \(ports + 14) \(Self.queue)")
    try await run("outl \(ports + 8) \(Self.page)")
    try await run("outb \(ports + 18) 7")
  }

  /// Hands the device one buffer of statistics, as the service does through the driver.
  func deliver() async throws {
    let statistics: [(tag: Int, bytes: Int)] = [(4, 96 << 20), (5, 240 << 20), (6, 128 << 20), (7, 32 << 20)]
    for (index, statistic) in statistics.enumerated() {
      try await run("writew \(Self.buffer + 10 * index) \(statistic.tag)")
      try await run("writeq \(Self.buffer + 10 * index + 2) \(statistic.bytes)")
    }
    try await run("writeq \(Self.ring) \(Self.buffer)")
    try await run("writel \(Self.ring + 8) \(10 * statistics.count)")
    delivered += 1
    try await run("writew \(Self.available + 2) \(delivered)")
    try await run("outw \(ports + 16) \(Self.queue)")
  }

  private func run(_ command: String) async throws {
    try line.send("\(command)\n".utf8)
    var reply: [UInt8] = []
    try await waitUntil("QEMU ran \(command)", every: .milliseconds(1)) {
      reply += try line.receive() ?? []
      return reply.last == UInt8(ascii: "\n")
    }
    #expect(String(decoding: reply, as: UTF8.self) == "OK\n")
  }
}
