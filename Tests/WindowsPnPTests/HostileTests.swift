// SPDX-License-Identifier: BSD-3-Clause
import PCI
import Testing
import WindowsPnP

/// No input may trap: every sample is cut everywhere, and every byte and code unit of it changed.
@Suite("Hostile input")
struct HostileTests {
  private static let samples = [
    #"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13C0B0C5&0&28"#,
    #"PCI\VEN_1AF4&DEV_1045&CC_00FF00&DT_4\5&2e34cd3b&0&001088"#, #"PCI\CC_0500"#,
    #"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5,0)"#,
    "PCI-шина 3, устройство 31, функция 7", "PCIROOT(0)#PCI(1500)#PCI(0000)", "100.101.104.28500", "6-21-2006",
    #"%SystemRoot%\system32\svchost.exe -k netsvcs -p"#, #""C:\Program Files\Balloon\blnsvr.exe" -x"#,
    #"\??\C:\Windows\System32\drivers\balloon.sys"#, "Windows 10 Pro", "22631", "6.3", "NO_DRV", "machine.inf",
    ">>>  [Device Install - PCI\\VEN_1AF4&DEV_1002\\3&0&0&18]\r\n>>>  Section start 2012/02/08 20:55:17.486\n"
      + "<<<  [2005/02/13 22:06:28.109: Section end]\n<<<  [Exit Status(0x00000000)]\n",
  ]

  /// Reads `text` as everything that text can be, and says how much came of it.
  private func readAll(_ text: String) -> Int {
    var found = 0
    func count(_ value: Any?) { if value != nil { found += 1 } }
    let instance = InstanceID(text)
    count(instance.enumerator)
    count(instance.hardware)
    count(instance.path)
    count(HardwareID(text)?.identity)
    count(HardwareID.merged([text, text]))
    let location = LocationInformation(text)
    count(location.address)
    count(location.bus)
    count(LocationPath(text)?.path)
    count(LocationPath.first(in: [text]))
    count(DriverVersion(text))
    count(VirtioWinVersion(text)?.release)
    count(DriverDate.iso(text))
    count(ImagePath(text).file(systemRoot: #"C:\Windows"#))
    count(ImagePath(#"System32\x.sys"#).file(systemRoot: text))
    var system = OSVersion()
    system.productName = text
    system.currentVersion = text
    system.currentBuildNumber = text
    system.installationType = text
    count(system.name)
    count(system.version)
    count(DriverBinding(service: nil, infPath: text, infSection: text, provider: text, problem: nil))
    count(SetupTime(in: text.utf8))
    var log = SetupLog()
    log.append(text.utf8)
    log.finish()
    count(log.sections.first)
    return found
  }

  @Test("Every prefix of every sample is read without a trap", arguments: samples)
  func prefixes(_ sample: String) {
    let bytes = Array(sample.utf8)
    for end in 0...bytes.count { #expect(readAll(String(decoding: bytes[..<end], as: UTF8.self)) >= 1) }
  }

  @Test("Every sample with any byte changed is read without a trap", arguments: samples)
  func flippedBytes(_ sample: String) {
    var bytes = Array(sample.utf8)
    for index in bytes.indices {
      let original = bytes[index]
      for change: UInt8 in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
        bytes[index] = original ^ change
        #expect(readAll(String(decoding: bytes, as: UTF8.self)) >= 1)
      }
      bytes[index] = original
    }
  }

  @Test("Every sample with any code unit changed is read without a trap", arguments: samples)
  func flippedUnits(_ sample: String) {
    var units = Array(sample.utf16)
    for index in units.indices {
      let original = units[index]
      for change: UInt16 in [0x0001, 0x0080, 0x0100, 0xd800, 0xdc00, 0xffff] {
        units[index] = original ^ change
        #expect(readAll(WideText.string(units)) >= 1)
        #expect(WideText.strings(units).count <= 2)
      }
      units[index] = 0
      #expect(WideText.string(units).utf16.count == index)
      units[index] = original
    }
  }

  @Test("Overlong text is refused or cut, and takes no time", arguments: samples)
  func overlong(_ sample: String) {
    let long = String(repeating: sample, count: 4000)
    #expect(HardwareID(long) == nil)
    #expect(InstanceID(long).enumerator == nil)
    #expect(InstanceID(long).path == nil)
    #expect(LocationInformation(long).bus == nil)
    #expect(LocationPath(long) == nil)
    #expect(DriverVersion(long) == nil)
    #expect(DriverDate.iso(long) == nil)
    #expect(ImagePath(long).file(systemRoot: #"C:\Windows"#) == nil)
    #expect(WideText.string(long.utf16).utf16.count <= WideText.defaultLimit)
    var log = SetupLog()
    log.append(long.utf8)
    #expect(log.sections.count <= SetupLog.sectionLimit)
    for section in log.sections { #expect(section.lines.count <= SetupLog.lineLimit) }
  }

  @Test("No number traps")
  func numbers() {
    var numbers: [UInt64] = [0, .max]
    for bit in 0..<64 { numbers += [1 << bit, (1 << bit) &- 1, ~(1 << bit)] }
    for number in numbers {
      let half = UInt32(truncatingIfNeeded: number)
      #expect(DriverVersion(DriverVersion(packed: number).description)?.packed == number)
      #expect(DriverRank(rawValue: half).description.utf8.count == 10)
      #expect(DeviceNodeStatus(rawValue: half).names.count <= half.nonzeroBitCount)
      #expect(ConfigFlags(rawValue: half).names.count <= half.nonzeroBitCount)
      #expect((ProblemCode(rawValue: half).name == nil) == (half == 0 || half > 57))
      #expect((FileTime.unixSeconds(number) == nil) == (number == 0 || number >= 1 << 63))
      if let day = FileTime.date(number) { #expect(day.utf8.count == 10) }
      if let hop = DeviceAddress.deviceAndFunction(half) { #expect(hop.device < 32 && hop.function < 8) }
      #expect((DeviceAddress.address(bus: half, half) == nil) == (half > 7))
    }
  }

  @Test("Every day of eight hundred years has its date, in order, and so has the calendar's end")
  func everyDay() {
    var before = ""
    var count = 0
    for range: Range<UInt64> in [0..<292_194, 3_067_000..<3_067_800] {
      for day in range {
        guard let iso = FileTime.date(day * 864_000_000_000 + 1) else { continue }
        count += 1
        // Dates of one length ascend as their text does.
        if iso <= before { Issue.record("\(iso) after \(before)") }
        before = iso
      }
    }
    #expect(count == 292_194 + 671)
    #expect(before == "9999-12-31")
    #expect(FileTime.date(292_193 * 864_000_000_000) == "2400-12-31")
  }
}
