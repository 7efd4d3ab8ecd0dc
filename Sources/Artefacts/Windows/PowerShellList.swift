// SPDX-License-Identifier: GPL-3.0-or-later

/// Objects as PowerShell's Format-List (`Name : value`) or `wmic … /format:list` (`Name=value`) prints them.
///
/// The names are those of the objects' properties, in every language; which objects they are, the names tell.
enum PowerShellList {
  /// The most lines of one object.
  private static let lineLimit = 400

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let first = entry(cursor.line) else { return nil }
    var records = WindowsRecords(kind: first.isAssignment ? "wmic list" : "PowerShell list")
    var next = cursor.index
    while let line = cursor.peek(next), entry(line)?.isAssignment == first.isAssignment {
      let (record, end) = readOne(cursor, next, first.isAssignment)
      guard records.add(record) else { break }
      next = end
      // Blank lines stand between objects.
      var behind = end
      while behind - end < 6, let line = cursor.peek(behind), line.isEmpty { behind += 1 }
      if cursor.peek(behind).flatMap(entry) != nil { next = behind }
    }
    guard next > cursor.index else { return nil }
    records.finish()
    cursor.index = next
    return records
  }

  private static func readOne(
    _ cursor: ArtefactCursor, _ start: Int, _ isAssignment: Bool
  ) -> (record: WindowsRecord, end: Int) {
    var record = WindowsRecord()
    var end = start
    var firstName: String?
    while end - start < lineLimit, let line = cursor.peek(end), !line.isEmpty {
      if let entry = entry(line), entry.isAssignment == isAssignment {
        // Where blank lines were lost, the first name tells the next object.
        if let firstName, firstName == entry.name { break }
        firstName = firstName ?? String(entry.name)
        record.set(entry.name, entry.value)
      } else if !isAssignment, line.utf8.first == UInt8(ascii: " ") {
        record.extend(line.trimmed)
      } else {
        break
      }
      end += 1
    }
    return (record, max(end, start + 1))
  }

  /// `Name      : value` or `Name=value`: a property's name is one word of ASCII letters and digits.
  private static func entry(_ line: Substring) -> (name: Substring, value: Substring, isAssignment: Bool)? {
    guard line.utf8.count < 16_384, let first = line.utf8.first, isLetter(first) else { return nil }
    let name = Substring(line.utf8.prefix { isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") })
    guard name.utf8.count <= 64 else { return nil }
    let rest = line[name.endIndex...]
    if rest.utf8.first == UInt8(ascii: "=") { return (name, rest.dropFirst(), true) }
    let behind = rest.trimmed
    guard behind.utf8.first == UInt8(ascii: ":"), rest.utf8.first == UInt8(ascii: " ") else { return nil }
    return (name, behind.dropFirst(), false)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
