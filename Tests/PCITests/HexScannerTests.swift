// SPDX-License-Identifier: BSD-3-Clause
import PCI
import Testing

@Suite("Hexadecimal numbers in untrusted text")
struct HexScannerTests {
  @Test("A number ends at the digits allowed, at eight, or at anything else")
  func numbers() {
    var scanner = HexScanner("0aFfx")
    let read = [scanner.number(atMost: 2), scanner.number(atMost: 8), scanner.number(atMost: 8)]
    #expect(read == [0x0a, 0xff, nil])
    let skipped = [scanner.skip(UInt8(ascii: "x")), scanner.skip(UInt8(ascii: "x"))]
    #expect(skipped == [true, false])
    #expect(scanner.isAtEnd)
    let end = scanner.number(atMost: 2)
    #expect(end == nil)
    var long = HexScanner("fffffffff")
    let most = [long.number(atMost: 100), long.number(atMost: 0)]
    #expect(most == [.max, nil])
    #expect(!long.isAtEnd)
  }

  @Test("Padding never cuts a number")
  func padding() {
    #expect(hexadecimal(0x1af4, width: 2) == "1af4")
    #expect(hexadecimal(5, width: 4) == "0005")
    #expect(hexadecimal(0, width: 0) == "0")
  }
}
