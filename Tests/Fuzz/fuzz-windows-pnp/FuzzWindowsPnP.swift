// SPDX-License-Identifier: BSD-3-Clause
// Whatever a registry, a property or a log of Windows holds: given to every reader, as UTF-8 and as UTF-16.
import PCI
import WindowsPnP

func tryInput(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  checkDevice(text)
  checkDriver(text)
  checkLog(bytes)
  checkNumbers(bytes)
  let wide = checkWideText(bytes)
  checkDevice(wide)
  checkDriver(wide)
}

func checkDevice(_ text: String) {
  let instance = InstanceID(text)
  guard (instance.enumerator == nil) == (instance.suffix == nil), instance.path == nil || instance.isPCI else {
    fatalError("an instance id of which a part is missing")
  }
  if let path = instance.path { check(path) }
  if let id = HardwareID(text) {
    guard HardwareID.merged([text, text]) == id, HardwareID(upperCase(text)) == id else {
      fatalError("an id that is not read alike twice")
    }
    guard id.classCode.map({ $0 <= 0xff_ffff }) != false else { fatalError("a class of more than 24 bits") }
  }
  let location = LocationInformation(text)
  guard (location.bus == nil) == (location.function == nil), (location.bus == nil) == (location.device == nil),
    text.isEmpty || !location.text.isEmpty, location.address == nil || location.bus != nil
  else { fatalError("a location of which a part is missing") }
  if let path = LocationPath.first(in: [text, text])?.path { check(path) }
}

/// ASCII alone: Unicode has further letters whose upper case is an S.
func upperCase(_ text: String) -> String {
  String(decoding: text.utf8.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") ? $0 - 0x20 : $0 }, as: UTF8.self)
}

func check(_ path: PCIPath) {
  guard path.hops.count <= PCIPath.limit, PCIPath(parsing: path.description) == path else {
    fatalError("a bridge path that is none")
  }
}

func checkDriver(_ text: String) {
  if let version = DriverVersion(text) {
    guard DriverVersion(version.description) == version else { fatalError("a version is not read back") }
    _ = VirtioWinVersion(version)?.release
  }
  if let system = NTVersion(text) {
    guard NTVersion(system.description) == system else { fatalError("a version of Windows is not read back") }
    _ = VirtioWinVersion(text)?.order(to: system)
  }
  _ = NTVersion(build: text)
  for builds in [AffectedBuilds(first: 96, last: 104), AffectedBuilds(last: 262, mended: "2024-10-08"), .all] {
    _ = builds.has(DriverVersion(text), day: text)
  }
  if let day = DriverDate.iso(text), day.utf8.count != 10 { fatalError("a day that is none") }
  for root in [#"C:\Windows"#, text] {
    guard let file = ImagePath(text).file(systemRoot: root) else { continue }
    let start = Array(file.utf8.prefix(2))
    guard start.count == 2, start[1] == UInt8(ascii: ":"), !file.utf8.contains(where: { $0 < 0x20 }) else {
      fatalError("a file that is on no drive")
    }
  }
  let binding = DriverBinding(service: nil, infPath: text, infSection: text, provider: text, problem: nil)
  guard binding == (text.isEmpty ? .none : binding), binding != .balloonDriver else {
    fatalError("a driver without a service")
  }
  _ = DriverBinding(service: text, infPath: nil, infSection: nil, provider: nil, problem: nil)
  var system = OSVersion()
  system.productName = text
  system.currentVersion = text
  system.currentBuildNumber = text
  system.displayVersion = text
  guard (system.name == nil) == text.isEmpty, (system.release == nil) == text.isEmpty else {
    fatalError("an unknown name that is empty")
  }
  _ = system.version
  _ = VirtioWinVersion("61.71.104.9400")?.isForeign(to: system)
  _ = BalloonNames.isDriverINF(text)
}

func checkLog(_ bytes: [UInt8]) {
  let whole = log(bytes, by: max(bytes.count, 1))
  let parts = log(bytes, by: 7)
  guard whole.sections.count == parts.sections.count, whole.sections.count <= SetupLog.sectionLimit else {
    fatalError("the sections depend on how the bytes were divided, or are too many")
  }
  for (one, other) in zip(whole.sections, parts.sections) {
    guard one.lines.map(\.text) == other.lines.map(\.text), one.status == other.status, one.omitted == other.omitted
    else { fatalError("a section depends on how the bytes were divided") }
    guard one.lines.count <= SetupLog.lineLimit, one.status?.isEmpty != true else { fatalError("no section") }
    for line in one.lines {
      // A byte that is no text becomes three.
      guard line.text.utf8.count <= SetupLog.byteLimit * 3, !line.text.utf8.contains(UInt8(ascii: "\n")) else {
        fatalError("no line")
      }
    }
  }
}

func log(_ bytes: [UInt8], by size: Int) -> SetupLog {
  var log = SetupLog()
  var rest = bytes[...]
  while !rest.isEmpty {
    log.append(rest.prefix(size))
    rest = rest.dropFirst(size)
  }
  log.finish()
  return log
}

/// Reads the bytes as UTF-16, against Swift's own reading.
func checkWideText(_ bytes: [UInt8]) -> String {
  let units = stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map {
    UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
  }
  let text = WideText.string(bytes: bytes)
  let expected = String(decoding: units.prefix { $0 != 0 }.prefix(WideText.defaultLimit), as: UTF16.self)
  guard text.utf8.elementsEqual(expected.utf8), WideText.string(units).utf8.elementsEqual(text.utf8) else {
    fatalError("text that is not what Swift reads")
  }
  let list = WideText.strings(bytes: bytes, count: 8)
  guard list.count <= 8, !list.contains(where: \.isEmpty), list == WideText.strings(units, count: 8) else {
    fatalError("a list with an empty text, or a longer one than was asked for")
  }
  _ = HardwareID.merged(list)
  _ = LocationPath.first(in: list)
  return text
}

func checkNumbers(_ bytes: [UInt8]) {
  var number: UInt64 = 0
  for byte in bytes.prefix(8) { number = number << 8 | UInt64(byte) }
  let half = UInt32(truncatingIfNeeded: number)
  if let day = FileTime.date(number), day.utf8.count != 10 || FileTime.unixSeconds(number) == nil {
    fatalError("a day that is none")
  }
  _ = ProblemCode(rawValue: half).name
  _ = DeviceNodeStatus(rawValue: half).names
  _ = ConfigFlags(rawValue: half).names
  _ = DriverRank(rawValue: half).description
  _ = DriverRank(rawValue: half).match
  _ = VirtioWinVersion(DriverVersion(packed: number))?.release
  _ = DeviceAddress.address(bus: UInt32(truncatingIfNeeded: number >> 32), half)
  _ = ServiceState(rawValue: half)?.word
  _ = ServiceStart(rawValue: half)?.word
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    tryInput(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#else
  import FoundationEssentials

  /// Without the fuzzer: replays the files it is given.
  @main
  enum Replay {
    static func main() throws {
      for path in CommandLine.arguments.dropFirst() {
        tryInput(Array(try Data(contentsOf: URL(filePath: path))))
        print("replayed", path)
      }
    }
  }
#endif
