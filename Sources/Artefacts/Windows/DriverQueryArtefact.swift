// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// The output of Windows' `driverquery`, with `/v` or without, as a table, a list (`/fo list`) or between quotation
/// marks (`/fo csv`), in whichever language.
///
/// The heads of its columns are translated; their order is not, and a driver's name and file are none of a language.
/// Its words for a state (`Running`, `Stopped`) are known in English alone: of others nothing is said.
///
/// With `/si` it lists devices by their names instead, with the INF and whether that is signed: a name is no evidence,
/// for other devices share it, and the ids are asked for.
struct DriverQueryArtefact: ArtefactContent {
  private(set) var kind: String
  let rank = 55
  private(set) var drivers: [ServiceTestimony] = []
  /// Whether one of the devices of `/si` has a name that a balloon may have.
  private(set) var hasBalloonName = false

  private static let rowLimit = 10_000
  private static let driverLimit = 16

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    readTable(&cursor) ?? readList(&cursor) ?? readDelimited(&cursor) ?? readSignedList(&cursor) ?? readRow(&cursor)
  }

  // MARK: Tables

  private static func readTable(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard !cursor.line.isEmpty, let ruler = cursor.peek(cursor.index + 1), let columns = columns(of: ruler) else {
      return nil
    }
    var query = DriverQueryArtefact(kind: "driverquery")
    var next = cursor.index + 2
    // A ruler that a console has broken goes on.
    while let line = cursor.peek(next), !line.isEmpty, line.utf8.allSatisfy({ $0 == UInt8(ascii: "=") }) { next += 1 }
    let first = next
    while next - first < rowLimit, let line = cursor.peek(next), !line.isEmpty {
      let cells = columns.cells(of: line)
      if cells.count == 4, isINF(cells[1].trimmed) {
        query.takeSigned(name: cells[0])
      } else {
        query.take(cells: cells, line)
      }
      next += 1
    }
    guard next > first else { return nil }
    cursor.index = next
    return query
  }

  /// A device of `driverquery /si`: its name, INF, `TRUE` or `FALSE`, and its maker.
  private mutating func takeSigned(name: Substring) {
    kind = "driverquery /si"
    hasBalloonName = hasBalloonName || DeviceName.isOne(name)
  }

  /// `oem5.inf`
  private static func isINF(_ text: Substring) -> Bool { LabelledValue.inf(text) != nil }

  /// `============ ====================== …`
  private static func columns(of ruler: Substring) -> TextColumns? {
    guard ruler.utf8.count < 1_024, ruler.has("==="),
      ruler.utf8.allSatisfy({ $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: " ") })
    else { return nil }
    let words = ruler.words
    guard words.count >= 4 else { return nil }
    return TextColumns(starts: words.map { ruler.utf8.distance(from: ruler.startIndex, to: $0.startIndex) })
  }

  /// A row that somebody has looked up (`driverquery /v | findstr balloon`), which ends in the file's path and a size.
  private static func readRow(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.utf8.count < 1_024, let name = line.words.first, isOurs(name),
      line.words.contains(where: { isDriverFile($0) })
    else { return nil }
    var query = DriverQueryArtefact(kind: "driverquery")
    query.take(cells: line.words, line)
    cursor.index += 1
    return query
  }

  private mutating func take(cells: [Substring], _ line: Substring) {
    guard drivers.count < Self.driverLimit, let name = cells.first?.trimmed.words.first, Self.isOurs(name) else {
      return
    }
    var driver = ServiceTestimony(name: String(name))
    let words = line.words
    if cells.count >= 14, cells.count < 20, cells != words {
      driver.start = ServiceTestimony.start(cells[4].trimmed)
      driver.state = ServiceTestimony.state(cells[5].trimmed)
    } else if let place = words.firstIndex(of: "Kernel"), place + 2 < words.count {
      // The type stands in front of start mode and state.
      driver.start = ServiceTestimony.start(words[place + 1])
      driver.state = ServiceTestimony.state(words[place + 2])
    }
    driver.path = words.first(where: Self.isDriverFile).map { String($0.prefix(1_024)) }
    drivers.append(driver)
  }

  private static func isOurs(_ name: some StringProtocol) -> Bool {
    let name = name.lowercased()
    return name == "balloon" || name == "virtioserial"
  }

  private static func isDriverFile(_ word: Substring) -> Bool {
    word.has("\\") && word.utf8.count < 1_024 && word.suffix(4).lowercased() == ".sys"
  }

  // MARK: Lists

  /// `Module Name:       balloon` and 14 further lines with `/v`; the file's path is the last but one.
  private static func readList(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let first = LabelledLine(cursor.line), first.indentation == 0, first.value.words.count == 1,
      first.value.utf8.count < 64
    else { return nil }
    var query = DriverQueryArtefact(kind: "driverquery")
    var next = cursor.index
    while next - cursor.index < rowLimit * 16, let line = cursor.peek(next), LabelledLine(line)?.label == first.label {
      var values: [Substring] = []
      var end = next
      while values.count < 18, let line = cursor.peek(end), let labelled = LabelledLine(line), labelled.indentation == 0
      {
        if !values.isEmpty, labelled.label == first.label { break }
        values.append(labelled.value)
        end += 1
      }
      guard (13...16).contains(values.count), values.suffix(3).contains(where: isDriverFile) else { break }
      if isOurs(values[0]), query.drivers.count < driverLimit {
        var driver = ServiceTestimony(name: String(values[0]))
        driver.start = ServiceTestimony.start(values[4])
        driver.state = ServiceTestimony.state(values[5])
        driver.path = values.first(where: isDriverFile).map(String.init)
        query.drivers.append(driver)
      }
      next = end
      while next - end < 2, let line = cursor.peek(next), line.isEmpty { next += 1 }
      if cursor.peek(next).flatMap({ LabelledLine($0) })?.label != first.label {
        next = end
        break
      }
    }
    guard next > cursor.index else { return nil }
    cursor.index = next
    return query
  }

  /// `DeviceName:   VirtIO Balloon Driver`, `InfName:      oem5.inf` and two further lines, as `/si /fo list` prints a
  /// device.
  private static func readSignedList(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let first = LabelledLine(cursor.line), first.indentation == 0 else { return nil }
    var query = DriverQueryArtefact(kind: "driverquery /si")
    var end = cursor.index
    var next = cursor.index
    while next - cursor.index < rowLimit * 5, let name = cursor.peek(next).flatMap({ LabelledLine($0) }),
      name.label == first.label, let inf = cursor.peek(next + 1).flatMap({ LabelledLine($0) }), isINF(inf.value),
      let signed = cursor.peek(next + 2).flatMap({ LabelledLine($0) }), ["TRUE", "FALSE"].contains(signed.value),
      cursor.peek(next + 3).flatMap({ LabelledLine($0) }) != nil
    {
      query.takeSigned(name: name.value)
      end = next + 4
      next = end
      while next - end < 2, let line = cursor.peek(next), line.isEmpty { next += 1 }
    }
    guard end > cursor.index else { return nil }
    cursor.index = end
    return query
  }

  // MARK: Quotation marks

  private static func readDelimited(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.first == UInt8(ascii: "\"") else { return nil }
    var first = cursor.index
    // The heads come first, in the guest's language.
    if isRow(cursor.line) == nil, isSignedRow(cursor.line) == nil { first += 1 }
    var query = DriverQueryArtefact(kind: "driverquery")
    var next = first
    while next - first < rowLimit, let cells = cursor.peek(next).flatMap(isSignedRow) {
      query.takeSigned(name: cells[0])
      next += 1
    }
    guard next > first || cursor.peek(first).flatMap(isRow) != nil else { return nil }
    while next - first < rowLimit, let cells = cursor.peek(next).flatMap(isRow) {
      if isOurs(cells[0]), query.drivers.count < driverLimit {
        var driver = ServiceTestimony(name: String(cells[0]))
        driver.start = ServiceTestimony.start(cells[4].trimmed)
        driver.state = ServiceTestimony.state(cells[5].trimmed)
        driver.path = cells.first(where: isDriverFile).map(String.init)
        query.drivers.append(driver)
      }
      next += 1
    }
    cursor.index = next
    return query
  }

  private static func isRow(_ line: Substring) -> [Substring]? {
    guard line.utf8.first == UInt8(ascii: "\""), let cells = DelimitedLine.cells(line),
      (14...16).contains(cells.count), cells.suffix(3).contains(where: isDriverFile)
    else { return nil }
    return cells
  }

  /// `"VirtIO Balloon Driver","oem5.inf","TRUE","Red Hat, Inc."`
  private static func isSignedRow(_ line: Substring) -> [Substring]? {
    guard line.utf8.first == UInt8(ascii: "\""), let cells = DelimitedLine.cells(line), cells.count == 4,
      isINF(cells[1].trimmed), ["TRUE", "FALSE"].contains(cells[2].trimmed)
    else { return nil }
    return cells
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    for driver in drivers { draft.windows.add(driver, place.provenance(kind, .guest)) }
    if hasBalloonName { draft.windows.addName(place.provenance(kind, .guest)) }
  }
}
