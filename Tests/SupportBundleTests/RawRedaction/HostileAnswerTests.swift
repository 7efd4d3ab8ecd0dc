// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import SupportBundle
import Testing

/// Answers here are synthesised.
@Suite("Hostile answers are left out, or come out small")
struct HostileAnswerTests {
  private static let formats: [RawAnswer.Format] = [
    .domainXML, .monitor, .agent, .qemuGA, .memoryStatistics, .proxmoxConfiguration, .hypervisorLog, .pasted,
  ]

  #if DEBUG
    private static let junk = 128 << 10
  #else
    private static let junk = 2 << 20
  #endif

  private func isLeftOut(_ format: RawAnswer.Format, _ bytes: [UInt8]) -> Bool {
    var redactor = Redactor()
    return redactor.redact(RawSamples.answer(format, bytes)) == nil
  }

  @Test("What is no text is left out of every format", arguments: formats)
  func binary(format: RawAnswer.Format) {
    #expect(isLeftOut(format, [0, 1, 2, 0xff, 0xfe]))
    #expect(isLeftOut(format, Array("<domain\0>".utf8)))
    #expect(isLeftOut(format, Array("{\"execute\": \"".utf8) + [0xff, 0xc0] + Array("\"}".utf8)))
  }

  @Test("Nothing is left of nothing, but of a log", arguments: formats)
  func empty(format: RawAnswer.Format) { #expect(isLeftOut(format, []) == (format != .hypervisorLog)) }

  /// In a debug build in a small size: with two million bytes it takes half a second for each.
  @Test("Much junk is left out, or comes out bounded", arguments: formats)
  func junk(format: RawAnswer.Format) {
    var redactor = Redactor()
    for unit in ["A", "{\"", "<a ", "a: ", "-x \\\n", "[", "&lt;", "name 1\n"] {
      let bytes = Array(String(repeating: unit, count: Self.junk / unit.utf8.count).utf8)
      let redacted = redactor.redact(RawSamples.answer(format, bytes))
      #expect((redacted?.bytes.count ?? 0) <= 8 << 20, "\(unit)")
    }
  }

  @Test("More bytes than any source may say are left out", arguments: formats)
  func tooLong(format: RawAnswer.Format) {
    #expect(isLeftOut(format, Array("actual 1\nmemory: 1\n".utf8) + [UInt8](repeating: 0x20, count: 8 << 20)))
  }

  @Test("Entities and document types are not read")
  func entities() {
    let bomb = """
      <!DOCTYPE domain [<!ENTITY a "secret"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
      <domain><name>&b;</name></domain>
      """
    #expect(isLeftOut(.domainXML, Array(bomb.utf8)))
    #expect(isLeftOut(.pasted, Array(bomb.utf8)))
    #expect(isLeftOut(.domainXML, Array("<domain><name>&undefined;</name></domain>".utf8)))
  }

  @Test(
    "What is not a domain is left out",
    arguments: ["<network><name>x</name></network>", "<domain>", "x", "<domain/><domain/>"])
  func notDomain(text: String) { #expect(isLeftOut(.domainXML, Array(text.utf8))) }

  @Test("Nesting beyond every source's is left out")
  func depth() {
    let deep = String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100)
    #expect(isLeftOut(.domainXML, Array("<domain>\(deep)</domain>".utf8)))
    let list = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    for format in [RawAnswer.Format.monitor, .qemuGA, .agent] {
      #expect(isLeftOut(format, Array(#"{"execute": "x", "method": "x", "return": \#(list)}"#.utf8)))
    }
  }

  @Test("A key that stands twice leaves the exchange out")
  func duplicates() {
    #expect(isLeftOut(.monitor, Array(#"{"execute": "query-name", "return": {}, "return": {"name": "x"}}"#.utf8)))
  }

  @Test("Keys that differ in the case of their letters alone stay two")
  func folded() throws {
    var redactor = Redactor()
    let redacted = redactor.text(.monitor, #"{"execute": "query-x", "return": {"Zebra": 1, "zEBRA": 2, "zebra": 3}}"#)
    let text = try #require(redacted)
    #expect(
      text == #"{"execute":"redacted-text-1","return":{"redacted-text-2":1,"redacted-text-3":2,"redacted-text-4":3}}"#)
    var fresh = Redactor()
    #expect(fresh.text(.monitor, text) == text)
  }

  @Test(
    "What follows a day at the beginning of a log's line is a time, or is looked at",
    arguments: [
      ("2025-06-17 192.0.2.77 the guest", "2025-06-17 redacted-ip-1 the guest"),
      ("2025-06-17T10:31:05.123456Z the guest", "2025-06-17T10:31:05.123456Z the guest"),
      ("2025-06-17 10:31:05.123+0000: the guest", "2025-06-17 10:31:05.123+0000: the guest"),
      ("2025-06-17 10:31:05 192.0.2.77", "2025-06-17 10:31:05 redacted-ip-1"),
    ])
  func days(line: String, expected: String) {
    var redactor = Redactor()
    #expect(redactor.text(.hypervisorLog, line) == expected + "\n")
    #expect(redactor.text(.hypervisorLog, "2025-06-1749170555012345678")?.contains("5550123") != true)
  }

  @Test("A hundred thousand members become a thousand")
  func members() throws {
    let members = (0..<100_000).map { #""k\#($0)": "v\#($0)""# }.joined(separator: ",")
    var redactor = Redactor()
    let redacted = redactor.text(.monitor, #"{"execute": "query-x", "return": {\#(members)}}"#)
    #expect(try #require(redacted).utf8.count < 200_000)
  }

  @Test(
    "A number of more than 64 bits is none",
    arguments: ["123456789012345678901234567890", "1e400", "-99999999999999999999"])
  func numbers(text: String) throws {
    var redactor = Redactor()
    #expect(
      redactor.text(.monitor, #"{"execute":"query-balloon","return":{"actual":\#(text)}}"#)
        == #"{"execute":"query-balloon","return":{"actual":null}}"#)
  }

  @Test("A paste that is nothing but one answer is redacted as that answer, and every other is left out")
  func pasted() throws {
    var redactor = Redactor()
    let xml = redactor.text(.pasted, "\n <domain type='kvm'><name>mine</name></domain>")
    #expect(xml == "<domain type='kvm'>\n  <name>redacted-guest-1</name>\n</domain>\n")
    let report = redactor.text(
      .pasted,
      #"""
      {"agent":{"name":"virt-balloon-agent","version":"0.1.0"},"protocol":1,"system":"linux",\#
      "guest.os":{"error":{"code":-32001,"message":"no mine"}},"x":"mine"}
      """#
    )
    #expect(
      report
        == #"""
        {"agent":{"name":"virt-balloon-agent","version":"0.1.0"},"protocol":1,"system":"linux",\#
        "guest.os":{"error":{"code":-32001,"message":"no redacted-guest-1"}}}
        """#
    )
    #expect(redactor.text(.pasted, "virsh # dommemstat mine\nactual 1") == nil)
    #expect(redactor.text(.pasted, "[1, 2]") == nil)
  }
}
