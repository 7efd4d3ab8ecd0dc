// SPDX-License-Identifier: GPL-3.0-or-later

extension Redactor {
  /// Lines of QEMU's log: each with its time, the rest as prose. QEMU's command line, over as many lines as it has, is
  /// left out; how many lines were stands at the end.
  mutating func redact(hypervisorLog bytes: [UInt8]) -> [UInt8]? {
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else { return nil }
    var output = ""
    var leftOut = 0
    var isCommand = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(50_000) {
      guard !line.isEmpty else { continue }
      if let count = LeftOutLines(line)?.count {
        leftOut = min(leftOut + count, LeftOutLines.most)
        continue
      }
      // A command goes on over lines that end with a backslash (libvirt), or is one line (QEMU's own, ps).
      let isPart = isCommand || Self.isCommand(line)
      isCommand = isPart && line.last == "\\"
      guard !isPart else {
        leftOut = min(leftOut + 1, LeftOutLines.most)
        continue
      }
      let (time, rest) = Self.time(of: line)
      output += time + message(rest) + "\n"
    }
    if leftOut > 0 { output += LeftOutLines(count: leftOut).text + "\n" }
    return Array(output.utf8)
  }

  /// libvirt's line about a start names versions, each behind its word; of all else what prose lets through.
  private mutating func message(_ text: Substring) -> String {
    guard text.contains("starting up libvirt version: ") else { return redact(String(text), at: "qemu-log") }
    return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      for (word, isKnown) in Self.versions where part.hasPrefix(word) {
        if isKnown(String(part.dropFirst(word.utf8.count))) { return String(part) }
      }
      return redact(String(part), at: "qemu-log")
    }.joined(separator: ",")
  }

  private static let versions: [(word: String, isKnown: @Sendable (String) -> Bool)] = [
    (" package: ", WindowsText.isVersion), (" qemu version: ", WindowsText.isVersion),
    (" kernel: ", { FieldText.isKernel($0) }),
  ]

  /// Whether a command line begins here: variables before a program, or a program's options.
  private static func isCommand(_ line: Substring) -> Bool {
    if line.last == "\\" || line.hasPrefix("-") { return true }
    let words = line.split(separator: " ")
    guard let first = words.first else { return false }
    if first.contains("="), first.first?.isUppercase == true { return true }
    // A message of QEMU begins with its name and a colon.
    return words.contains { word in
      word.last != ":" && (word.contains("qemu-system-") || word.hasSuffix("/kvm") || word.hasSuffix("/qemu-kvm"))
        || commandOptions.contains(String(word))
    }
  }

  private static let commandOptions: Set<String> = [
    "-name", "-uuid", "-device", "-drive", "-blockdev", "-netdev", "-chardev", "-object", "-vnc", "-spice", "-machine",
    "-smbios", "-append", "-incoming", "-mon", "-qmp", "-monitor", "-id", "-cpu", "-m",
  ]

  /// A line's time, `2025-06-17T10:31:05.123456Z` or `2025-06-17 10:31:05.123+0000`, and what follows it. Of no other
  /// form: what else is made of digits and points may be an address.
  private static func time(of line: Substring) -> (String, Substring) {
    var rest = line.utf8
    guard take("0000-00-00T00:00:00", &rest) || take("0000-00-00 00:00:00", &rest) else { return ("", line) }
    let parts = rest.prefix(11)
    if parts.first == UInt8(ascii: ".") {
      let digits = parts.dropFirst().prefix(while: \.isDecimalDigit)
      guard (1...9).contains(digits.count) else { return ("", line) }
      rest = rest[digits.endIndex...]
    }
    _ = ["Z", "+0000", "-0000", "+00:00", "-00:00"].contains { take($0, &rest) }
    guard rest.first.map({ !$0.isWordByte && !"-.+".utf8.contains($0) }) ?? true else { return ("", line) }
    return (String(line[..<rest.startIndex]), line[rest.startIndex...])
  }

  /// Whether `rest` begins as `form` does, in which `0` stands for any digit; it is past that then.
  private static func take(_ form: String, _ rest: inout Substring.UTF8View) -> Bool {
    let count = form.utf8.count
    let start = rest.prefix(count)
    guard start.count == count,
      zip(start, form.utf8).allSatisfy({ $1 == UInt8(ascii: "0") ? $0.isDecimalDigit : $0 == $1 })
    else { return false }
    rest = rest[start.endIndex...]
    return true
  }
}

/// `(left out: 3 lines)`: how many lines a redacted text has no more.
struct LeftOutLines {
  static let most = 999_999
  let count: Int

  init(count: Int) { self.count = count }

  /// Reads what an earlier redaction wrote.
  init?(_ line: some StringProtocol) {
    let words = line.split(separator: " ")
    guard words.count == 4, words[0] == "(left", words[1] == "out:", words[3] == "lines)",
      FieldText.isDigits(words[2], most: 6), let count = Int(words[2])
    else { return nil }
    self.count = count
  }

  var text: String { "(left out: \(count) lines)" }
}
