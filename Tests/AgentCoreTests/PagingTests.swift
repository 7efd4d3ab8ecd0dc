// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import Testing

@Suite("Lists in pages, and limits of replies")
struct PagingTests {
  /// Follows a list's cursors to its end.
  private func all(_ agent: inout TestAgent, _ method: String, _ member: String) throws -> (
    pages: Int, elements: [JSON]
  ) {
    var cursor: UInt64? = 0
    var pages = 0
    var elements: [JSON] = []
    while let from = cursor, pages < 1_000 {
      let records = agent.send(
        Record.encode(Request(id: 1, method: method, parameters: ["cursor": .integer(from)]).json))
      for record in records { #expect(record.count <= JSONLimits.reply.bytes) }
      guard let record = records.first, case .result(let result) = try TestAgent.read(record).outcome else {
        throw TestFailure("no page from \(from)")
      }
      let page = try Page(json: result, member: member)
      elements += page.elements
      cursor = page.next
      pages += 1
    }
    return (pages, elements)
  }

  @Test("Hundreds of functions come in pages, each once and in order")
  func functions() throws {
    let keys = (0..<300).map { UInt64($0) * 8 }
    var agent = TestAgent(FakePlatform(keys: keys))
    let (pages, elements) = try all(&agent, "pci.functions", "functions")
    #expect(pages > 1)
    #expect(elements.map { PCIFunctionFacts(json: $0).address.value } == keys.map { "function-\($0)" })
  }

  @Test("A function that is unplugged between two pages hides no other")
  func unplugged() throws {
    let keys = (0..<200).map { UInt64($0) }
    var before = TestAgent(FakePlatform(keys: keys))
    let first = try Page(json: before.result("pci.functions"), member: "functions")
    let next = try #require(first.next)
    var after = TestAgent(FakePlatform(keys: keys.filter { $0 != 3 && $0 != next }))
    let rest = try Page(json: after.result("pci.functions", ["cursor": .integer(next)]), member: "functions")
    #expect(PCIFunctionFacts(json: rest.elements.first ?? .null).address.value == "function-\(next + 1)")
  }

  @Test("A long log comes in pages, each line once")
  func log() throws {
    let lines = (0..<5_000).map {
      (UInt64($0 * 3), LogLine(microseconds: UInt64($0), text: "virtio_balloon line \($0)"))
    }
    var agent = TestAgent(FakePlatform(lines: lines))
    let (pages, elements) = try all(&agent, "log.balloon", "lines")
    #expect(pages > 1)
    #expect(elements.compactMap { LogLine(json: $0) } == lines.map { $0.1 })
  }

  @Test("A list has at most 4096 elements in all its pages")
  func longest() throws {
    var agent = TestAgent(FakePlatform(keys: (0..<4_200).map { UInt64($0) }))
    var last = try Page(json: agent.result("pci.functions", ["cursor": .integer(UInt64(4_090))]), member: "functions")
    #expect(last.elements.count == 6 && last.next == nil)
    last = try Page(json: agent.result("pci.functions", ["cursor": .integer(UInt64(4_096))]), member: "functions")
    #expect(last.elements.isEmpty && last.next == nil)
  }

  @Test("Many services come in pages, each once")
  func services() throws {
    var agent = TestAgent(FakePlatform(serviceCount: 1_000))
    let (pages, elements) = try all(&agent, "driver.services", "services")
    #expect(pages > 1)
    #expect(elements.compactMap { ServiceFacts(json: $0)?.name } == (0..<1_000).map { "service\($0)" })
  }

  @Test(
    "A cursor past the end brings an empty last page",
    arguments: [
      ("pci.functions", "functions"), ("driver.services", "services"), ("log.balloon", "lines"),
    ])
  func pastTheEnd(method: String, member: String) throws {
    var agent = TestAgent()
    let page = try Page(json: agent.result(method, ["cursor": .integer(UInt64(1) << 53)]), member: member)
    #expect(page.elements.isEmpty && page.next == nil)
  }

  @Test("A text over 32 KiB is cut at a character, and shows it")
  func longText() throws {
    let lines = [(UInt64(1), LogLine(microseconds: nil, text: String(repeating: "é", count: 20_000)))]
    var agent = TestAgent(FakePlatform(osName: String(repeating: "\u{1}", count: 40_000), lines: lines))
    let text = try #require(try agent.result("log.balloon")["lines"]?.array?.first?["text"]?.string)
    #expect(text.utf8.count <= 32 << 10 && text.utf8.count > (32 << 10) - 16)
    #expect(text.hasSuffix("é" + String.cutMark))
    // Every character is escaped to six.
    let name = try #require(try agent.result("guest.os")["name"]?["value"]?.string)
    #expect(name.utf8.count == 32 << 10 && name.hasSuffix(String.cutMark))
  }

  @Test("A reply over 1 MiB is replaced by an error under its id")
  func tooLarge() throws {
    var agent = TestAgent(FakePlatform(memberCount: 10, source: String(repeating: "\u{1}", count: 30_000)))
    #expect(try agent.errorCode("guest.memory") == .tooLarge)
    #expect(try agent.result("agent.ping") == .object(JSONObject()))
  }

  @Test("Functions with hostile names of the greatest length still come, one a page")
  func hugeElements() throws {
    var agent = TestAgent(FakePlatform(keys: [1, 2, 3], driver: String(repeating: "\u{1}", count: 100_000)))
    let (pages, elements) = try all(&agent, "pci.functions", "functions")
    #expect(pages == 3 && elements.count == 3)
  }

  @Test("A function whose every text is hostile and of the greatest length is told all the same, and the next one too")
  func hugeInEveryText() throws {
    let text = String(repeating: "\u{1}", count: 40_000)
    var device = WindowsDeviceFacts(FactFailure(.failed, text), source: text)
    device.hardwareIDs = .observed(Array(repeating: text, count: 64), source: text)
    device.compatibleIDs = device.hardwareIDs
    let failure = FactFailure(.failed, text)
    let system = WindowsSystemFacts(
      edition: .failed(failure, source: text), secureBoot: .failed(failure, source: text),
      testSigning: .failed(failure, source: text))
    var agent = TestAgent(
      FakePlatform(keys: [1, 2], windows: (system, device, WindowsServiceFacts(failure, source: text))))
    let (pages, elements) = try all(&agent, "pci.functions", "functions")
    #expect(pages == 2)
    #expect(elements.map { PCIFunctionFacts(json: $0).address.value } == ["function-1", "function-2"])
  }
}
