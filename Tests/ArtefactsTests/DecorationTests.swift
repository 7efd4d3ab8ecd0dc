// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Testing

@Suite struct DecorationTests {
  private static let statistics = "actual 4194304\nlast_update 1716912000\nrss 4305000\n"
  private static let reply = """
    {"return": {"stats": {"stat-free-memory": 1073741824, "stat-total-memory": 4294967296}, "last-update": 1716912000}}
    """

  private static func actual(_ bytes: [UInt8]) throws -> UInt64? {
    try Sample.analyze(bytes).evidence.readings.last?.actual.value
  }

  @Test(
    "Quoting, numbers, tags and ticks around the lines are taken off",
    arguments: [
      "> actual 4194304\n> last_update 1716912000\n> rss 4305000\n",
      ">> actual 4194304\n>> last_update 1716912000\n>> rss 4305000\n",
      "> > actual 4194304\n> > last_update 1716912000\n> > rss 4305000\n",
      ">actual 4194304\n>last_update 1716912000\n>rss 4305000\n",
      "| actual 4194304\n| last_update 1716912000\n| rss 4305000\n",
      "[CODE]actual 4194304\nlast_update 1716912000\nrss 4305000[/CODE]\n",
      "[quote=\"somebody\"]\n[code=bash]actual 4194304\nlast_update 1716912000\nrss 4305000[/code][/quote]\n",
      "`actual 4194304`\n`last_update 1716912000`\n`rss 4305000`\n",
      "1 \n2  actual 4194304\n3  last_update 1716912000\n4  rss 4305000\n5  \n",
      "     1\tactual 4194304\n     2\tlast_update 1716912000\n     3\trss 4305000\n     4\t$\n     5\t$\n",
      "1: actual 4194304\n2: last_update 1716912000\n3: rss 4305000\n4: x\n5: y\n",
    ])
  func marks(text: String) throws { #expect(try Self.actual(Array(text.utf8)) == 4 << 30) }

  @Test("A setup log's own marks and a table of domains keep what they have in front")
  func ownMarks() throws {
    let analysis = try Sample.analyze(
      text: """
        >>>  [Device Install (Hardware initiated) - PCI\\VEN_1AF4]
        >>>  Section start 2024/01/01 10:00:00.000
         Id   Name    State
        ------------------------
         1    one     running
         2    two     running
         3    three   running
         4    four    running
         5    five    running

        """)
    #expect(analysis.kinds.first == "setupapi.dev.log" && analysis.kinds.last == "virsh list")
  }

  @Test("Ends of lines of every system, tabs, byte order marks and spaces of every width are understood")
  func spaces() throws {
    let crlf = Self.statistics.replacing("\n", with: "\r\n")
    let doubled = Self.statistics.replacing("\n", with: "\r\r\n")
    let old = Self.statistics.replacing("\n", with: "\r")
    let wide = Self.statistics.replacing(" ", with: "\u{a0}")
    let marked = "\u{feff}" + Self.statistics.replacing("last", with: "\u{feff}last\u{200b}")
    let tabbed = Self.statistics.replacing(" ", with: "\t\u{3000}")
    for text in [crlf, doubled, old, wide, marked, tabbed] {
      let analysis = try Sample.analyze(text: text)
      #expect(analysis.evidence.readings.last?.actual.value == 4 << 30, "\(text.debugDescription)")
      #expect(analysis.evidence.readings.last?.lastUpdate.value == 1_716_912_000)
    }
  }

  @Test("UTF-16 of either order, with its mark and without, and 8-bit bytes leave the ASCII")
  func encodings() throws {
    let text = Self.statistics + "more text so that the order can be seen without a mark\n"
    let little = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    for bytes in [little, big, [0xff, 0xfe] + little, [0xfe, 0xff] + big, [0xe4, 0x0a] + Array(text.utf8)] {
      #expect(try Self.actual(bytes) == 4 << 30)
    }
    #expect(try Self.actual(Array("\u{fc}\n".utf8) + [0x80, 0x0a] + Array(text.utf8)) == 4 << 30)
  }

  @Test("Colours and titles of a terminal are dropped, also where they were pasted as text")
  func colours() throws {
    let text =
      "\u{1b}]0;root@host: ~\u{7}\u{1b}[01;32mactual\u{1b}[0m 4194304\nlast_update ^[[1m1716912000^[[0m\nrss 4305000"
    let reading = try #require(try Sample.analyze(text: text).evidence.readings.last)
    #expect(reading.actual.value == 4 << 30)
    #expect(reading.lastUpdate.value == 1_716_912_000)
  }

  @Test("A web page's source is read as its text, and a domain's own entities are left alone")
  func html() throws {
    let analysis = try Sample.analyze(Sample.bytes("forum-html.txt"))
    #expect(analysis.kinds == ["live domain XML"])
    #expect(analysis.evidence.target.name == "win10")
    #expect(analysis.evidence.configuration.maximum.value == 8 << 30)
    #expect(analysis.evidence.readings.last?.actual.value == 4 << 30)
    let quoted = Self.reply.replacing("\"", with: "&quot;")
    #expect(try Sample.analyze(text: "<p>" + quoted + "</p>").kinds == ["guest-stats"])
    let own = try Sample.analyze(
      text: """
        <domain type='kvm'><name>a&amp;b</name><description>&lt;domain&gt; in words</description>
        <memory unit='GiB'>2</memory><devices/></domain>
        """)
    #expect(own.evidence.target.name == "a&b")
  }

  @Test("Typographic quotes of a blog are plain ones where a line has no others")
  func quotes() throws {
    let xml = try Sample.analyze(
      text: "<memballoon model=\u{2018}virtio\u{2019}>\n<stats period=\u{201c}5\u{201d}/>\n</memballoon>\n")
    #expect(xml.evidence.configuration.statsPeriod.value == 5)
    let json = Self.reply.replacing("\"", with: "\u{201d}")
    #expect(try Sample.analyze(text: json).kinds == ["guest-stats"])
  }

  @Test("JSON and XML that a terminal broke at 80 columns are joined", arguments: [80, 100])
  func wrapped(columns: Int) throws {
    func wrap(_ text: String) -> String {
      var lines: [String] = []
      var rest = Substring(text)
      while !rest.isEmpty {
        lines.append(String(rest.prefix(columns)))
        rest = rest.dropFirst(columns)
      }
      return lines.joined(separator: "\n")
    }
    #expect(try Sample.analyze(text: wrap(Self.reply)).evidence.readings.last?.lastUpdate.value == 1_716_912_000)
    let xml = """
      <domain type='kvm' id='3'><name>a-rather-long-name-of-a-domain</name><memory unit='KiB'>8388608</memory><devices>\
      <memballoon model='virtio'><stats period='10'/><alias name='balloon0'/></memballoon></devices></domain>
      """
    let analysis = try Sample.analyze(text: wrap(xml))
    #expect(analysis.evidence.target.name == "a-rather-long-name-of-a-domain")
    #expect(analysis.evidence.configuration.statsPeriod.value == 10)
  }

  @Test("What is whole of a broken XML is told, and what is missing is not taken for absent")
  func cut() throws {
    let analysis = try Sample.analyze(Sample.bytes("xml-cut.txt"))
    #expect(analysis.kinds == ["part of a domain XML"])
    #expect(analysis.evidence.configuration.maximum.value == 8 << 30)
    #expect(analysis.evidence.configuration.model.value == "virtio")
    #expect(analysis.evidence.configuration.statsPeriod.isAbsent)
    #expect(analysis.evidence.channel.port.failure?.reason == .notAsked)
    #expect(analysis.evidence.collection.notices.contains { $0.contains("not whole") })
    // The same without its balloon: nobody knows whether it has one.
    let text = String(decoding: try Sample.bytes("xml-cut.txt"), as: UTF8.self)
    let start = try #require(text.firstRange(of: "    <memballoon"))
    let without = try Sample.analyze(text: String(text[..<start.lowerBound]))
    #expect(without.evidence.configuration.model.failure?.reason == .notAsked)
    #expect(!without.findings.contains("balloon.device.absent"))
    // A balloon that the text ends in says nothing of what it does not show.
    let part = try Sample.analyze(
      text: String(text[..<start.upperBound]) + " model='virtio'>\n      <alias name='b'/>\n")
    #expect(part.evidence.configuration.statsPeriod.failure?.reason == .notAsked)
  }

  @Test("Something left out of a whole document makes its gaps no statements")
  func gap() throws {
    let analysis = try Sample.analyze(
      text: "<domain type='kvm'>\n<name>x</name>\n...\n<devices>\n</devices>\n</domain>\n")
    #expect(analysis.kinds == ["part of a domain XML"])
    #expect(!analysis.findings.contains("balloon.device.absent"))
  }

  @Test("The elements of memory alone tell the maximum, and no target")
  func elements() throws {
    let analysis = try Sample.analyze(
      text: """
        I have set
          <memory unit='KiB'>8388608</memory>
          <currentMemory unit='KiB'>4194304</currentMemory>
        and it does not help
        """)
    #expect(analysis.evidence.configuration.maximum.value == 8 << 30)
    #expect(analysis.evidence.configuration.target.value == nil)
    #expect(analysis.unread.count == 2)
    // A host's capabilities are none of a guest.
    let host = try Sample.analyze(
      text: "<capabilities>\n<cell id='0'>\n<memory unit='KiB'>16316352</memory>\n</cell>\n")
    #expect(host.artefacts.isEmpty)
  }

  @Test(
    "Hostile decoration costs linear time",
    arguments: [
      "\u{1b}[", "\u{1b}]0;", "<b ", "&#", "> ", "1: ", "<devices>\n", "<!--", "<a b='", "dev: a, id \"\"\n",
      "bus: a\n  type b\n", "Bus  0, device   0, function 0:\n", "key: value\n", "balloon: 5\nmemory: 6\n",
      "┌─\n│ a │ b │\n",
      "-[0000:00]-+-", "00:01.0 0600: 8086:1237\n", "qemu-system-x86_64 -m 1 {\n", "{ ", "Slot:\t00:01.0\n",
    ])
  func hostile(piece: String) throws {
    let clock = ContinuousClock()
    func cost(_ count: Int) throws -> Duration {
      let text = String(repeating: piece, count: count) + "&nbsp;"
      return try clock.measure { _ = try Sample.analyze(text: text) }
    }
    let small = try cost(500)
    let large = try cost(2_000)
    #expect(large < small * 12 + .seconds(1))
  }
}
