// SPDX-License-Identifier: BSD-3-Clause
package import PCI

/// Where Windows says a PCI device stands, by its value `LocationInformation`.
///
/// The registry has it as a text to be translated and its numbers,
/// `@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5,0)`; properties and older systems have it
/// translated, `PCI-Bus 0, Gerät 5, Funktion 0`. Numbers alone are read, never words.
package struct LocationInformation: Sendable {
  /// The text for people, in whichever language it was, with its numbers put in.
  package let text: String
  /// The bus number; beyond 255 where Windows counts the segment in. All three are known or none.
  package let bus: UInt32?
  package let device: UInt32?
  package let function: UInt32?

  /// The longest text that is read, in bytes.
  static let limit = 4096

  package init(_ text: String) {
    let bytes = Array(text.utf8.prefix(Self.limit + 1))
    guard bytes.count <= Self.limit else {
      self.init(text: text, numbers: nil)
      return
    }
    guard bytes.first == UInt8(ascii: "@"), let end = bytes.firstIndex(of: UInt8(ascii: ";")) else {
      self.init(text: text, numbers: Self.numbers(inside: bytes[...]))
      return
    }
    var shown = bytes[(end &+ 1)...]
    guard let start = shown.lastIndex(of: UInt8(ascii: ";")), let tuple = Self.tuple(shown[(start &+ 1)...]) else {
      self.init(text: shown.isEmpty ? text : shown.text, numbers: Self.numbers(inside: shown))
      return
    }
    shown = shown[..<start]
    self.init(text: shown.isEmpty ? text : Self.filled(shown, with: tuple), numbers: tuple)
  }

  private init(text: String, numbers: [UInt32]?) {
    self.text = text
    let known = numbers?.count == 3 ? numbers : nil
    bus = known?[0]
    device = known?[1]
    function = known?[2]
  }

  /// The address on segment 0; `nil` when a number is not known or out of its range.
  package var address: PCIAddress? {
    guard let bus, let device, let function, bus <= 255, device <= 31, function <= 7 else { return nil }
    return PCIAddress(bus: UInt8(bus), device: UInt8(device), function: UInt8(function))
  }

  /// `(0,5,0)` and nothing else.
  private static func tuple(_ bytes: ArraySlice<UInt8>) -> [UInt32]? {
    var scanner = ASCIIScanner(bytes)
    guard scanner.skip(UInt8(ascii: "(")) else { return nil }
    var numbers: [UInt32] = []
    repeat {
      guard numbers.count < 3, let number = scanner.decimal() else { return nil }
      numbers.append(UInt32(truncatingIfNeeded: number))
    } while scanner.skip(UInt8(ascii: ","))
    guard numbers.count == 3, scanner.skip(UInt8(ascii: ")")), scanner.isAtEnd else { return nil }
    return numbers
  }

  /// The three numbers of a translated text, when it has exactly three, and a word before each.
  ///
  /// That every language has them in the order bus, device, function is not proven.
  private static func numbers(inside bytes: ArraySlice<UInt8>) -> [UInt32]? {
    var numbers: [UInt32] = []
    var hasWord = false
    var before: UInt8 = UInt8(ascii: " ")
    var scanner = ASCIIScanner(bytes)
    while let byte = scanner.next {
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") {
        // A space before it, or a letter of a script that has no spaces: what is no number of PCI's has a sign there.
        guard hasWord, before == UInt8(ascii: " ") || before >= 0x80, numbers.count < 3,
          let number = scanner.decimal()
        else { return nil }
        if let after = scanner.next, isASCIILetter(after) { return nil }
        numbers.append(UInt32(truncatingIfNeeded: number))
        hasWord = false
        before = UInt8(ascii: "0")
      } else {
        hasWord = hasWord || isASCIILetter(byte) || byte >= 0x80
        before = byte
        scanner.advance()
      }
    }
    return numbers.count == 3 ? numbers : nil
  }

  private static func isASCIILetter(_ byte: UInt8) -> Bool {
    lowerCase(byte) >= UInt8(ascii: "a") && lowerCase(byte) <= UInt8(ascii: "z")
  }

  /// Puts the numbers in for %1, %2 and %3.
  private static func filled(_ bytes: ArraySlice<UInt8>, with numbers: [UInt32]) -> String {
    var out: [UInt8] = []
    var scanner = ASCIIScanner(bytes)
    while let byte = scanner.next {
      scanner.advance()
      if byte == UInt8(ascii: "%"), let digit = scanner.next, digit >= UInt8(ascii: "1"), digit <= UInt8(ascii: "3") {
        scanner.advance()
        let index = Int(digit &- UInt8(ascii: "1"))
        if index < numbers.count { out += Array(String(numbers[index]).utf8) }
      } else {
        out.append(byte)
      }
    }
    return out[...].text
  }
}
