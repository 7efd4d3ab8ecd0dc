// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import Testing

@Suite("The client of qemu-ga")
struct QGAClientTests {
  private static let soon = ContinuousClock.Instant.now + .seconds(60)

  private func error(_ body: () async throws(QGAError) -> Void) async -> QGAError? {
    do throws(QGAError) {
      try await body()
      return nil
    } catch { return error }
  }

  @Test("Is in step once its number comes back, and asks for it once a connection")
  func inStep() async throws {
    let (client, peer, _) = try QGAPeer.pair()
    async let served: Void = peer.serve(["guest-ping": #"{"return": {}}"#])
    #expect(try await client.execute("guest-ping", nil, until: Self.soon) == [:])
    #expect(try await client.execute("guest-ping", nil, until: Self.soon) == [:])
    #expect(await peer.sentinels == 1)
    #expect(await client.traffic.stale == 0)
    #expect(await client.traffic.unreadable == 0)
    await peer.close()
    await served
  }

  @Test("Drops late replies, errors and garbage that come before its number, with or without a sentinel")
  func stale() async throws {
    for sentinel in [true, false] {
      let (client, peer, _) = try QGAPeer.pair()
      async let result = client.execute("guest-ping", nil, until: Self.soon)
      let junk =
        #"{"return": {"version": "9.9.9", "supported_commands": []}}"# + "\r\n" + #"{"return": 17}"# + "\n\n"
        + #"{"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}}"# + "\n" + "no JSON\u{0} at all\n"
      await peer.synchronise(
        after: Array(junk.utf8) + (sentinel ? Array(#"{"return": {"half": "#.utf8) : []), sentinel: sentinel)
      #expect(await peer.receive()?.name == "guest-ping")
      await peer.send(#"{"return": {"own": true}}"# + "\n")
      #expect(try await result["own"]?.bool == true)
      let traffic = await client.traffic
      #expect(traffic.stale == 3 && traffic.unreadable == (sentinel ? 2 : 1))
      await peer.close()
    }
  }

  @Test("A reply in single bytes is the reply it is in one piece")
  func split() async throws {
    let (client, peer, _) = try QGAPeer.pair()
    async let result = client.execute("guest-ping", nil, until: Self.soon)
    guard let (_, id) = await peer.receive(), let id else {
      Issue.record("no synchronisation")
      return
    }
    for byte in [QGAStream.sentinel] + Array("{\"return\": \(id)}\n".utf8) { await peer.send([byte]) }
    _ = await peer.receive()
    for byte in Array("{\"return\": {\"text\": \"h\u{e9}\u{1f388}\"}}\n".utf8) { await peer.send([byte]) }
    #expect(try await result["text"]?.string == "h\u{e9}\u{1f388}")
    await peer.close()
  }

  @Test("A call that was not answered in time is followed by a new number, and its late reply is dropped")
  func late() async throws {
    let (client, peer, transport) = try QGAPeer.pair()
    async let first = error { () async throws(QGAError) in
      _ = try await client.execute("guest-get-osinfo", nil, until: Self.soon)
    }
    await peer.synchronise()
    #expect(await peer.receive()?.name == "guest-get-osinfo")
    transport.expire()
    #expect(await first?.code == .timedOut)
    async let second = client.execute("guest-info", nil, until: Self.soon)
    await peer.synchronise(after: Array((#"{"return": {"id": "late"}}"# + "\n").utf8))
    #expect(await peer.receive()?.name == "guest-info")
    await peer.send(#"{"return": {"id": "fresh"}}"# + "\n")
    #expect(try await second["id"]?.string == "fresh")
    #expect(await client.traffic.stale == 1)
    await peer.close()
  }

  @Test("A reply that came too early is not taken for the next command's")
  func early() async throws {
    let (client, peer, _) = try QGAPeer.pair()
    async let result = client.execute("guest-ping", nil, until: Self.soon)
    guard let (_, id) = await peer.receive(), let id else {
      Issue.record("no synchronisation")
      return
    }
    // In one piece with the number, hence there before the command is sent.
    await peer.send([QGAStream.sentinel] + Array(("{\"return\": \(id)}\n" + #"{"return": "early"}"# + "\n").utf8))
    _ = await peer.receive()
    await peer.send(#"{"return": "own"}"# + "\n")
    #expect(try await result.string == "own")
    await peer.close()
  }

  @Test("An error keeps its class, and leaves both ends in step")
  func refused() async throws {
    let (client, peer, _) = try QGAPeer.pair()
    async let served: Void = peer.serve([
      "guest-ping": #"{"return": {}}"#,
      "guest-exec": #"{"error": {"class": "GenericError", "desc": "\u001b[2Jno"}}"#,
    ])
    let missing = await error { () async throws(QGAError) in _ = try await client.devices(until: Self.soon) }
    #expect(missing?.code == .refused && missing?.errorClass == "CommandNotFound" && missing?.isCommandMissing == true)
    let other = await error { () async throws(QGAError) in
      _ = try await client.execute("guest-exec", nil, until: Self.soon)
    }
    #expect(other?.errorClass == "GenericError" && other?.isCommandMissing == false)
    #expect(other?.message.unicodeScalars.contains("\u{1b}") == false)
    _ = try await client.execute("guest-ping", nil, until: Self.soon)
    #expect(await peer.sentinels == 1)
    await peer.close()
    await served
  }

  @Test("Silence from the first byte, garbage alone, and the end of the connection are told apart")
  func silence() async throws {
    let (silent, mute, silentTransport) = try QGAPeer.pair()
    silentTransport.expire()
    let nothing = await error { () async throws(QGAError) in _ = try await silent.info(until: Self.soon) }
    #expect(nothing?.code == .silent)
    await mute.close()

    let (client, peer, transport) = try QGAPeer.pair()
    async let failed = error { () async throws(QGAError) in _ = try await client.info(until: Self.soon) }
    _ = await peer.receive()
    await peer.send("220 mail.example ESMTP\r\n")
    while await client.traffic.unreadable == 0 { try await Task.sleep(for: .milliseconds(5)) }
    transport.expire()
    #expect(await failed?.code == .garbage)

    async let ended = error { () async throws(QGAError) in _ = try await client.info(until: Self.soon) }
    _ = await peer.receive()
    await peer.close()
    #expect(await ended?.code == .closed)
    let after = await error { () async throws(QGAError) in _ = try await client.info(until: Self.soon) }
    #expect(after?.code == .closed)
  }

  @Test("A reply beyond the limit is refused, a flood ends the call, and the next call is in step again")
  func huge() async throws {
    let limits = QGAClient.Limits(line: 4_096, bytesPerCall: 65_536)
    let (client, peer, _) = try QGAPeer.pair(limits: limits)
    async let long = error { () async throws(QGAError) in _ = try await client.info(until: Self.soon) }
    await peer.synchronise()
    _ = await peer.receive()
    await peer.send("{\"return\": \"" + String(repeating: "x", count: 8_192) + "\"}\n")
    #expect(await long?.code == .malformed)

    async let flooded = error { () async throws(QGAError) in _ = try await client.info(until: Self.soon) }
    _ = await peer.receive()
    await peer.send([UInt8](repeating: UInt8(ascii: "["), count: 80_000))
    #expect(await flooded?.code == .flooded)

    async let served: Void = peer.serve(["guest-ping": #"{"return": {}}"#])
    #expect(try await client.execute("guest-ping", nil, until: Self.soon) == [:])
    await peer.close()
    await served
  }

  @Test(
    "A reply that is no result costs its call, and the next is asked after a new number",
    arguments: [
      "{}", "[]", "7", #"{"return": 1, "return": 2}"#, #"{"return": 1, "error": {}}"#, #"{"error": "text"}"#,
      #"{"return": 1} {"return": 2}"#, "{\"return\": \"\u{1}\"}", "\u{FEFF}{\"return\": 1}", #"{"return": 1e"#,
      String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ])
  func malformed(_ reply: String) async throws {
    let (client, peer, _) = try QGAPeer.pair()
    async let failed = error { () async throws(QGAError) in
      _ = try await client.execute("guest-ping", nil, until: Self.soon)
    }
    await peer.synchronise()
    _ = await peer.receive()
    await peer.send(reply + "\n")
    #expect(await failed?.code == .malformed)
    async let served: Void = peer.serve(["guest-ping": #"{"return": {}}"#])
    #expect(try await client.execute("guest-ping", nil, until: Self.soon) == [:])
    #expect(await peer.sentinels == 2)
    await peer.close()
    await served
  }

  @Test("Calls of several tasks each get their own reply")
  func concurrent() async throws {
    let (client, peer, _) = try QGAPeer.pair()
    let names = (0..<20).map { "command-\($0)" }
    async let served: Void = peer.serve(
      Dictionary(uniqueKeysWithValues: names.map { ($0, "{\"return\": \"\($0)\"}") }))
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for name in names {
        group.addTask { try await client.execute(name, nil, until: Self.soon).string == name }
      }
      for try await own in group { #expect(own) }
    }
    await peer.close()
    await served
  }

  @Test("No bytes make the stream trap, keep more than a line, or depend on how they are divided")
  func bytes() {
    var random = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = [0xff, 0x0a, 0x0d, 0x20, UInt8(ascii: "{"), UInt8(ascii: "a"), 0x00, 0x80]
    for _ in 0..<300 {
      let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      var whole = QGAStream(limit: 9)
      whole.append(bytes)
      var pieces = QGAStream(limit: 9)
      var (one, other): ([QGAStream.Event], [QGAStream.Event]) = ([], [])
      while let event = whole.next() { one.append(event) }
      for byte in bytes {
        pieces.append([byte])
        while let event = pieces.next() { other.append(event) }
      }
      #expect(one == other, "\(bytes)")
      for case .line(let line) in one { #expect(line.count <= 9 && !line.contains(0xff)) }
    }
  }
}
