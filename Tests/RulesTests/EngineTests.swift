// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite("The engine and what it says")
struct EngineTests {
  private typealias Make = EvidenceFixture

  private func rule(
    _ id: String, _ severity: Severity, explains: [String] = [], isEssential: Bool = false,
    _ assess: @escaping @Sendable (inout EvidenceReader) -> Assessment = { _ in .found("It is so.") }
  ) -> Rule {
    Rule(
      id: id, title: id, severity: severity, explanation: "", sources: ["https://example.org/", "a file"],
      explains: explains, isEssential: isEssential, remedy: { _ in [] }, assess: assess)
  }

  private func diagnose(_ rules: Rule...) -> Diagnosis { Engine(rules: rules).diagnose(Make.healthy()) }

  @Test("A cause stands for its consequences, directly or through another, and is as grave as they are")
  func causes() {
    let diagnosis = diagnose(
      rule("a.one", .note, explains: ["a.two"]), rule("a.two", .warning, explains: ["a.three"]),
      rule("a.three", .problem), rule("a.four", .note))
    #expect(diagnosis.findings.map(\.id) == ["a.one", "a.four"])
    #expect(diagnosis.findings.first?.explains == ["a.three", "a.two"])
    #expect(diagnosis.findings.first?.severity == .problem)
    #expect(diagnosis.verdict == .problem)
  }

  @Test("A cause explains through a link that was not itself found, unless that was seen to be in order")
  func throughUnfound() {
    func findings(_ link: Assessment) -> [String] {
      diagnose(
        rule("a.one", .note, explains: ["a.two"]), rule("a.two", .warning, explains: ["a.three"]) { _ in link },
        rule("a.three", .problem)
      ).findings.map(\.id)
    }
    #expect(findings(.inconclusive) == ["a.one"])
    #expect(findings(.notApplicable("Not here.")) == ["a.one"])
    #expect(findings(.healthy("Well.")) == ["a.three", "a.one"])
  }

  @Test("Only an essential rule that is open leaves the verdict open, and only where nothing graver was found")
  func verdicts() {
    let open = rule("a.open", .note, isEssential: true) { _ in .inconclusive }
    let aside = rule("a.aside", .note) { _ in .inconclusive }
    #expect(diagnose(aside).verdict == .healthy)
    #expect(diagnose(open).verdict == .inconclusive)
    #expect(diagnose(open, rule("a.note", .note)).verdict == .inconclusive)
    #expect(diagnose(open, rule("a.warning", .warning)).verdict == .warning)
    #expect(diagnose(open, rule("a.problem", .problem)).verdict == .problem)
    #expect(diagnose(open).inconclusive.map(\.isEssential) == [true])
  }

  @Test("A finding cites what was read, once, and links to what has an address")
  func citations() throws {
    let diagnosis = diagnose(
      rule("a.one", .problem) { reader in
        _ = reader.read(\.device.status)
        _ = reader.read(\.device.status)
        _ = reader.read(reading: 0, \.lastUpdate)
        _ = reader.read(reading: 9, \.lastUpdate)
        _ = reader.read(guestFunction: 0, \.driver)
        return .found("It is so.", severity: .warning, confidence: .unverified)
      })
    let finding = try #require(diagnosis.findings.first)
    #expect(
      finding.evidence.map(\.path) == ["device.status", "readings.0.lastUpdate", "guest.functions.value.0.driver"])
    #expect(finding.evidence.map(\.trust) == [.host, .host, .guest])
    #expect(finding.severity == .warning && finding.confidence == .unverified)
    #expect(finding.links == ["https://example.org/"])
  }

  /// Names that a hostile guest or a careless host may have.
  static let hostileNames = [
    "x; rm -rf /", "$(reboot)", "`id`", "a\nb", "../../etc/passwd", "-rf", "..", "", "uio\u{1b}[2J", "\u{202e}oiu",
    "a b", "'", "\"", String(repeating: "a", count: 300), "drüber",
  ]

  @Test("A guest's name stands in no command unless it is a plain one", arguments: hostileNames)
  func hostileDriver(name: String) {
    let evidence = Make.healthy { evidence in
      Make.unserved(&evidence)
      evidence.guest.functions = Make.told(Make.linuxFunctions(driver: Make.told(name)))
      evidence.guest.osFamily = Make.told("linux")
    }
    let diagnosis = Engine().diagnose(evidence)
    #expect(diagnosis.findings.map(\.id) == ["driver.generic"])
    let commands = diagnosis.findings.flatMap(\.remedy).compactMap(\.command)
    #expect(commands.contains("echo 0000:00:05.0 > /sys/bus/pci/devices/0000:00:05.0/driver/unbind"))
    #expect(
      name.isEmpty || name == ".." || name == "-rf" || name == "'" || name == "\"" || name == "a b"
        || commands.allSatisfy { !$0.contains(name) })
    #expect(!commands.contains { $0.contains("remove_id") })
    #expect(diagnosis.findings.allSatisfy { $0.summary.count < 500 })
  }

  @Test("A domain's name stands in commands as one word")
  func quotedDomain() {
    var evidence = Make.readOnly()
    evidence.target.name = "it's; reboot"
    evidence.configuration.statsPeriod = Make.absent()
    Make.freeze(&evidence)
    let commands = Engine().diagnose(evidence).findings.flatMap(\.remedy).compactMap(\.command)
    #expect(commands.contains(#"virsh -c qemu:///system dommemstat 'it'\''s; reboot' --period 5 --live"#))
    #expect(commands.contains(#"virt-balloon diagnose --connect qemu:///system 'it'\''s; reboot'"#))
    evidence.target.name = "--help"
    let renamed = Engine().diagnose(evidence).findings.flatMap(\.remedy).compactMap(\.command)
    #expect(
      renamed.contains { $0.hasPrefix("virsh -c qemu:///system dommemstat 1b4e28ba-2fa1-11d2-883f-0016d3cca427") })
  }

  @Test("Without a guest the remedies stand with words in capitals for what is not known")
  func placeholders() throws {
    let context = RemedyContext(system: .linux, domain: nil, uri: nil, guestAddress: nil, driver: nil)
    let rule = try #require(Catalogue.rule("driver.generic"))
    let commands = rule.remedy(context).compactMap(\.command)
    #expect(commands.contains("echo ADDRESS > /sys/bus/pci/devices/ADDRESS/driver/unbind"))
    #expect(commands.contains("virt-balloon diagnose DOMAIN"))
  }

  @Test("Only the local machine's connections share our clock: an age over ssh is not told")
  func clocks() {
    for (location, shares) in [
      ("qemu:///system", true), ("qemu+unix:///system", true), ("qemu+ssh://host/system", false),
      ("qemu://host/system", false), ("host", false),
    ] {
      var evidence = Make.readOnly { evidence in
        evidence.collection.sampled = false
        evidence.readings.removeLast()
      }
      evidence.target.location = location
      #expect((Engine().diagnose(evidence).verdict == .healthy) == shares, "\(location)")
    }
  }

  @Test("The guest's balloon is the function on the host's path, else the only balloon, and never something else there")
  func balloonIndex() {
    #expect(Make.healthy().guestBalloonIndex == 0)
    var elsewhere = Make.healthy()
    elsewhere.device.path = Make.observed(PCIPath(parsing: "06.0")!)  // virtio-serial's place
    #expect(elsewhere.guestBalloonIndex == 0)
    var twins = Make.healthy()
    let functions = Make.linuxFunctions()
    twins.guest.functions = Make.told([functions[0], functions[0], functions[1]])
    #expect(twins.guestBalloonIndex == 0)
    twins.device.path = Make.failed()
    twins.configuration.path = Make.failed()
    #expect(twins.guestBalloonIndex == nil)
  }

  @Test("Sizes and durations are in whole units where they are whole, and never rounded up")
  func words() {
    #expect(EvidenceText.size(0) == "0 bytes")
    #expect(EvidenceText.size(1 << 30) == "1 GiB")
    #expect(EvidenceText.size(1_610_612_736) == "1.5 GiB")
    #expect(EvidenceText.size(1_073_741_823) == "1023.9 MiB")
    #expect(EvidenceText.size(.max) == "16777215.9 TiB")
    #expect(EvidenceText.duration(1) == "1 second")
    #expect(EvidenceText.duration(119.9) == "119 seconds")
    #expect(EvidenceText.duration(7_199) == "119 minutes")
    #expect(EvidenceText.duration(1e6) == "11 days")
    #expect(EvidenceText.duration(-1) == "an unknown time")
    #expect(EvidenceText.duration(.nan) == "an unknown time")
    #expect(EvidenceText.duration(.infinity) == "an unknown time")
  }

  @Test("Extreme numbers in the evidence trap nowhere")
  func extremes() {
    let numbers: [UInt64] = [.max, .max - 1, 0, 1]
    let times: [Double] = [-1e300, 0, 1e300, .infinity, -.infinity, .nan]
    for number in numbers {
      for seconds in times {
        let evidence = Make.healthy { evidence in
          evidence.configuration.maximum = Make.observed(number)
          evidence.configuration.target = Make.observed(number / 2)
          evidence.configuration.statsPeriod = Make.observed(number)
          evidence.device.pollingInterval = Make.observed(number)
          evidence.domain.uptime = Make.observed(seconds)
          evidence.guest.uptime = Make.told(number)
          evidence.readings = [
            Make.reading(
              at: seconds, actual: number, lastUpdate: number, statistics: ["totalMemory": Make.observed(number)]),
            Make.reading(
              at: -seconds, actual: number, lastUpdate: number, statistics: ["freeMemory": Make.observed(0)]),
          ]
        }
        let diagnosis = Engine().diagnose(evidence)
        #expect(diagnosis.witnesses.count == 3)
        #expect(Set(diagnosis.told) == CatalogueTests.ids)
      }
    }
  }
}
