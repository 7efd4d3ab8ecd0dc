// SPDX-License-Identifier: GPL-3.0-or-later

/// The texts between quotes in Swift's source, without comments; what is put into them in brackets is left out, and
/// its own texts are read too.
struct SwiftTexts {
  private(set) var texts: [String] = []
  private let bytes: [UInt8]
  private var index = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    code(until: nil)
  }

  private func starts(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[index...].starts(with: $0) }
  }

  /// Code up to the bracket that ends it.
  private mutating func code(until end: UInt8?) {
    var depth = 0
    while index < bytes.count {
      let byte = bytes[index]
      if starts("//") {
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      } else if starts("#\"") {
        index += 2
        text(closing: "\"#", isRaw: true)
      } else if starts("\"\"\"") {
        index += 3
        text(closing: "\"\"\"", isRaw: false)
      } else if byte == UInt8(ascii: "\"") {
        index += 1
        text(closing: "\"", isRaw: false)
      } else {
        if byte == UInt8(ascii: "(") { depth += 1 }
        if byte == UInt8(ascii: ")") {
          if end != nil, depth == 0 {
            index += 1
            return
          }
          depth -= 1
        }
        index += 1
      }
    }
  }

  private mutating func text(closing: StaticString, isRaw: Bool) {
    var text: [UInt8] = []
    while index < bytes.count, !starts(closing) {
      guard bytes[index] == UInt8(ascii: "\\"), !isRaw, index + 1 < bytes.count else {
        text.append(bytes[index])
        index += 1
        continue
      }
      let next = bytes[index + 1]
      index += 2
      switch next {
      case UInt8(ascii: "("):
        // What stands here is foreign, or ours and read by itself.
        text.append(UInt8(ascii: " "))
        code(until: UInt8(ascii: ")"))
      case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): text.append(next)
      case UInt8(ascii: "u"):
        while index < bytes.count, bytes[index] != UInt8(ascii: "}") { index += 1 }
        index += 1
        text.append(UInt8(ascii: " "))
      case UInt8(ascii: "\n"): break
      default: text.append(UInt8(ascii: " "))
      }
    }
    index += closing.utf8CodeUnitCount
    texts.append(String(decoding: text, as: UTF8.self))
  }
}
