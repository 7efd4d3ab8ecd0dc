// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI

/// A guest that is made up after one byte: how much it has, how long its texts are, and whether it fails.
struct MadePlatform: GuestPlatform {
  private let kind: UInt8
  init(_ kind: UInt8) { self.kind = kind }

  /// One guest of eight has nothing to give.
  private func fail() throws(ProtocolError) {
    if kind & 7 == 7 { throw ProtocolError(.denied, "no\u{202e}\n") }
  }
  private var isWindows: Bool { kind & 8 != 0 }
  /// Texts from the system are as odd as they like.
  private var text: String {
    switch kind >> 4 & 3 {
    case 0: "virtio-pci"
    case 1: "\u{1}\"\\\u{202e}\u{fffd}"
    case 2: "устройство"
    default: ""
    }
  }
  /// And as long as they like.
  private static let long = String(repeating: "x", count: JSONLimits.reply.string + 1)

  /// Lists of several pages are for one guest in sixteen: every byte of an answer costs the fuzzer time.
  private var count: UInt64 { kind >> 4 == 15 ? 60 : UInt64(kind >> 6) }

  var system: String { isWindows ? "windows" : "linux" }
  private var fact: Fact<String> { .observed(text, source: "made") }
  private func number<Value: FactValue>(_ value: Value) -> Fact<Value> { .observed(value, source: "made") }

  func os() throws(ProtocolError) -> GuestOS {
    try fail()
    var os = GuestOS(
      family: fact, name: fact, version: .absent(source: "made"), kernel: fact, architecture: fact,
      bootTime: number(.min), uptime: number(.max), clock: number(0))
    if isWindows {
      os.windows = WindowsSystemFacts(edition: fact, secureBoot: number(true), testSigning: number(false))
    }
    return os
  }
  func memory() throws(ProtocolError) -> NamedFacts {
    try fail()
    return NamedFacts([NamedFacts.Member(MemoryField.total, number(.max))])
  }
  func statistics() throws(ProtocolError) -> NamedFacts {
    try fail()
    return NamedFacts(StatisticsField.all.map { NamedFacts.Member($0, number(1 << 53)) })
  }
  func functions() throws(ProtocolError) -> [UInt64] {
    try fail()
    return (0..<count).map { $0 << 44 }
  }
  func function(_ key: UInt64) -> PCIFunctionFacts? {
    // Some are gone by now.
    guard key >> 44 % 5 != 4 else { return nil }
    var windows: WindowsDeviceFacts?
    if isWindows {
      windows = WindowsDeviceFacts(FactFailure(.failed, text), source: "made")
      windows?.hardwareIDs = number([text, "", text])
    }
    return PCIFunctionFacts(
      address: fact, path: fact, vendor: number(PCIIdentity.virtioVendor), device: number(0x1002),
      subsystemVendor: .absent(source: "made"), subsystem: .absent(source: "made"), classCode: number(0xff00),
      revision: number(0), driver: fact, module: key == 0 && kind >> 4 & 3 == 3 ? number(Self.long) : fact,
      virtioDriver: fact,
      virtioStatus: number(15),
      virtioFeatures: fact, provider: fact, driverVersion: fact, problemCode: number(0), windows: windows)
  }
  func services() throws(ProtocolError) -> [ServiceFacts] {
    try fail()
    return (0..<min(count, 8)).map { index in
      ServiceFacts(
        name: text, kind: "kernel-driver", state: fact, version: fact,
        counters: NamedFacts([NamedFacts.Member("balloon_inflate", number(index))]),
        windows: isWindows ? WindowsServiceFacts(FactFailure(.denied, text), source: "made") : nil)
    }
  }
  func log(from cursor: UInt64, _ body: (_ number: UInt64, _ line: LogLine) -> Bool) throws(ProtocolError) {
    try fail()
    for number in 0..<(count * 40) where number >= cursor {
      guard body(number, LogLine(microseconds: number.isMultiple(of: 2) ? number : nil, text: text)) else { return }
    }
  }
}
