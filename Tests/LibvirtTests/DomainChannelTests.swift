// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Glibc
import GuestRig
import Testing
import Transports

@testable import Libvirt

/// The domain of ``ChannelDomain`` by its channels.
private enum ChannelRig {
  static let echo = ChannelDomain.echo
  static let agent = ChannelDomain.agent

  static func domain(readOnly: Bool = false) async throws -> Domain {
    try await domain(at: PrivateLibvirt.host().uri, readOnly: readOnly)
  }

  static func domain(at uri: String, readOnly: Bool = false) async throws -> Domain {
    try await Connection.open(uri, readOnly: readOnly, until: .soon).domain(ChannelDomain.name, until: .soon)
  }

  /// Opens a channel, waiting until a test before this one has let go of it.
  static func open(_ name: String = echo) async throws -> DomainChannel {
    try await open(name, at: PrivateLibvirt.host().uri)
  }

  /// The same in a process of its own, which the suite's host has not come to.
  static func open(_ name: String = echo, at uri: String) async throws -> DomainChannel {
    let domain = try await domain(at: uri)
    let deadline = ContinuousClock.Instant.soon
    while true {
      do {
        return try await domain.openChannel(name, until: deadline)
      } catch {
        guard error.code == .operationFailed, ContinuousClock.now < deadline else { throw error }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}

extension DomainChannel {
  fileprivate func read(count: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try await read(until: .soon)
      guard !piece.isEmpty else { break }
      bytes += piece
    }
    return bytes
  }
}

@Suite(
  "Domain channel", .serialized, .privateLibvirtIsInstalled, .privateLibvirt { try await ChannelDomain.with($0, $1) })
struct DomainChannelTests {
  @Test("Bytes go both ways, few and many", arguments: [1, 100, 65_536, 65_537, 200_000])
  func echo(count: Int) async throws {
    let channel = try await ChannelRig.open()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    async let reply = channel.read(count: count)
    try await channel.write(bytes, until: .soon)
    #expect(try await reply == bytes)
    await channel.close(until: .soon)
  }

  @Test("A read that misses its deadline loses nothing")
  func readDeadline() async throws {
    let channel = try await ChannelRig.open()
    let error = await #expect(throws: TransportError.self) {
      try await channel.read(until: .now + .milliseconds(30))
    }
    #expect(error?.code == .timedOut)
    for byte in UInt8(0)..<50 {
      try await channel.write([byte], until: .soon)
      // Deadlines around the time of the round trip: some are missed, none may cost a byte.
      var got: [UInt8] = []
      while got.isEmpty {
        do { got = try await channel.read(until: .now + .microseconds(100)) } catch { #expect(error.code == .timedOut) }
      }
      #expect(got == [byte])
    }
    await channel.close(until: .soon)
  }

  @Test("A channel that another client holds is operationFailed, and free again once that one has closed")
  func busy() async throws {
    let channel = try await ChannelRig.open()
    let domain = try await ChannelRig.domain()
    let error = await #expect(throws: LibvirtError.self) { try await domain.openChannel(ChannelRig.echo, until: .soon) }
    #expect(error?.code == .operationFailed)
    await channel.close(until: .soon)
    await channel.close(until: .soon)
    let again = try await domain.openChannel(ChannelRig.echo, until: .soon)
    try await again.write([42], until: .soon)
    #expect(try await again.read(until: .soon) == [42])
    await again.close(until: .soon)
  }

  @Test("A channel that was closed here refuses reads and writes")
  func closed() async throws {
    let channel = try await ChannelRig.open()
    await channel.close(until: .soon)
    var error = await #expect(throws: TransportError.self) { try await channel.read(until: .soon) }
    #expect(error?.code == .closed)
    error = await #expect(throws: TransportError.self) { try await channel.write([1], until: .soon) }
    #expect(error?.code == .closed)
  }

  @Test("Closing ends a read that waits")
  func closeEndsRead() async throws {
    let channel = try await ChannelRig.open()
    let reader = Task { try await channel.read(until: .soon) }
    try await Task.sleep(for: .milliseconds(20))
    await channel.close(until: .soon)
    let error = await #expect(throws: TransportError.self) { try await reader.value }
    #expect(error?.code == .closed)
  }

  @Test("A peer that closes is an empty read, and the connection stays good")
  func peerCloses() async throws {
    let domain = try await ChannelRig.domain()
    let channel = try await domain.openChannel(ChannelRig.echo, until: .soon)
    try await channel.write(Array("BYE".utf8), until: .soon)
    #expect(try await channel.read(until: .soon).isEmpty)
    #expect(try await channel.read(until: .soon).isEmpty)
    await channel.close(until: .soon)
    #expect(try await domain.status(until: .soon).isActive == true)
    let again = try await domain.openChannel(ChannelRig.echo, until: .soon)
    await again.close(until: .soon)
  }

  @Test("A few megabytes that wait to be read are all there")
  func backlog() async throws {
    let channel = try await ChannelRig.open()
    let size = 3_000_000
    try await channel.write(Array("FLOOD \(size)".utf8), until: .soon)
    try await Task.sleep(for: .milliseconds(300))
    let bytes = try await channel.read(count: size)
    #expect(bytes.count == size)
    #expect(bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0) })
    await channel.close(until: .soon)
  }

  @Test("A peer that floods is cut off when too much waits to be read, and the domain's connection stays good")
  func flood() async throws {
    let domain = try await ChannelRig.domain()
    let channel = try await domain.openChannel(ChannelRig.echo, until: .soon)
    try await channel.write(Array("FLOOD 200000000".utf8), until: .soon)
    _ = try await channel.read(until: .soon)
    while true {
      // The end is noticed by a write as well as by a read.
      do { try await channel.write([1], until: .soon) } catch { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    var count = 0
    let error = await #expect(throws: TransportError.self) {
      while true {
        let piece = try await channel.read(until: .soon)
        try #require(!piece.isEmpty && piece.count <= 65_536)
        count += piece.count
      }
    }
    #expect(error?.code == .closed)
    #expect(count <= DomainChannel.unreadLimit)
    #expect(try await domain.status(until: .soon).isActive == true)
    await channel.close(until: .soon)
    let again = try await domain.openChannel(ChannelRig.echo, until: .soon)
    await again.close(until: .soon)
  }

  @Test("A flood that nobody reads does not keep the channel from closing")
  func closeInFlood() async throws {
    let domain = try await ChannelRig.domain()
    let channel = try await domain.openChannel(ChannelRig.echo, until: .soon)
    try await channel.write(Array("FLOOD 20000000".utf8), until: .soon)
    _ = try await channel.read(until: .soon)
    await channel.close(until: .soon)
    let again = try await domain.openChannel(ChannelRig.echo, until: .soon)
    await again.close(until: .soon)
    #expect(try await domain.status(until: .soon).isActive == true)
  }

  @Test("A channel without a guest takes a small write and stays silent")
  func noGuest() async throws {
    let channel = try await ChannelRig.open(ChannelRig.agent)
    try await channel.write([1, 2, 3], until: .soon)
    let error = await #expect(throws: TransportError.self) {
      try await channel.read(until: .now + .milliseconds(50))
    }
    #expect(error?.code == .timedOut)
    await channel.close(until: .soon)
  }

  @Test("A write that nobody takes ends by its deadline, and breaks the channel")
  func writeDeadline() async throws {
    let channel = try await ChannelRig.open()
    try await channel.write(Array("DEAF".utf8), until: .soon)
    let bytes = [UInt8](repeating: 0, count: 1 << 20)
    var error: TransportError?
    for _ in 0..<200 where error == nil {
      do { try await channel.write(bytes, until: .now + .milliseconds(500)) } catch let failure { error = failure }
    }
    #expect(error?.code == .timedOut)
    error = await #expect(throws: TransportError.self) { try await channel.write([1], until: .soon) }
    #expect(error?.code == .closed)
    await channel.close(until: .now + .milliseconds(500))
  }

  @Test("A read-only connection is denied the channel; a name that does not exist is an error with libvirt's code")
  func refused() async throws {
    let readOnly = try await ChannelRig.domain(readOnly: true)
    var error = await #expect(throws: LibvirtError.self) {
      try await readOnly.openChannel(ChannelRig.echo, until: .soon)
    }
    #expect(error?.isDenied == true)
    let domain = try await ChannelRig.domain()
    error = await #expect(throws: LibvirtError.self) { try await domain.openChannel("org.absent.0", until: .soon) }
    #expect(error?.code == .internalError || error?.code == .invalidArgument, "\(String(describing: error))")
  }

  @Test("Requests and replies go on for long")
  func manyRoundTrips() async throws {
    let channel = try await ChannelRig.open()
    for round in 0..<3000 {
      let bytes = Array("request \(round)".utf8)
      try await channel.write(bytes, until: .soon)
      try #require(try await channel.read(until: .soon) == bytes)
    }
    await channel.close(until: .soon)
  }

  @Test("100 channels, closed or just released, leave no thread and no descriptor behind")
  func noLeak() async throws {
    let uri = try PrivateLibvirt.host().uri
    await #expect(processExitsWith: .success) { [uri = uri as String] in
      // The event loop starts with the first channel.
      await (try await ChannelRig.open(at: uri)).close(until: .soon)
      let before = Holdings.now()
      for round in 0..<100 {
        // One that was released without a close closes in its own time, for which this waits.
        let channel = try await ChannelRig.open(at: uri)
        try await channel.write([1], until: .soon)
        try #require(try await channel.read(until: .soon) == [1])
        if round.isMultiple(of: 2) { await channel.close(until: .soon) }
      }
      let after = try await Holdings.wait { $0.threads <= before.threads + 4 && $0.descriptors <= before.descriptors }
      #expect(after.threads <= before.threads + 4)
      #expect(after.descriptors <= before.descriptors)
    }
  }
}
