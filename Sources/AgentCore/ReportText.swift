// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import PCI

/// Lays out the lines of a report.
struct ReportText {
  private(set) var text = ""

  mutating func line(_ line: String) {
    text += line
    text += "\n"
  }

  mutating func section<Value>(
    _ title: String, _ outcome: Result<Value, ProtocolError>, _ body: (inout ReportText, Value) -> Void
  ) {
    line("")
    line(title)
    switch outcome {
    case .success(let value): body(&self, value)
    case .failure(let error): line("  could not be asked: " + printable(error.message))
    }
  }

  /// One fact: what it is, its value, where it comes from.
  mutating func fact<Value: FactValue>(_ label: String, _ fact: Fact<Value>, _ write: (Value) -> String) {
    var value: String
    switch fact {
    case .observed(let observed, _): value = write(observed)
    case .absent: value = "-"
    case .failed(let failure, _): value = "? " + printable(failure.reason.text) + ": " + printable(failure.detail)
    }
    pad(&value, to: 38)
    var label = "  " + printable(label)
    pad(&label, to: 24)
    line(label + " " + value + "  [" + printable(fact.source) + "]")
  }

  mutating func fact(_ label: String, _ value: Fact<String>) { fact(label, value) { printable($0) } }
  mutating func fact(_ label: String, _ value: Fact<UInt64>) { fact(label, value) { String($0) } }

  mutating func function(_ function: PCIFunctionFacts) {
    line("  " + ReportText.value(function.address) { printable($0) })
    fact("  bridge path", function.path)
    fact("  vendor", function.vendor) { hexadecimal($0, width: 4) }
    fact("  device", function.device) { hexadecimal($0, width: 4) }
    fact("  subsystem vendor", function.subsystemVendor) { hexadecimal($0, width: 4) }
    fact("  subsystem", function.subsystem) { hexadecimal($0, width: 4) }
    fact("  class", function.classCode) { hexadecimal($0, width: 6) }
    fact("  revision", function.revision) { hexadecimal($0, width: 2) }
    fact("  driver", function.driver)
    fact("  module", function.module)
    fact("  driver version", function.driverVersion)
    fact("  virtio driver", function.virtioDriver)
    fact("  virtio status", function.virtioStatus) { "0x" + hexadecimal($0, width: 2) }
    fact("  virtio features", function.virtioFeatures) { ReportText.bits($0) }
    // Windows alone has these; elsewhere they would say nothing.
    if !ReportText.isUnsupported(function.provider) { fact("  provider", function.provider) }
    if !ReportText.isUnsupported(function.problemCode) {
      fact("  problem code", function.problemCode) { String($0) }
    }
    if let windows = function.windows { self.windows(windows) }
  }

  static func isUnsupported<Value>(_ fact: Fact<Value>) -> Bool {
    if case .failed(let failure, _) = fact { failure.reason.text.utf8.elementsEqual("unsupported".utf8) } else { false }
  }

  private static func value<Value>(_ fact: Fact<Value>, _ write: (Value) -> String) -> String {
    if case .observed(let value, _) = fact { write(value) } else { "?" }
  }

  /// The numbers of the bits that are set: `1 32`.
  private static func bits(_ row: String) -> String {
    var numbers = ""
    for (number, bit) in row.utf8.enumerated() where bit == UInt8(ascii: "1") {
      numbers += (numbers.isEmpty ? "" : " ") + String(number)
    }
    return numbers.isEmpty ? "none" : numbers
  }

  static func isCount(_ name: String) -> Bool {
    [
      StatisticsField.majorFaults, StatisticsField.minorFaults, StatisticsField.hugetlbAllocations,
      StatisticsField.hugetlbFailures,
    ].contains { $0.utf8.elementsEqual(name.utf8) }
  }

  static func bytes(_ count: UInt64) -> String {
    count < 1 << 20 ? String(count) : String(count) + " (" + String(count >> 20) + " MiB)"
  }

  /// `[    5.140900] `, as dmesg writes it.
  static func time(_ microseconds: UInt64?) -> String {
    guard let microseconds else { return "" }
    var seconds = String(microseconds / 1_000_000)
    seconds = String(repeating: " ", count: max(0, 5 - seconds.utf8.count)) + seconds
    let fraction = String(microseconds % 1_000_000)
    return "[" + seconds + "." + String(repeating: "0", count: 6 - fraction.utf8.count) + fraction + "] "
  }

  private func pad(_ text: inout String, to width: Int) {
    var count = 0
    for _ in text.unicodeScalars { count &+= 1 }
    text += String(repeating: " ", count: max(0, width &- count))
  }
}
