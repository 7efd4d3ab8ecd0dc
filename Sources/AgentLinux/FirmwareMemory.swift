// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// What the firmware said of the memory before any kernel changed it.
///
/// Source: Linux Documentation/ABI/testing/sysfs-firmware-memmap: a folder for each range, with `start`, `end` (the
/// last byte) and `type`.
struct FirmwareMemory {
  let ram: Fact<UInt64>
  let reserved: Fact<UInt64>

  struct Range {
    let start: UInt64
    let end: UInt64
    let isRAM: Bool
  }

  private static var folder: String { "/sys/firmware/memmap" }
  /// The firmware's tables have 128 ranges, and some more by EFI.
  private static var rangeLimit: Int { 1024 }
  /// What is as large as this and no RAM is no part of the machine's RAM either, but the window of a device: PCI's
  /// configuration space takes 64 MiB at least.
  private static var windowSize: UInt64 { 64 << 20 }
  private static var fourGiB: UInt64 { 1 << 32 }

  init(in files: SystemFiles) {
    let ranges = Self.ranges(in: files)
    let source = Self.folder
    ram = ranges.then { ranges in
      var sum = ByteSum()
      for range in ranges where range.isRAM { sum.add(range.end &- range.start) }
      return sum.reading
    }.fact(source: source + " System RAM")
    reserved = ranges.then { Self.reserved($0) }.fact(source: source + " other than System RAM")
  }

  /// What is not RAM to the system although the machine has RAM there: below 4 GiB all from 0 to the end of RAM, which
  /// is that of the last range of RAM and of what adjoins it; above, what the firmware itself set aside between ranges
  /// of RAM, since a mere hole there may be one before memory that was plugged in.
  static func reserved(_ ranges: [Range]) -> Reading<UInt64> {
    let ordered = ranges.sorted { $0.start < $1.start }
    var lowEnd: UInt64 = 0
    for range in ordered where range.isRAM && range.start < fourGiB { lowEnd = max(lowEnd, range.end) }
    guard lowEnd > 0 else { return .missing }
    for range in ordered
    where !range.isRAM && range.start == lowEnd && range.end <= fourGiB && range.end &- range.start < windowSize {
      lowEnd = range.end
    }
    lowEnd = min(lowEnd, fourGiB)
    var lowRAM: UInt64 = 0
    var reached: UInt64 = 0
    for range in ordered where range.isRAM && range.start < lowEnd {
      // Ranges that overlap count once.
      let start = max(range.start, reached)
      let end = min(range.end, lowEnd)
      if end > start { lowRAM &+= end &- start }
      reached = max(reached, end)
    }
    var highEnd: UInt64 = 0
    var isBehindRAM = false
    for range in ordered where range.isRAM && range.end > fourGiB { highEnd = max(highEnd, range.end) }
    var sum = ByteSum()
    sum.add(lowEnd &- lowRAM)
    for range in ordered where range.start >= fourGiB {
      if range.isRAM {
        isBehindRAM = true
      } else if isBehindRAM, range.end <= highEnd, range.end &- range.start < windowSize {
        sum.add(range.end &- range.start)
      }
    }
    return sum.reading
  }

  private static func ranges(in files: SystemFiles) -> Reading<[Range]> {
    var names: [String] = []
    do throws(SystemError) {
      try files.names(folder) { name in
        if decimalNumber(name.utf8) != nil { names.append(name) }
        return names.count <= rangeLimit
      }
    } catch { return Reading(error) }
    guard names.count <= rangeLimit else { return .failed(FactFailure(.malformed, "too many ranges")) }
    var ranges: [Range] = []
    for name in names {
      let place = folder + "/" + name
      let start: UInt64
      let last: UInt64
      switch address(place + "/start", in: files) {
      case .value(let value): start = value
      case .missing: return .missing
      case .failed(let failure): return .failed(failure)
      }
      switch address(place + "/end", in: files) {
      case .value(let value): last = value
      case .missing: return .missing
      case .failed(let failure): return .failed(failure)
      }
      guard last >= start, last < UInt64.max else { return .failed(FactFailure(.malformed, place + ": no range")) }
      switch files.line(place + "/type") {
      case .value(let type):
        ranges.append(Range(start: start, end: last &+ 1, isRAM: type.utf8.elementsEqual("System RAM".utf8)))
      case .missing: return .missing
      case .failed(let failure): return .failed(failure)
      }
    }
    return ranges.isEmpty ? .missing : .value(ranges)
  }

  private static func address(_ path: String, in files: SystemFiles) -> Reading<UInt64> {
    files.line(path).parsed(as: "an address") { text in
      guard text.utf8.starts(with: "0x".utf8) else { return nil }
      return longHexadecimalNumber(text.utf8.dropFirst(2))
    }
  }
}
