// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// Words that nobody but a test has, planted where a user could have something to hide, and looked for in what comes
/// out of a redaction.
final class PlantedSecrets {
  private(set) var words: [String] = []
  private var state: UInt32 = 20_251_121

  /// A new word of sixteen consonants, of which no part of five is part of any word of ours.
  func word() -> String {
    let letters = Array("bcdfghjklmnpqrstvwxz")
    var word = ""
    for index in 0..<16 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let letter = letters[Int(state >> 16) % letters.count]
      word += index == 0 ? letter.uppercased() : String(letter)
    }
    words.append(word)
    return word
  }

  /// Something that has a form of its own.
  func value(_ text: String) -> String {
    words.append(text)
    return text
  }

  /// Which of them `bytes` tell: whole or five letters of them, in whatever case, as they are or in base64.
  func found(in bytes: [UInt8]) -> [String] {
    let texts = ([bytes] + Self.decoded(bytes)).map { $0.map(Self.folded) }
    var rows: Set<UInt64> = []
    for text in texts { rows.formUnion(Self.rows(of: text)) }
    return words.filter { word in
      let word = Array(word.utf8).map(Self.folded)
      guard !word.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }) else {
        return !rows.isDisjoint(with: Self.rows(of: word))
      }
      return rows.isSuperset(of: Self.rows(of: word)) && texts.contains { Self.has($0, word) }
    }
  }

  /// Every five bytes that follow each other, as numbers.
  private static func rows(of text: [UInt8]) -> Set<UInt64> {
    var rows: Set<UInt64> = []
    var row: UInt64 = 0
    for (index, byte) in text.enumerated() {
      row = (row << 8 | UInt64(byte)) & 0xff_ffff_ffff
      if index >= 4 { rows.insert(row) }
    }
    return rows
  }

  private static func has(_ text: [UInt8], _ word: [UInt8]) -> Bool {
    text.indices.contains { text[$0] == word[0] && text[$0...].starts(with: word) }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  /// What every run of base64's digits stands for, read from each of four places.
  private static func decoded(_ bytes: [UInt8]) -> [[UInt8]] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    var found: [[UInt8]] = []
    for run in bytes.split(whereSeparator: { values[Int($0)] == nil }) where run.count >= 8 {
      for offset in 0..<4 {
        var (group, count, decoded): (UInt32, Int, [UInt8]) = (0, 0, [])
        for byte in run.dropFirst(offset) {
          group = group << 6 | UInt32(values[Int(byte)] ?? 0)
          count += 1
          if count % 4 == 0 { decoded += [UInt8(group >> 16 & 255), UInt8(group >> 8 & 255), UInt8(group & 255)] }
        }
        found.append(decoded)
      }
    }
    return found
  }
}
