// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt
import Synchronization
import Testing

@testable import Collectors

/// Connections are libvirt's test driver's.
@Suite("Connections to libvirt that guests share one after the other")
struct LibvirtPoolTests {
  private let pool = LibvirtPool()
  private let kind = LibvirtPool.Kind(uri: "test:///default", readOnly: true, forChannels: false)
  /// How many have been opened.
  private let opened = Counter()

  private final class Counter: Sendable {
    let count = Mutex(0)
  }

  private func take() async throws -> LibvirtPool.Opened {
    try await pool.take(kind) { () async throws(TargetError) in
      opened.count.withLock { $0 += 1 }
      let (connection, isReadOnly, refusal) = try await LibvirtSession.connect(kind.uri, readOnly: true, .seconds(20))
      return LibvirtPool.Opened(connection: connection, isReadOnly: isReadOnly, refusal: refusal)
    }
  }

  private var count: Int { opened.count.withLock { $0 } }

  @Test("What one is done with serves the next")
  func again() async throws {
    let first = try await take()
    await pool.giveBack(first, kind)
    let second = try await take()
    #expect(first.connection === second.connection)
    #expect(count == 1)
  }

  @Test("Twenty guests with a moment's work each are served by four connections")
  func crowd() async throws {
    let used = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let opened = try await take()
          _ = try await opened.connection.uri(until: .now + .seconds(20))
          await pool.giveBack(opened, kind)
          return ObjectIdentifier(opened.connection)
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(used.count <= count)
    // More only where this machine was so slow that somebody ran out of patience.
    #expect(count < 20)
  }

  @Test("Guests that keep theirs hold up nobody: another is opened")
  func kept() async throws {
    var held: [LibvirtPool.Opened] = []
    for _ in 0..<LibvirtPool.eager + 2 { held.append(try await take()) }
    #expect(Set(held.map { ObjectIdentifier($0.connection) }).count == LibvirtPool.eager + 2)
    #expect(count == LibvirtPool.eager + 2)
    for opened in held { await pool.giveBack(opened, kind) }
    _ = try await take()
    #expect(count == LibvirtPool.eager + 2)
  }

  @Test("One that has been closed is not given on, and its place is free")
  func closed() async throws {
    let first = try await take()
    await first.connection.close(until: .now + .seconds(20))
    await pool.giveBack(first, kind)
    let second = try await take()
    #expect(first.connection !== second.connection)
    #expect(try await second.connection.uri(until: .now + .seconds(20)) == kind.uri)
  }

  @Test("What cannot be opened takes no place")
  func refused() async throws {
    for _ in 0..<LibvirtPool.eager * 2 {
      await #expect(throws: TargetError.self) {
        try await pool.take(kind) { () async throws(TargetError) in
          throw TargetError("refused", Failure(.denied, "refused"))
        }
      }
    }
    await pool.giveBack(try await take(), kind)
    #expect(count == 1)
  }

  @Test("Connections of one kind do not serve another")
  func kinds() async throws {
    let first = try await take()
    await pool.giveBack(first, kind)
    let other = LibvirtPool.Kind(uri: kind.uri, readOnly: false, forChannels: true)
    let second = try await pool.take(other) { () async throws(TargetError) in
      let (connection, isReadOnly, refusal) = try await LibvirtSession.connect(kind.uri, readOnly: false, .seconds(20))
      return LibvirtPool.Opened(connection: connection, isReadOnly: isReadOnly, refusal: refusal)
    }
    #expect(first.connection !== second.connection)
  }
}
