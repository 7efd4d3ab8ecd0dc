// SPDX-License-Identifier: GPL-3.0-or-later
import Dispatch
import Glibc
import Synchronization
import Testing
import Transports

@testable import Libvirt

@Suite("Connection")
struct ConnectionTests {
  @Test("A library that is not there reports libraryMissing and says what to install")
  func libraryMissing() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await Connection.open("test:///default", readOnly: true, library: "libvirt-absent.so.0", until: .soon)
    }
    #expect(error?.code == .libraryMissing)
    #expect(error?.message.contains("libvirt0") == true)
    #expect(error?.message.contains("libvirt-absent.so.0") == true)
  }

  @Test("A library without libvirt's functions reports libraryUnusable")
  func libraryUnusable() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await Connection.open("test:///default", readOnly: true, library: "libc.so.6", until: .soon)
    }
    #expect(error?.code == .libraryUnusable)
  }

  @Test("An open connection tells its URI, driver and versions, and is alive")
  func open() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    #expect(try await connection.uri(until: .soon) == "test:///default")
    #expect(try await connection.isAlive(until: .soon))
    let hypervisor = try await connection.hypervisor(until: .soon)
    #expect(hypervisor.type == "TEST")
    #expect(hypervisor.clientVersion >= LibvirtVersion(rawValue: 1_002_014))
    #expect(hypervisor.libvirtVersion == hypervisor.clientVersion)
    #expect(hypervisor.version == LibvirtVersion(rawValue: 2))
  }

  @Test("A driver that does not exist is an error with libvirt's code and words")
  func unknownDriver() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await Connection.open("nonesuch:///system", readOnly: true, until: .soon)
    }
    #expect(error?.isNotReachable == true, "\(String(describing: error))")
    #expect(error?.message.isEmpty == false)
  }

  @Test("A socket where no daemon listens is not reachable, by errno and not by text")
  func noDaemon() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await Connection.open("qemu+unix:///system?socket=/nonexistent/libvirt-sock", readOnly: true, until: .soon)
    }
    #expect(error?.code == .systemError)
    #expect(error?.systemError == ENOENT)
    #expect(error?.isNotReachable == true)
    #expect(error?.isDenied == false)
  }

  @Test("A URI with NUL in it is refused instead of cut short")
  func uriWithNUL() async throws {
    let error = await #expect(throws: LibvirtError.self) {
      try await Connection.open("test:///default\u{0}x", readOnly: true, until: .soon)
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test("A closed connection refuses calls, and closing it again does nothing")
  func close() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    let domain = try await connection.domain("test", until: .soon)
    await connection.close(until: .soon)
    await connection.close(until: .soon)
    var error = await #expect(throws: LibvirtError.self) { try await connection.uri(until: .soon) }
    #expect(error?.code == .closed)
    error = await #expect(throws: LibvirtError.self) { try await domain.memoryStatistics(until: .soon) }
    #expect(error?.code == .closed)
  }

  @Test("A daemon that never answers ends opening by its deadline, and blocks nobody else")
  func silentDaemon() async throws {
    let server = try SilentServer()
    // More than the pool has threads: were one of these calls on the pool, the others could not go on.
    let errors = await withTaskGroup(of: LibvirtError?.self) { group in
      for _ in 0..<32 {
        group.addTask {
          do throws(LibvirtError) {
            _ = try await Connection.open(server.uri, readOnly: true, until: .now + .milliseconds(200))
            return nil
          } catch {
            return error
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(errors.count == 32)
    #expect(errors.allSatisfy { $0?.code == .timedOut })
    let other = try await Connection.open("test:///default", readOnly: true, until: .soon)
    #expect(try await other.domain("test", until: .soon).name == "test")
    server.close()
  }

  @Test("A call that misses its deadline abandons the connection: further calls fail at once")
  func abandoned() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    let release = DispatchSemaphore(value: 0)
    var error = await #expect(throws: LibvirtError.self) {
      try await connection.call(until: .now + .milliseconds(50)) { (_, _) throws(LibvirtError) in release.block() }
    }
    #expect(error?.code == .timedOut)
    // Its thread is still blocked, so only a call that does not wait for it can return before the deadline.
    error = await #expect(throws: LibvirtError.self) { try await connection.uri(until: .now + .seconds(3600)) }
    #expect(error?.code == .timedOut)
    await connection.close(until: .now + .seconds(3600))
    release.signal()
  }

  @Test("A call whose deadline passes while it waits for its turn is withdrawn, and the connection stays good")
  func withdrawn() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    let release = DispatchSemaphore(value: 0)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    async let first: Void = connection.call(until: .soon) { (_, _) throws(LibvirtError) in
      begin.finish()
      release.block()
    }
    for await _ in begun {}
    let ran = Mutex(false)
    let error = await #expect(throws: LibvirtError.self) {
      try await connection.call(until: .now + .milliseconds(50)) { (_, _) throws(LibvirtError) in
        ran.withLock { $0 = true }
      }
    }
    #expect(error?.code == .timedOut)
    release.signal()
    try await first
    #expect(try await connection.uri(until: .soon) == "test:///default")
    #expect(ran.withLock { $0 } == false)
  }

  @Test("A cancelled caller is told so, and the connection stays good")
  func cancelled() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    let release = DispatchSemaphore(value: 0)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let task = Task {
      try await connection.call(until: .soon) { (_, _) throws(LibvirtError) in
        begin.finish()
        release.block()
      }
    }
    for await _ in begun {}
    task.cancel()
    let error = await #expect(throws: LibvirtError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    release.signal()
    #expect(try await connection.uri(until: .soon) == "test:///default")
  }

  @Test("200 connections, opened, used and released, leave no thread and no descriptor behind")
  func noLeak() async {
    await #expect(processExitsWith: .success) {
      // What the runtime, libvirt and Dispatch start once is started here.
      _ = try await Connection.open("test:///default", readOnly: true, until: .soon).domain("test", until: .soon)
      let before = Holdings.now()
      for round in 0..<200 {
        let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
        let domain = try await connection.domain("test", until: .soon)
        try #require(try await domain.memoryStatistics(until: .soon)[.actual] != nil)
        if round.isMultiple(of: 2) { await connection.close(until: .soon) }
        _ = try? await Connection.open("qemu+unix:///system?socket=/nonexistent/x", readOnly: true, until: .soon)
      }
      // The pool's own threads come and go; a leak of one a connection would be 400.
      let after = try await Holdings.wait { $0.threads <= before.threads + 4 && $0.descriptors <= before.descriptors }
      #expect(after.threads <= before.threads + 4)
      #expect(after.descriptors <= before.descriptors)
    }
  }

  @Test("Connections abandoned to a silent daemon release thread and socket when it goes away")
  func abandonedAreReleased() async {
    await #expect(processExitsWith: .success) {
      let server = try SilentServer()
      _ = try? await Connection.open(server.uri, readOnly: true, until: .now + .milliseconds(50))
      let before = Holdings.now()
      for _ in 0..<20 {
        _ = try? await Connection.open(server.uri, readOnly: true, until: .now + .milliseconds(20))
      }
      let hanging = Holdings.now()
      #expect(hanging.descriptors >= before.descriptors + 20)
      server.close()
      let after = try await Holdings.wait { $0.threads <= before.threads + 4 && $0.descriptors <= before.descriptors }
      #expect(after.threads <= before.threads + 4)
      #expect(after.descriptors <= before.descriptors)
    }
  }
}

extension DispatchSemaphore {
  /// Waits like a call of libvirt that hangs, though not for ever.
  func block() { _ = wait(timeout: .now() + 60) }
}
