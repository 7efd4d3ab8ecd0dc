// SPDX-License-Identifier: GPL-3.0-or-later

/// The human monitor's replies, line by line.
enum HumanMonitorText {
  /// The most lines that are read: `info qtree` of a large machine has some thousands.
  private static let lineLimit = 20_000

  /// `info qtree`: buses and devices, where each stands and its ids; other properties are left out.
  static func tree(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    lines(of: text) { line, indent in
      if line.hasPrefix("bus: ") { return "bus: " + QOMText.id(&redactor, String(line.dropFirst(5)), place) }
      if line.hasPrefix("type ") { return "type " + type(&redactor, line.dropFirst(5), place) }
      if line.hasPrefix("dev: ") {
        let parts = String(line.dropFirst(5)).split(separator: ",", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return nil }
        let kept = "dev: " + type(&redactor, name[...], place)
        guard parts.count == 2, parts[1].hasPrefix(" id \""), parts[1].hasSuffix("\""), parts[1].utf8.count > 5 else {
          return kept
        }
        return kept + ", id \"" + QOMText.id(&redactor, String(parts[1].dropFirst(5).dropLast()), place) + "\""
      }
      if line.hasPrefix("addr = "), FieldText.isMade(String(line.dropFirst(7)), of: addressWords) {
        return String(line)
      }
      if line.hasPrefix("class ") { return function(line) }
      return nil
    }
  }

  private static func type(_ redactor: inout Redactor, _ text: Substring, _ place: String) -> String {
    let name = String(text)
    return QOMText.isType(name) ? name : redactor.token(.name, for: name, at: place)
  }

  /// Hexadecimal digits that are letters.
  private static let addressWords: Set<String> = ["a", "b", "c", "d", "e", "f"]

  /// `class Class 00ff, addr 00:05.0, pci id 1af4:1002 (sub 1af4:0005)`: the words for a class are told by its ids, and
  /// left out.
  private static func function(_ line: Substring) -> String? {
    let parts = line.dropFirst("class ".count).split(separator: ",").map { $0.drop { $0 == " " } }
    guard parts.count == 3, parts[1].hasPrefix("addr "), isPlace(parts[1].dropFirst(5)), parts[2].hasPrefix("pci id ")
    else { return nil }
    let ids = parts[2].dropFirst("pci id ".count).split(separator: " ")
    guard let id = ids.first, isPair(id) else { return nil }
    let isNumbered = parts[0].hasPrefix("Class ") && FieldText.isHexadecimal(parts[0].dropFirst(6), most: 4)
    let sub = ids.count == 3 && ids[1] == "(sub" && ids[2].hasSuffix(")") && isPair(ids[2].dropLast()) ? ids[2] : nil
    return "class \(isNumbered ? String(parts[0]) : "known"), \(parts[1]), pci id \(id)"
      + (sub.map { " (sub \($0)" } ?? "")
  }

  /// `1af4:1002`
  private static func isPair(_ text: Substring) -> Bool {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false)
    return halves.count == 2 && halves.allSatisfy { FieldText.isHexadecimal($0, most: 4) }
  }

  /// `00:05.0`
  private static func isPlace(_ text: Substring) -> Bool {
    let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." }
    return (3...4).contains(parts.count) && parts.allSatisfy { FieldText.isHexadecimal($0, most: 4) }
  }

  /// `info ramblock`: a block's name, the size of its pages, and numbers.
  static func blocks(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    lines(of: text) { line, _ in
      let words = line.split(separator: " ")
      guard let first = words.firstIndex(where: { $0.hasPrefix("0x") }), first >= 3,
        FieldText.isDigits(words[first - 2], most: 8), ["B", "KiB", "MiB", "GiB"].contains(String(words[first - 1])),
        words[first...].allSatisfy({ $0 == "ro" || $0 == "rw" || $0 == "*" || FieldText.isNumber(String($0)) })
      else { return heading(words) }
      let name = words[..<(first - 2)].joined(separator: " ")
      let kept = name.hasPrefix("/") ? QOMText.path(&redactor, name, place) : QOMText.id(&redactor, name, place)
      return ([kept] + words[(first - 2)...].map(String.init)).joined(separator: " ")
    }
  }

  private static func heading(_ words: [Substring]) -> String? {
    let known = ["Block", "Name", "PSize", "Offset", "Used", "Total", "HVA", "RO", "Alignment"]
    return words.allSatisfy { known.contains(String($0)) } ? words.joined(separator: " ") : nil
  }

  /// Any other reply.
  static func prose(_ redactor: inout Redactor, _ text: String, _ place: String) -> String {
    lines(of: text) { line, _ in redactor.redact(String(line), at: place) }
  }

  /// The lines that `keep` returns, each with the indentation that it had.
  private static func lines(of text: String, _ keep: (Substring, Int) -> String?) -> String {
    var result = ""
    for line in text.split(whereSeparator: \.isNewline).prefix(lineLimit) {
      let indent = line.utf8.prefix { $0 == UInt8(ascii: " ") }.count
      guard let kept = keep(line.dropFirst(indent), indent), !kept.isEmpty else { continue }
      result += String(repeating: " ", count: min(indent, 256)) + kept + "\r\n"
    }
    return result
  }
}
