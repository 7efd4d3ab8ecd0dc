// SPDX-License-Identifier: GPL-3.0-or-later

/// A command line cut into its words: as a shell reads it, or as `ps` shows it, which has lost the quotes.
enum ShellWords {
  /// The most words of one line.
  private static let limit = 16_384

  static func split(_ text: String) -> [Substring] {
    var words: [Substring] = []
    let bytes = Array(text.utf8)
    var index = 0
    var failures = 0
    while index < bytes.count, words.count < limit {
      if bytes[index] <= UInt8(ascii: " ") {
        index += 1
        continue
      }
      // `ps` shows a JSON value bare, with its own quotes.
      if bytes[index] == UInt8(ascii: "{"), failures < 8 {
        if let end = object(bytes, from: index) {
          words.append(String(decoding: bytes[index..<end], as: UTF8.self)[...])
          index = end
          continue
        }
        failures += 1
      }
      words.append(word(bytes, &index))
    }
    return words
  }

  /// Where the JSON object that begins at `start` ends, before the next space.
  private static func object(_ bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    for index in start..<bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "\n"): return nil
      default: break
      }
      if depth == 0 { return index + 1 }
    }
    return nil
  }

  private static func word(_ bytes: [UInt8], _ index: inout Int) -> Substring {
    var out: [UInt8] = []
    var quote: UInt8?
    while index < bytes.count {
      let byte = bytes[index]
      if let mark = quote {
        if byte == mark {
          quote = nil
        } else if byte == UInt8(ascii: "\\"), mark == UInt8(ascii: "\""), index + 1 < bytes.count {
          index += 1
          out.append(bytes[index])
        } else {
          out.append(byte)
        }
      } else if byte <= UInt8(ascii: " ") {
        break
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
        index += 1
        if bytes[index] != UInt8(ascii: "\n") { out.append(bytes[index]) }
      } else {
        out.append(byte)
      }
      index += 1
    }
    return String(decoding: out, as: UTF8.self)[...]
  }
}
