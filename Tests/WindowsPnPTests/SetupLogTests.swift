// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("SetupAPI's log")
struct SetupLogTests {
  private let balloon = #"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13c0b0c5&0&28"#

  private func read(_ text: String) -> SetupLog {
    var log = SetupLog()
    log.append(text.utf8)
    log.finish()
    return log
  }

  /// A section in the form of Windows 7 to 11. Synthesised on published logs of other devices.
  private func section(_ title: String, body: [String] = [], start: String = "2025/11/21 20:55:17.486") -> String {
    ([">>>  [\(title)]", ">>>  Section start \(start)"] + body + [
      "<<<  Section end 2025/11/21 20:55:18.001", "<<<  [Exit status: SUCCESS]", "", "",
    ]).joined(separator: "\r\n")
  }

  @Test("A device without a driver has its section, with times, status and every line")
  func windows7() throws {
    // The form and the lines are published (billauer.co.il, a PCI device of Windows 7); the device is replaced.
    let log = read(
      """
      [Device Install Log]
           OS Version = 6.1.7601
           Service Pack = 1.0

      [BeginLog]

      >>>  [Device Install (Hardware initiated) - pci\\ven_1af4&dev_1002&subsys_00051af4&rev_00\\3&13c0b0c5&0&28]
      >>>  Section start 2012/02/08 20:55:17.486
           ump: Creating Install Process: DrvInst.exe 20:55:17.496
           dvi: {Build Driver List} 20:55:17.506
      !    dvi: Selecting driver failed(0xe0000228)
           dvi: {Select Best Driver - exit(0xe0000228)}
      <<<  Section end 2012/02/08 20:55:17.746
      <<<  [Exit status: FAILURE(0xe0000203)]
      """)
    #expect(log.sections.count == 1)
    let section = try #require(log.sections.first)
    #expect(
      section.title
        == #"Device Install (Hardware initiated) - pci\ven_1af4&dev_1002&subsys_00051af4&rev_00\3&13c0b0c5&0&28"#)
    #expect(section.start?.text == "2012/02/08 20:55:17.486")
    #expect(section.start?.localMicroseconds == 1_328_734_517_486_000)
    #expect(section.end?.text == "2012/02/08 20:55:17.746")
    #expect(section.status == "FAILURE(0xe0000203)")
    #expect(section.lines.count == 8)
    #expect(section.omitted == 0)
    #expect(section.lines.first?.text.hasPrefix(">>>  [Device Install") == true)
    #expect(section.lines.first?.time == nil)
    #expect(section.lines[4].text == "!    dvi: Selecting driver failed(0xe0000228)")
    #expect(section.lines[4].time?.text == "2012/02/08 20:55:17.486")
    #expect(section.lines.last?.text == "<<<  [Exit status: FAILURE(0xe0000203)]")
    #expect(section.lines.last?.time?.text == "2012/02/08 20:55:17.746")
  }

  @Test("The form of the documentation is read as well")
  func documented() throws {
    // Microsoft's "Format of a text log section"; the device is replaced.
    let log = read(
      """
      >>>  [Device Install - PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\3&61aaa01&0&38]
      >>>  2005/02/13 22:06:20.000: Section start
           ndv: Retrieving device info...
           ndv: Setting device parameters...
           ndv: Building driver list...
      <<<  [2005/02/13 22:06:28.109: Section end]
      <<<  [Exit Status(0x00000000)]

           ndv: of no section
      """)
    let section = try #require(log.sections.first)
    #expect(log.sections.count == 1)
    #expect(section.start?.text == "2005/02/13 22:06:20.000")
    #expect(section.end?.text == "2005/02/13 22:06:28.109")
    #expect(section.status == "0x00000000")
    #expect(section.lines.count == 7)
  }

  @Test("An end without a status ends the section")
  func noStatus() {
    let log = read(">>>  [x - \(balloon)]\n<<<  [Exit]\nlater")
    #expect(log.sections.first?.status == nil)
    #expect(log.sections.first?.lines.count == 2)
  }

  @Test(
    "Sections about the balloon are told by its ids and its INF, in any case",
    arguments: [
      #"Device Install (Hardware initiated) - PCI\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\4&2e34cd3b&0&0010"#,
      #"Device Install (UpdateDriverForPlugAndPlayDevices) - pci\ven_1af4&dev_1002"#,
      #"Setup Import Driver Package - D:\Balloon\w11\amd64\balloon.inf"#,
      #"Device Install (DiInstallDriver) - C:\x\BALLOON.INF"#, "SetupCopyOEMInf - balloon.inf", "x - D:/y/balloon.inf",
    ])
  func about(_ title: String) {
    #expect(read(section(title)).sections.map(\.title) == [title])
  }

  @Test(
    "Other sections are left out",
    arguments: [
      #"Device Install (Hardware initiated) - PCI\VEN_1AF4&DEV_1000&SUBSYS_00011AF4&REV_00\3&13c0b0c5&0&18"#,
      #"Device Install (Hardware initiated) - PCI\VEN_1AF4&DEV_1110&SUBSYS_11001AF4&REV_01\3&13c0b0c5&0&18"#,
      #"Setup Import Driver Package - D:\vioserial\w11\amd64\vioser.inf"#, #"x - C:\notballoon.inf"#, "", "]",
    ])
  func notAbout(_ title: String) {
    #expect(read(section(title, body: ["     dvi: " + balloon])).sections.isEmpty)
  }

  @Test("A section that has no end ends where the next begins, or with the log")
  func unfinished() {
    let log = read(
      ">>>  [a - \(balloon)]\n>>>  Section start 2025/11/21 20:55:17.486\n     one\n" + section("b")
        + ">>>  [c - \(balloon)]\n     two")
    #expect(log.sections.map(\.title) == ["a - \(balloon)", "c - \(balloon)"])
    #expect(log.sections.map(\.lines.count) == [3, 2])
    #expect(log.sections.allSatisfy { $0.status == nil && $0.end == nil })
  }

  @Test("How the bytes were divided does not matter")
  func division() {
    let bytes = Array(("\u{feff}" + section("a - \(balloon)", body: ["     é"]) + section("b - \(balloon)")).utf8)
    let whole = read(String(decoding: bytes, as: UTF8.self))
    #expect(whole.sections.count == 2)
    var log = SetupLog()
    for byte in bytes { log.append([byte]) }
    log.finish()
    #expect(log.sections.map(\.title) == whole.sections.map(\.title))
    #expect(log.sections.map { $0.lines.map(\.text) } == whole.sections.map { $0.lines.map(\.text) })
  }

  @Test("A mark of the encoding before the first section does not hide it")
  func byteOrderMark() {
    #expect(read("\u{feff}" + section("a - \(balloon)")).sections.count == 1)
  }

  @Test("What stands in the system's code page is replaced, and the rest is right")
  func codePage() {
    var log = SetupLog()
    log.append(Array(">>>  [Ger".utf8) + [0xe4] + Array("t - \(balloon)]\r\n     dvi: x\r\n".utf8))
    log.finish()
    #expect(log.sections.first?.title == "Ger\u{fffd}t - \(balloon)")
    #expect(log.sections.first?.lines.last?.text == "     dvi: x")
  }

  @Test("Of too many sections the latest are kept")
  func manySections() {
    let log = read((0..<100).map { section("\($0) - \(balloon)") }.joined())
    #expect(log.sections.count == SetupLog.sectionLimit)
    #expect(log.sections.first?.title.hasPrefix("84 ") == true)
    #expect(log.sections.last?.title.hasPrefix("99 ") == true)
  }

  @Test("Of too many lines the first and the latest are kept, and the others counted")
  func manyLines() throws {
    let log = read(section("a - \(balloon)", body: (0..<1000).map { "     dvi: \($0)" }))
    let section = try #require(log.sections.first)
    #expect(section.lines.count == SetupLog.lineLimit)
    #expect(section.omitted == 1004 - SetupLog.lineLimit)
    #expect(section.lines[2].text == "     dvi: 0")
    #expect(section.lines[SetupLog.lineLimit - 3].text == "     dvi: 999")
    #expect(section.lines.last?.text == "<<<  [Exit status: SUCCESS]")
    #expect(section.status == "SUCCESS")
  }

  @Test("A line without end is cut, and the log goes on behind it")
  func longLine() {
    let log = read(
      section("a - \(balloon)", body: [String(repeating: "x", count: 1 << 20)]) + section("b - \(balloon)"))
    #expect(log.sections.first?.lines[2].text.utf8.count == SetupLog.byteLimit)
    #expect(log.sections.count == 2)
  }

  @Test(
    "A time that no clock shows is none",
    arguments: [
      "", "2025/11/21", "2025/13/21 20:55:17.486", "2025/02/30 20:55:17.486", "2025/11/21 24:55:17.486",
      "2025/11/21 20:60:17.486", "2025-11-21 20:55:17.486", "2025/11/21T20:55:17.486", "1969/11/21 20:55:17.486",
    ])
  func noTimes(_ text: String) {
    #expect(SetupTime(in: text.utf8) == nil)
  }

  @Test(
    "A time is read wherever it stands, as microseconds of the guest's own clock",
    arguments: [
      // Computed independently, with Python's datetime.
      ("1970/01/01 00:00:00.000", 0), ("2000/02/29 23:59:59.999", 951_868_799_999_000),
      ("2024/12/31 12:00:00.001", 1_735_646_400_001_000), ("2100/03/01 00:00:00.000", 4_107_542_400_000_000),
    ] as [(String, Int64)])
  func times(_ text: String, _ microseconds: Int64) {
    #expect(SetupTime(in: text.utf8)?.localMicroseconds == microseconds)
    #expect(SetupTime(in: "<<<  [\(text): Section end]".utf8)?.text == text)
  }
}
