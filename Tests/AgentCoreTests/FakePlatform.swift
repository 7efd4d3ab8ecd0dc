// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI

/// A platform of made-up facts. Every part can be made to fail.
struct FakePlatform: GuestPlatform {
  var system = "fake"
  var failure: ProtocolError?
  var osName = "Fake OS 1"
  var memberCount = 1
  /// Where its memory facts come from.
  var source = "test"
  /// The functions' keys.
  var keys: [UInt64] = [5]
  /// The driver's name of every function.
  var driver = "virtio-pci"
  var serviceCount = 2
  /// What Windows would tell besides.
  var windows: (WindowsSystemFacts, WindowsDeviceFacts, WindowsServiceFacts)?
  var lines: [(UInt64, LogLine)] = [(7, LogLine(microseconds: 12, text: "virtio_balloon virtio0: Out of puff!"))]

  private func fail() throws(ProtocolError) {
    if let failure { throw failure }
  }

  func os() throws(ProtocolError) -> GuestOS {
    try fail()
    return GuestOS(
      family: .observed("fake", source: "test"), name: .observed(osName, source: "test"),
      version: .absent(source: "test"), kernel: .failed(FactFailure(.denied, "no"), source: "test"),
      architecture: .observed("x86_64", source: "test"), bootTime: .observed(1, source: "test"),
      uptime: .observed(2, source: "test"), clock: .observed(3, source: "test"), windows: windows?.0)
  }
  func memory() throws(ProtocolError) -> NamedFacts {
    try fail()
    return NamedFacts(
      (0..<memberCount).map {
        NamedFacts.Member($0 == 0 ? MemoryField.total : "member\($0)", .observed(1 << 54, source: source))
      })
  }
  func statistics() throws(ProtocolError) -> NamedFacts {
    try fail()
    return NamedFacts(StatisticsField.all.map { NamedFacts.Member($0, .observed(4096, source: "test")) })
  }
  func functions() throws(ProtocolError) -> [UInt64] {
    try fail()
    return keys
  }
  func function(_ key: UInt64) -> PCIFunctionFacts? {
    guard keys.contains(key) else { return nil }
    let absent = Fact<String>.absent(source: "test")
    return PCIFunctionFacts(
      address: .observed("function-\(key)", source: "test"), path: absent, vendor: .observed(0x1af4, source: "test"),
      device: .observed(0x1045, source: "test"), subsystemVendor: .absent(source: "test"),
      subsystem: .absent(source: "test"), classCode: .observed(0xff00, source: "test"),
      revision: .observed(1, source: "test"), driver: .observed(driver, source: "test"), module: absent,
      virtioDriver: absent, virtioStatus: .observed(0x0f, source: "test"),
      virtioFeatures: .observed("0110", source: "test"), provider: absent, driverVersion: absent,
      problemCode: .observed(0, source: "test"), windows: windows?.1)
  }
  func services() throws(ProtocolError) -> [ServiceFacts] {
    try fail()
    return (0..<serviceCount).map {
      ServiceFacts(
        name: "service\($0)", kind: "kernel-driver", state: .observed("running", source: "test"),
        version: .absent(source: "test"),
        counters: NamedFacts([NamedFacts.Member("balloon_inflate", .observed(1, source: "test"))]),
        windows: windows?.2)
    }
  }
  func log(from cursor: UInt64, _ body: (UInt64, LogLine) -> Bool) throws(ProtocolError) {
    try fail()
    for (number, line) in lines where number >= cursor {
      guard body(number, line) else { return }
    }
  }
}

/// An agent on a fake platform, and what a host would see of it.
struct TestAgent {
  var agent: Agent<FakePlatform>

  init(_ platform: FakePlatform = FakePlatform()) {
    agent = Agent(
      platform: platform, identity: AgentIdentity(name: "test-agent", version: "9.9", random: [0x00, 0xab]))
  }

  /// Gives bytes, and takes all replies that they bring.
  mutating func send(_ bytes: [UInt8]) -> [[UInt8]] {
    agent.receive(bytes)
    var replies: [[UInt8]] = []
    while let reply = agent.nextReply() { replies.append(reply) }
    return replies
  }
  mutating func send(_ text: String) throws -> [Reply] { try send(Array(text.utf8)).map(TestAgent.read) }

  /// Calls a method, and takes its one reply.
  mutating func call(_ method: String, _ parameters: JSONObject? = nil, id: UInt64 = 1) throws -> Reply {
    let replies = send(Record.encode(Request(id: id, method: method, parameters: parameters).json))
    guard replies.count == 1 else { throw TestFailure("\(replies.count) replies") }
    let reply = try TestAgent.read(replies[0])
    guard reply.id == id else { throw TestFailure("the reply's id is \(String(describing: reply.id))") }
    return reply
  }
  mutating func result(_ method: String, _ parameters: JSONObject? = nil) throws -> JSON {
    switch try call(method, parameters).outcome {
    case .result(let result): return result
    case .error(let error): throw TestFailure("\(error)")
    }
  }
  mutating func errorCode(_ method: String, _ parameters: JSONObject? = nil) throws -> ProtocolError.Code? {
    try call(method, parameters).errorCode
  }

  /// Reads one record as strictly as a host does.
  static func read(_ record: [UInt8]) throws -> Reply {
    var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
    decoder.append(record)
    guard case .record(let text)? = decoder.next(), decoder.next() == nil else { throw TestFailure("not one record") }
    return try Reply(parsing: text)
  }
}

extension Reply {
  var errorCode: ProtocolError.Code? {
    if case .error(let error) = outcome { error.code } else { nil }
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
