// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite("setupapi.dev.log") struct SetupLogArtefactTests {
  private func balloon(_ analysis: Analysis) throws -> GuestFunction {
    try #require(analysis.evidence.guest.functions.value?.first { $0.identity.value?.isBalloon == true })
  }

  @Test("The last section about the balloon outranks the earlier one, which found no driver")
  func last() throws {
    let analysis = try Sample.analyze(Sample.bytes("setupapi-dev-win11.log"))
    #expect(analysis.kinds == ["setupapi.dev.log"])
    #expect(analysis.unread.isEmpty)
    let balloon = try balloon(analysis)
    #expect(balloon.module.value == "oem5.inf")
    #expect(balloon.windows?.originalINF.value == "balloon.inf")
    #expect(balloon.driverVersion.value == "100.85.104.19900")
    #expect(balloon.windows?.driverRank.value == 0x00ff_0001)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.module.provenance.source.contains("2024/05/11 08:10:01.000 by the guest's clock"))
    #expect(analysis.evidence.guest.kernel.value == "10.0.22631")
    let package = try #require(analysis.evidence.guest.services.value?.first)
    #expect(package.name == "oem5.inf")
    #expect(analysis.findings == ["driver.known-bug"])
    let log = try #require(analysis.evidence.guest.log.value)
    #expect(log.contains { $0.contains("chosen: oem5.inf (balloon.inf) 100.85.104.19900, rank 0xff0001") })
    #expect(!log.contains { $0.contains("QEMU0002") })
  }

  @Test("A log whose last section found no driver says that none holds the balloon, with its time")
  func none() throws {
    let analysis = try Sample.analyze(Sample.bytes("setupapi-dev-no-driver.log"))
    #expect(analysis.findings == ["driver.none"])
    let balloon = try balloon(analysis)
    #expect(balloon.driver.isAbsent)
    #expect(balloon.problemCode.value == 28)
    #expect(balloon.windows?.problemStatus.value == 0xc000_0490)
    #expect(balloon.driver.provenance.source.contains("2024/05/10 09:59:01.100"))
  }

  @Test("A log that other text breaks in two is two artefacts, of which the later one counts")
  func broken() throws {
    let log = { (inf: String, time: String) in
      """
      >>>  [Device Install (Hardware initiated) - PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&13C0B0C5&0&28]
      >>>  Section start \(time)
           dvi: {Core Device Install} 10:00:00.000
           dvi:      Driver Node:
           dvi:           Status         - Selected
           dvi:           Driver INF     - \(inf) (C:\\Windows\\System32\\DriverStore\\balloon.inf)
           dvi:           Driver Version - 08/31/2021,100.85.104.20700
      of a line that was broken in two
           dvi: {Core Device Install - exit(0x00000000)} 10:00:01.000
      <<<  Section end \(time)
      """
    }
    // Synthesised: neither section has its status line, as pastes of a part have not.
    let analysis = try Sample.analyze(
      text: log("oem3.inf", "2024/01/01 10:00:00.000") + "\nand then I did it again, after\nactual 4194304\nrss 1\n\n"
        + log("oem4.inf", "2024/02/01 10:00:00.000") + "\n<<<  [Exit status: SUCCESS]\n")
    #expect(analysis.kinds == ["setupapi.dev.log", "virsh dommemstat", "setupapi.dev.log"])
    #expect(try balloon(analysis).module.value == "oem4.inf")
    #expect(analysis.unread.map(\.text) == ["and then I did it again, after"])
  }

  @Test("What the running Windows says counts before the log")
  func outranked() throws {
    let analysis = try Sample.analyze(
      Sample.bytes("setupapi-dev-no-driver.log"), Sample.bytes("pnputil-devices-properties.txt"))
    #expect(try balloon(analysis).driver.value == "BALLOON")
    #expect(analysis.findings == ["driver.known-bug"])
    #expect(analysis.evidence.collection.notices.contains { $0.contains("disagree") })
  }

  @Test("The form of Windows 7 without its spaces tells the signature's errors, and that nothing was installed")
  func signature() throws {
    let analysis = try Sample.analyze(Sample.bytes("setupapi-dev-win7.txt"))
    let log = try #require(analysis.evidence.guest.log.value)
    #expect(log.contains { $0.contains("0x800b0109 (CERT_E_UNTRUSTEDROOT") })
    #expect(log.contains { $0.contains("0xe0000247 (ERROR_DRIVER_STORE_ADD_FAILED") })
    #expect(log.contains { $0.contains("2015/04/13 15:21:39.946") })
    #expect(analysis.evidence.guest.functions.value == nil)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.unread.count == 1)
  }

  @Test("A log whose marks a forum took for a quotation's is read by its own words")
  func unmarked() throws {
    let text = String(decoding: try Sample.bytes("setupapi-dev-win11.log"), as: UTF8.self).replacing(">>>  ", with: "")
    let analysis = try Sample.analyze(text: text)
    #expect(try balloon(analysis).module.value == "oem5.inf")
    #expect(try balloon(analysis).module.provenance.source.contains("2024/05/11 08:10:01.000"))
  }

  @Test("The documentation's form of marks is read too")
  func documentation() throws {
    let analysis = try Sample.analyze(Sample.bytes("setupapi-documentation-form.txt"))
    let balloon = try balloon(analysis)
    #expect(balloon.module.value == "oem9.inf")
    #expect(balloon.driverVersion.value == "100.77.104.17100")
    #expect(balloon.windows?.originalINF.value == "balloon.inf")
  }

  @Test("A section that was cut says nothing of how it ended")
  func cut() throws {
    let whole = String(decoding: try Sample.bytes("setupapi-dev-win11.log"), as: UTF8.self)
    let end = try #require(whole.firstRange(of: "     ndv:      Device install status"))
    let analysis = try Sample.analyze(text: String(whole[..<end.lowerBound]))
    #expect(analysis.evidence.guest.functions.value == nil)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.log.value?.contains { $0.contains("without an end") } == true)
  }

  @Test("A section that removes the device leaves nothing of what was before")
  func removed() throws {
    let text =
      String(decoding: try Sample.bytes("setupapi-dev-win11.log"), as: UTF8.self) + """

        >>>  [Delete Device - PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&11583659&0&18]
        >>>  Section start 2024/06/01 08:10:01.000
             cmd: pnputil /remove-device x
        <<<  Section end 2024/06/01 08:10:02.100
        <<<  [Exit status: SUCCESS]
        """
    #expect(try Sample.analyze(text: text).evidence.guest.functions.value == nil)
  }

  @Test("A log of any size is reduced to the sections about the balloon as it comes")
  func digest() throws {
    let log = String(decoding: try Sample.bytes("setupapi-dev-win11.log"), as: UTF8.self)
    let start = try #require(log.firstRange(of: "\n[Boot Session: 2024/05/10"))
    let end = try #require(log.firstRange(of: ">>>  [Device Install (Hardware initiated) - PCI"))
    let noise = Array(log[start.lowerBound..<end.lowerBound].utf8)
    var digest = SetupLogDigest()
    digest.append(Array(log[..<start.lowerBound].utf8))
    for _ in 0..<500 { digest.append(noise) }
    for chunk in stride(from: 0, to: 4_096, by: 7) {
      let rest = Array(log[end.lowerBound...].utf8).dropFirst(chunk)
      digest.append(rest.prefix(chunk + 7 >= 4_096 ? .max : 7))
    }
    let bytes = digest.finish()
    #expect(bytes.count < 8_192)
    let analysis = try Sample.analyze(bytes)
    #expect(try balloon(analysis).module.value == "oem5.inf")
    #expect(analysis.evidence.guest.kernel.value == "10.0.22631")
    #expect(SetupLogDigest.isHead(Array(log.utf8)))
    #expect(!SetupLogDigest.isHead(Array("[Device]".utf8)))
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [">>> quoted text\n", ">>>  [quoted]\nmore text\n\nand more", "dvi: is what it says\n", "<<< end\n"])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.evidence.guest.log.value == nil)
    #expect(analysis.evidence.guest.functions.value == nil)
    #expect(!analysis.unread.isEmpty)
  }

  @Test("Endless sections and lines are looked through in linear time")
  func hostile() throws {
    let title = ">>>  [Device Install - PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&1&0&18]\n"
    _ = try Sample.analyze(text: String(repeating: title, count: 5_000))
    _ = try Sample.analyze(text: title + String(repeating: "!!!  dvi: {a - PCI\\VEN_1AF4} 0x800b0109\n", count: 5_000))
    _ = try Sample.analyze(text: title + String(repeating: "\n", count: 20_000))
    _ = try Sample.analyze(
      text: title + String(repeating: "     dvi: Driver Node:\n     utl: Rank - zz\n", count: 3_000))
  }
}
