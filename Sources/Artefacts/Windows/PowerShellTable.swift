// SPDX-License-Identifier: GPL-3.0-or-later

/// Objects as PowerShell's Format-Table prints them, with dashes below the names; as `wmic … get A,B` does, without; or
/// separated by commas (ConvertTo-Csv, `wmic … /format:csv`).
///
/// The names are those of the objects' properties, in every language. A value that was cut (`…`) counts only as far as
/// what is left of it is whole.
enum PowerShellTable {
  private static let rowLimit = 20_000
  private static let columnLimit = 64

  /// Names without which a header is no table's that is understood here.
  private static let names: Set<String> = [
    "instanceid", "deviceid", "pnpdeviceid", "friendlyname", "devicename", "keyname", "displayname", "infname",
    "driverversion", "driverprovidername", "signer", "service", "state", "startmode", "starttype", "status", "name",
    "class", "pnpclass", "problem", "configmanagererrorcode", "timecreated", "id", "message", "providername",
    "originalfilename", "driver", "version", "manufacturer", "data", "type", "present", "node", "caption",
    "driverdate", "issigned", "hardwareid", "leveldisplayname", "description", "pathname", "eventid", "source",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.utf8.count < 4_096, let first = line.trimmed.utf8.first else { return nil }
    if first == UInt8(ascii: "\"") || line.has(","), let table = readDelimited(&cursor) { return table }
    guard let ruler = cursor.peek(cursor.index + 1) else { return nil }
    if let columns = columns(of: ruler) { return readRows(&cursor, columns, from: 2, kind: "PowerShell table") }
    // wmic has no ruler: the names themselves stand where the columns begin.
    let words = line.words
    guard words.count >= 2, words.count <= columnLimit, words.allSatisfy({ names.contains($0.lowercased()) }),
      !line.hasPrefix(" ")
    else { return nil }
    let starts = words.map { TextColumns.width(of: line[..<$0.startIndex]) }
    return readRows(&cursor, starts, from: 1, kind: "wmic table")
  }

  /// Where the groups of dashes begin.
  private static func columns(of ruler: Substring) -> [Int]? {
    guard ruler.utf8.count < 4_096, ruler.has("--"),
      ruler.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") })
    else { return nil }
    let words = ruler.words
    guard words.count >= 2, words.count <= columnLimit else { return nil }
    return words.map { ruler.utf8.distance(from: ruler.startIndex, to: $0.startIndex) }
  }

  private static func readRows(
    _ cursor: inout ArtefactCursor, _ starts: [Int], from first: Int, kind: String
  ) -> (any ArtefactContent)? {
    let columns = TextColumns(starts: starts)
    let header = columns.cells(of: cursor.line).map { $0.trimmed }
    guard header.count == starts.count, header.allSatisfy({ !$0.isEmpty && $0.words.count == 1 }),
      header.contains(where: { names.contains($0.lowercased()) })
    else { return nil }
    var records = WindowsRecords(kind: kind)
    var next = cursor.index + first
    // wmic's line ends turn into blank lines between all rows.
    let isSpaced = first == 1 && cursor.peek(next)?.isEmpty == true
    var count = 0
    while count < rowLimit, let line = cursor.peek(next) {
      if line.isEmpty {
        guard isSpaced, cursor.peek(next + 1)?.isEmpty == false else { break }
        next += 1
        continue
      }
      guard records.add(record(line, header, columns)) else { break }
      next += 1
      count += 1
    }
    guard count > 0 else { return nil }
    records.finish()
    cursor.index = next
    return records
  }

  private static func record(_ line: Substring, _ header: [Substring], _ columns: TextColumns) -> WindowsRecord {
    var record = WindowsRecord()
    let cells = columns.cells(of: line, header.count)
    for (name, cell) in zip(header, cells) { record.set(name, cell) }
    return record
  }

  // MARK: Commas

  private static func readDelimited(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let header = DelimitedLine.cells(cursor.line), header.count >= 2, header.count <= columnLimit,
      header.allSatisfy({ !$0.isEmpty && $0.words.count == 1 }),
      header.count(where: { names.contains($0.lowercased()) }) >= 2
    else { return nil }
    var records = WindowsRecords(kind: "table of commas")
    var next = cursor.index + 1
    var count = 0
    while count < rowLimit, let line = cursor.peek(next) {
      if line.isEmpty, cursor.peek(next + 1)?.has(",") == true {
        next += 1
        continue
      }
      guard let cells = DelimitedLine.cells(line), cells.count == header.count else { break }
      var record = WindowsRecord()
      for (name, cell) in zip(header, cells) { record.set(name, cell) }
      guard records.add(record) else { break }
      next += 1
      count += 1
    }
    guard count > 0 else { return nil }
    records.finish()
    cursor.index = next
    return records
  }
}

/// A line of a table, cut where its columns begin.
struct TextColumns {
  let starts: [Int]

  /// The texts of the columns. Where spaces were lost, or characters take more room than they are counted for, the
  /// line's words serve instead: as many as columns, or the first one and the device's id at the end.
  func cells(of line: Substring, _ count: Int? = nil) -> [Substring] {
    if let cells = cut(line) { return cells.map(\.trimmed) }
    let words = line.words
    if words.count == starts.count { return words }
    var cells = [Substring](repeating: "", count: starts.count)
    if let first = words.first { cells[0] = first }
    if let last = words.last, last.has("\\"), !cells.isEmpty { cells[cells.count - 1] = last }
    return cells
  }

  /// `nil` when a column begins inside a word.
  private func cut(_ line: Substring) -> [Substring]? {
    var cells: [Substring] = []
    var column = 0
    var start = line.startIndex
    var next = 1
    var isBehindSpace = true
    var index = line.startIndex
    while index < line.endIndex {
      if next < starts.count, column >= starts[next] {
        guard isBehindSpace, column == starts[next] else { return nil }
        cells.append(line[start..<index])
        start = index
        next += 1
      }
      let scalar = line.unicodeScalars[index]
      isBehindSpace = scalar == " "
      column += Self.width(of: scalar)
      index = line.unicodeScalars.index(after: index)
    }
    cells.append(line[start...])
    while cells.count < starts.count { cells.append("") }
    return cells
  }

  /// How many cells of a console a text takes.
  static func width(of text: Substring) -> Int { text.unicodeScalars.reduce(0) { $0 + width(of: $1) } }

  /// East Asian characters take two, combining ones none.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036f: 0
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
      0xffe0...0xffe6, 0x20000...0x3fffd:
      2
    default: 1
    }
  }
}

/// A line of values between commas, in quotation marks or without.
enum DelimitedLine {
  /// `nil` when a quotation mark is left open, or there is but one value.
  static func cells(_ line: Substring) -> [Substring]? {
    guard line.utf8.count < 32_768, line.has(",") else { return nil }
    var cells: [Substring] = []
    var rest = line.trimmed
    while cells.count < 256 {
      if rest.utf8.first == UInt8(ascii: "\"") {
        rest = rest.dropFirst()
        guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        cells.append(rest[..<end])
        rest = Substring(rest.utf8[end...].dropFirst())
        guard !rest.isEmpty else { return cells }
        guard rest.utf8.first == UInt8(ascii: ",") else { return nil }
        rest = rest.dropFirst()
      } else if let end = rest.utf8.firstIndex(of: UInt8(ascii: ",")) {
        cells.append(rest[..<end])
        rest = Substring(rest.utf8[end...].dropFirst())
      } else {
        cells.append(rest)
        return cells
      }
    }
    return nil
  }
}
