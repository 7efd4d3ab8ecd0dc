// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Testing

@testable import Transports

@Suite("A unix socket")
struct UnixSocketTests {
  private func pair() async throws -> (Listener, client: UnixSocket, server: UnixSocket) {
    let listener = try Listener()
    let client = try await UnixSocket.connect(to: listener.path, until: ample())
    return (listener, client, try UnixSocket(adopting: listener.accept(), path: "peer"))
  }

  private func code(_ body: () async throws -> Void) async -> TransportError.Code? {
    do {
      try await body()
      return nil
    } catch { return (error as? TransportError)?.code }
  }

  @Test("Requests and replies go round many times")
  func roundTrips() async throws {
    let (listener, client, server) = try await pair()
    let echo = Task {
      while true {
        let bytes = try await server.read(until: ample())
        if bytes.isEmpty { return }
        try await server.write(bytes, until: ample())
      }
    }
    for turn in 0..<500 {
      let request = Array("request \(turn)\n".utf8)
      try await client.write(request, until: ample())
      #expect(try await client.read(exactly: request.count, until: ample()) == request)
    }
    client.close()
    try await echo.value
    _ = listener
  }

  @Test("Eight megabytes pass whole while both ends only wait for each other")
  func large() async throws {
    let (listener, client, server) = try await pair()
    let bytes = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    async let received = server.read(exactly: bytes.count, until: ample())
    try await client.write(bytes, until: ample())
    #expect(try await received == bytes)
    _ = listener
  }

  @Test("A read and a write may wait at the same time")
  func overlap() async throws {
    let (listener, client, server) = try await pair()
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    async let answer = client.read(until: ample())
    async let sent: Void = client.write(bytes, until: ample())
    #expect(try await server.read(exactly: bytes.count, until: ample()) == bytes)
    try await server.write([1], until: ample())
    #expect(try await answer == [1])
    try await sent
    _ = listener
  }

  @Test("Input that came before anybody waited is read at once, and waiting works after it")
  func earlyInput() async throws {
    let (listener, client, server) = try await pair()
    for turn in UInt8(0)..<20 {
      try await server.write([turn], until: ample())
      if turn % 2 == 0 { try await Task.sleep(for: .milliseconds(2)) }
      #expect(try await client.read(until: ample()) == [turn])
      async let late = client.read(until: ample())
      try await Task.sleep(for: .milliseconds(1))
      try await server.write([turn, turn], until: ample())
      #expect(try await late == [turn, turn])
    }
    _ = listener
  }

  @Test("A peer that shuts one direction down still reads our answer")
  func halfClose() async throws {
    let listener = try Listener()
    let client = try await UnixSocket.connect(to: listener.path, until: ample())
    let raw = try listener.accept()
    let server = try UnixSocket(adopting: raw, path: "peer")
    try await server.write([1, 2], until: ample())
    shutdown(raw, Int32(SHUT_WR))
    #expect(try await client.read(exactly: 3, until: ample()) == [1, 2])
    #expect(try await client.read(until: ample()).isEmpty)
    try await client.write([3], until: ample())
    #expect(try await server.read(until: ample()) == [3])
  }

  @Test("A peer that goes away ends a waiting read, and a write reports it without a signal")
  func peerGone() async throws {
    let (listener, client, server) = try await pair()
    async let waiting = client.read(until: ample())
    try await Task.sleep(for: .milliseconds(5))
    server.close()
    #expect(try await waiting.isEmpty)
    #expect(await code { try await client.write([1], until: ample()) } == .closed)
    _ = listener
  }

  @Test("A peer that never reads ends a write at its deadline")
  func neverReads() async throws {
    let (listener, client, server) = try await pair()
    let bytes = [UInt8](repeating: 0, count: 4 << 20)
    #expect(await code { try await client.write(bytes, until: soon()) } == .timedOut)
    _ = (listener, server)
  }

  @Test("A peer that never answers ends a read at its deadline, and a later answer is still read")
  func neverAnswers() async throws {
    let (listener, client, server) = try await pair()
    #expect(await code { _ = try await client.read(until: soon()) } == .timedOut)
    #expect(await code { _ = try await client.read(until: .now - .seconds(1)) } == .timedOut)
    try await server.write([9], until: ample())
    #expect(try await client.read(until: ample()) == [9])
    _ = listener
  }

  @Test("A deadline earlier than the one slept towards is kept")
  func earlierDeadline() async throws {
    let (listener, client, server) = try await pair()
    async let first = client.read(until: .now + .seconds(3600))
    try await server.write([1], until: ample())
    #expect(try await first == [1])
    #expect(await code { _ = try await client.read(until: soon()) } == .timedOut)
    _ = listener
  }

  @Test("A cancelled read ends, loses nothing, and leaves the connection usable")
  func cancelledRead() async throws {
    let (listener, client, server) = try await pair()
    for turn in UInt8(0)..<50 {
      let reading = Task { try await client.read(until: ample()) }
      if turn % 3 != 0 { await Task.yield() }
      if turn % 3 == 2 { try await Task.sleep(for: .milliseconds(1)) }
      reading.cancel()
      #expect(await code { _ = try await reading.value } == .cancelled)
      try await server.write([turn], until: ample())
      #expect(try await client.read(until: ample()) == [turn])
    }
    _ = listener
  }

  @Test("A cancelled write ends")
  func cancelledWrite() async throws {
    let (listener, client, server) = try await pair()
    let writing = Task { try await client.write([UInt8](repeating: 0, count: 4 << 20), until: ample()) }
    try await Task.sleep(for: .milliseconds(5))
    writing.cancel()
    #expect(await code { try await writing.value } == .cancelled)
    _ = (listener, server)
  }

  @Test("A second read beside a waiting one is refused")
  func twoReads() async throws {
    let (listener, client, server) = try await pair()
    let first = Task { try await client.read(until: ample()) }
    try await Task.sleep(for: .milliseconds(20))
    #expect(await code { _ = try await client.read(until: ample()) } == .invalid)
    try await server.write([1], until: ample())
    #expect(try await first.value == [1])
    _ = listener
  }

  @Test("Closing ends a waiting read and every later operation, and the peer sees the end")
  func close() async throws {
    let (listener, client, server) = try await pair()
    let waiting = Task { try await client.read(until: ample()) }
    try await Task.sleep(for: .milliseconds(5))
    client.close()
    client.close()
    #expect(await code { _ = try await waiting.value } == .closed)
    #expect(await code { try await client.write([1], until: ample()) } == .closed)
    #expect(await code { _ = try await client.read(until: ample()) } == .closed)
    #expect(try await server.read(until: ample()).isEmpty)
    _ = listener
  }

  @Test("The last reference closes the connection")
  func dropped() async throws {
    let listener = try Listener()
    var client: UnixSocket? = try await UnixSocket.connect(to: listener.path, until: ample())
    let server = try UnixSocket(adopting: listener.accept(), path: "peer")
    #expect(client?.path == listener.path)
    client = nil
    #expect(try await server.read(until: ample()).isEmpty)
  }

  @Test("Hundreds of waiting reads leave Swift's thread pool free")
  func poolStaysFree() async throws {
    var ends: [(Listener, client: UnixSocket, server: UnixSocket)] = []
    for _ in 0..<100 { ends.append(try await pair()) }
    let waiting = ends.map { end in Task { try await end.client.read(until: ample()) } }
    #expect(await Task { 42 }.value == 42)
    for end in ends { try await end.server.write([5], until: ample()) }
    for task in waiting { #expect(try await task.value == [5]) }
  }
}

@Suite("Opening a unix socket")
struct UnixSocketOpeningTests {
  private func failure(_ path: String, until deadline: ContinuousClock.Instant = ample()) async -> TransportError? {
    do {
      _ = try await UnixSocket.connect(to: path, until: deadline)
      return nil
    } catch { return error }
  }

  private func expect(
    _ error: TransportError?, _ code: TransportError.Code, naming path: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(error?.message.contains(path) == true, sourceLocation: sourceLocation)
    #expect(error?.message.contains("\n") == false, sourceLocation: sourceLocation)
  }

  @Test("A path where nothing is says so")
  func missing() async {
    await expect(failure("/nonexistent/qmp.sock"), .notFound, naming: "/nonexistent/qmp.sock")
    await expect(failure("/etc/passwd/qmp.sock"), .notFound, naming: "/etc/passwd/qmp.sock")
  }

  @Test("A socket whose server has ended refuses")
  func refused() async throws {
    let listener = try Listener()
    listener.stop()
    await expect(failure(listener.path), .refused, naming: listener.path)
  }

  @Test(
    "A socket that the caller may not open is denied",
    .enabled(if: geteuid() != 0, "root may open every socket; the mapping is tested beside this"))
  func denied() async throws {
    let listener = try Listener()
    chmod(listener.path, 0)
    await expect(failure(listener.path), .denied, naming: listener.path)
  }

  @Test("The system's refusals are told apart by number")
  func mapping() {
    #expect(TransportError(reaching: "/p", errno: EACCES).code == .denied)
    #expect(TransportError(reaching: "/p", errno: EPERM).code == .denied)
    #expect(TransportError(reaching: "/p", errno: ECONNREFUSED).code == .refused)
    #expect(TransportError(reaching: "/p", errno: ELOOP).code == .invalid)
    #expect(TransportError(reaching: "/p", errno: EMFILE).code == .system)
    #expect(TransportError(using: "/p", errno: EPIPE).code == .closed)
    #expect(TransportError(using: "/p", errno: ENOBUFS).code == .system)
  }

  @Test("A path that no socket can have is invalid")
  func invalid() async throws {
    let directory = try temporaryDirectory()
    defer { rmdir(directory) }
    await expect(failure(""), .invalid, naming: "path")
    await expect(failure("/tmp/a\0b"), .invalid, naming: "path")
    await expect(failure(directory), .invalid, naming: directory)
    await expect(failure("/etc/passwd"), .invalid, naming: "/etc/passwd")
    await expect(failure("/dev/null"), .invalid, naming: "/dev/null")
    await expect(
      failure("/" + String(repeating: "x", count: 300)), .invalid, naming: String(repeating: "x", count: 300))
  }

  @Test("A socket at a path too long for its address is reported with the limit")
  func overlong() async throws {
    let listener = try Listener()
    let deep = listener.directory + "/" + String(repeating: "d", count: 100)
    mkdir(deep, 0o700)
    defer {
      unlink(deep + "/socket")
      rmdir(deep)
    }
    #expect(link(listener.path, deep + "/socket") == 0)
    let error = await failure(deep + "/socket")
    expect(error, .invalid, naming: deep)
    #expect(error?.message.contains("107") == true)
  }

  @Test("A datagram socket is no stream")
  func datagram() async throws {
    let directory = try temporaryDirectory()
    let path = directory + "/socket"
    let fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer {
      close(fd)
      unlink(path)
      rmdir(directory)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
    #expect(bound == 0)
    await expect(failure(path), .invalid, naming: path)
  }

  @Test("A server whose queue of waiting clients is full is busy")
  func busy() async throws {
    let listener = try Listener(backlog: 0)
    let first = try await UnixSocket.connect(to: listener.path, until: ample())
    await expect(failure(listener.path, until: soon()), .busy, naming: listener.path)
    let retry = Task { try await UnixSocket.connect(to: listener.path, until: ample()) }
    try await Task.sleep(for: .milliseconds(5))
    close(try listener.accept())
    #expect(try await retry.value.path == listener.path)
    _ = first
  }

  @Test("A connection attempt that waits can be cancelled")
  func cancelled() async throws {
    let listener = try Listener(backlog: 0)
    let first = try await UnixSocket.connect(to: listener.path, until: ample())
    let waiting = Task { try await UnixSocket.connect(to: listener.path, until: ample()) }
    waiting.cancel()
    await #expect(throws: TransportError.self) { try await waiting.value }
    _ = first
  }

  @Test("A terminal carries bytes unchanged in place of a socket, and its end is an end")
  func terminal() async throws {
    let (master, path) = try pseudoTerminal()
    let slave = try await UnixSocket.connect(to: path, until: ample())
    let peer = try UnixSocket(adopting: master, path: "master")
    let bytes = Array(UInt8.min...UInt8.max)
    try await slave.write(bytes, until: ample())
    #expect(try await peer.read(exactly: 256, until: ample()) == bytes)
    async let answer = slave.read(exactly: 256, until: ample())
    try await peer.write(bytes, until: ample())
    #expect(try await answer == bytes)
    peer.close()
    #expect(try await slave.read(until: ample()).isEmpty)
  }
}

@Suite("Descriptors of unix sockets")
struct UnixSocketDescriptorTests {
  @Test("Two hundred connections, opened, used and dropped, leave no descriptor and no thread behind")
  func noLeak() async {
    // In a process of its own: other tests open descriptors at the same time.
    await #expect(processExitsWith: .success) {
      // Sockets only: Dispatch opens timers of its own when it likes.
      func sockets() -> Int {
        var count = 0
        var target = [CChar](repeating: 0, count: 64)
        for descriptor in 0..<4096 {
          let length = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
          if length > 7, target.prefix(7).elementsEqual("socket:".utf8CString.dropLast()) { count += 1 }
        }
        return count
      }
      func threads() -> Int {
        guard let directory = opendir("/proc/self/task") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
      }
      let listener = try Listener()
      func use(_ turn: Int) async throws {
        let client = try await UnixSocket.connect(to: listener.path, until: ample())
        let server = try UnixSocket(adopting: listener.accept(), path: "peer")
        try await client.write([1], until: ample())
        #expect(try await server.read(until: ample()) == [1])
        if turn % 2 == 0 { client.close() }
      }
      let before = (sockets: sockets(), threads: threads())
      for turn in 0..<200 { try await use(turn) }
      // A connection's thread closes the last of its own a moment after the connection. Swift's pool may have grown.
      let deadline = ample()
      while sockets() > before.sockets || threads() > before.threads + 16 {
        guard ContinuousClock.now < deadline else { exit(EXIT_FAILURE) }
        try await Task.sleep(for: .milliseconds(5))
      }
      exit(before.sockets > 0 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }
}
