// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import WindowsPnP

/// The little of an INF that the agent reads: whether it names a balloon, and its DriverVer.
struct INFText {
  /// ASCII letters in upper case; what is not ASCII is a question mark.
  private let bytes: [UInt8]

  /// Takes UTF-16 with its mark, or a code page that has ASCII.
  init(_ file: [UInt8]) {
    let isWide = file.count >= 2 && file[0] == 0xff && file[1] == 0xfe
    var text: [UInt8] = []
    text.reserveCapacity(isWide ? file.count / 2 : file.count)
    var index = isWide ? 2 : 0
    while index < file.count {
      var byte = file[index]
      if isWide {
        if index &+ 1 >= file.count || file[index &+ 1] != 0 { byte = UInt8(ascii: "?") }
        index &+= 1
      }
      index &+= 1
      if byte >= UInt8(ascii: "a"), byte <= UInt8(ascii: "z") { byte &-= 0x20 }
      text.append(byte < 0x80 ? byte : UInt8(ascii: "?"))
    }
    bytes = text
  }

  var namesBalloon: Bool {
    index(of: "PCI\\VEN_1AF4&DEV_1002", from: 0) != nil || index(of: "PCI\\VEN_1AF4&DEV_1045", from: 0) != nil
  }

  /// The version of `DriverVer = 06/17/2025,100.101.104.28500`.
  var driverVersion: Reading<String> {
    guard let start = index(of: "DRIVERVER", from: 0) else { return .missing }
    var line: [UInt8] = []
    for byte in bytes[start...] {
      if byte == 0x0a || byte == 0x0d || byte == UInt8(ascii: ";") || line.count >= 256 { break }
      line.append(byte)
    }
    return Reading.value(line).parsed(as: "a driver's version") { line in
      guard let comma = line.lastIndex(of: UInt8(ascii: ",")) else { return nil }
      let digits = line[(comma &+ 1)...].filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
      return DriverVersion(String(decoding: digits, as: UTF8.self))?.description
    }
  }

  private func index(of word: StaticString, from start: Int) -> Int? {
    let length = word.utf8CodeUnitCount
    guard bytes.count >= length else { return nil }
    for index in start...(bytes.count &- length) where bytes[index] == word.utf8Start[0] {
      var matched = 1
      while matched < length, bytes[index &+ matched] == word.utf8Start[matched] { matched &+= 1 }
      if matched == length { return index }
    }
    return nil
  }
}
