// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("Windows' strings")
struct WideTextTests {
  private func bytes(_ units: [UInt16]) -> [UInt8] { units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] } }

  @Test(
    "Text of any language is what Swift makes of it", arguments: ["", "oem12.inf", "Gerät", "устройство", "機能", "🎈a"])
  func text(_ text: String) {
    let units = Array(text.utf16)
    #expect(WideText.string(units) == text)
    #expect(WideText.string(units + [0]) == text)
    #expect(WideText.string(units + [0, 0x41]) == text)
    #expect(WideText.string(bytes: bytes(units)) == text)
    #expect(WideText.string(bytes: bytes(units + [0])) == text)
    #expect(WideText.string(bytes: bytes(units) + [0x41]) == text)
  }

  @Test("An unpaired surrogate becomes the replacement character, as Swift does it")
  func surrogates() {
    let hostile: [[UInt16]] = [
      [0xd800], [0xdc00], [0xd800, 0x41], [0xdc00, 0xd800], [0xd800, 0xd800, 0xdc00], [0xd83c, 0xdf88, 0xdf88],
      [0x41, 0xd83c], [0xffff, 0xfffe], [0xdbff, 0xdfff],
    ]
    for units in hostile { #expect(WideText.string(units) == String(decoding: units, as: UTF16.self)) }
  }

  @Test("A list ends at its empty string, or where its data ends")
  func lists() {
    let list = Array("a\0bc\0\0d\0".utf16)
    #expect(WideText.strings(list) == ["a", "bc"])
    #expect(WideText.strings(bytes: bytes(list)) == ["a", "bc"])
    #expect(WideText.strings(Array("a\0bc".utf16)) == ["a", "bc"])
    #expect(WideText.strings(bytes: bytes(Array("a\0bc\0".utf16)) + [0]) == ["a", "bc"])
    #expect(WideText.strings([UInt16]()).isEmpty)
    #expect(WideText.strings([0, 0x41] as [UInt16]).isEmpty)
  }

  @Test("What is longer than the limits is cut there")
  func limits() {
    #expect(WideText.string(Array(repeating: 0x41, count: 100_000)).utf8.count == WideText.defaultLimit)
    #expect(WideText.string(Array("abc".utf16), limit: 2) == "ab")
    #expect(WideText.strings(Array(String(repeating: "a\0", count: 1000).utf16)).count == WideText.defaultListLimit)
    #expect(WideText.strings(Array("a\0b\0c\0".utf16), count: 2) == ["a", "b"])
    #expect(WideText.strings(Array("abc\0".utf16), limit: 2) == ["ab"])
  }

  @Test("Names are the same in either case of ASCII, and no others are")
  func names() {
    #expect("balloon".isSameWindowsName(as: "BALLOON"))
    #expect("".isSameWindowsName(as: ""))
    #expect(!"balloon".isSameWindowsName(as: "balloons"))
    #expect(!"é".isSameWindowsName(as: "É"))
    #expect(!"[".isSameWindowsName(as: "{"))
    #expect(!"@".isSameWindowsName(as: "`"))
    #expect("NO_DRV.NT".hasWindowsPrefix("no_drv"))
    #expect(!"NO".hasWindowsPrefix("no_drv"))
  }
}
