// SPDX-License-Identifier: BSD-3-Clause

/// Reads `%SystemRoot%\INF\setupapi.dev.log` as it comes, and keeps the latest sections about the balloon.
///
/// A section is about the balloon when its title names one of its device ids, or balloon.inf. The text is UTF-8 or in
/// the system's code page, of which ASCII alone is then right; ids and numbers are ASCII.
/// Both forms of section marks are read: the documentation's (`>>>  2005/02/13 22:06:28.109: Section start`,
/// `<<<  [Exit Status(0x00000000)]`), and what Windows 7 to 11 write (`>>>  Section start 2012/02/08 20:55:17.486`,
/// `<<<  [Exit status: SUCCESS]`).
///
/// What it holds is bounded: ``sectionLimit`` sections of ``lineLimit`` lines of ``byteLimit`` bytes.
package struct SetupLog: Sendable {
  /// One section.
  package struct Section: Sendable {
    /// Between the brackets: `Device Install (Hardware initiated) - PCI\VEN_1AF4&DEV_1002&…`.
    package let title: String
    /// When it began and ended, as ``SetupTime``; `nil` when the log does not say.
    package fileprivate(set) var start: SetupTime?
    package fileprivate(set) var end: SetupTime?
    /// `SUCCESS`, `FAILURE(0xe0000203)` or `0x00000000`; `nil` when the section did not end.
    package fileprivate(set) var status: String?
    /// Its lines, marks included, without those left out.
    package fileprivate(set) var lines: [Line] = []
    /// How many lines were left out of the middle.
    package fileprivate(set) var omitted = 0

    fileprivate init(title: String) { self.title = title }

    /// The latest lines make room for later ones once the first half is full.
    fileprivate mutating func append(_ line: Line) {
      if lines.count >= SetupLog.lineLimit {
        lines.remove(at: SetupLog.lineLimit / 2)
        omitted &+= 1
      }
      lines.append(line)
    }
  }

  /// One line, without its end.
  package struct Line: Sendable {
    /// The latest time that the section's marks had told; `nil` before they told any.
    package let time: SetupTime?
    package let text: String
  }

  /// The most sections that are kept, the latest.
  package static let sectionLimit = 16
  /// The most lines of one section that are kept: the first half and the latest.
  package static let lineLimit = 96
  /// The most bytes of a line; Windows itself writes 336 characters at most.
  package static let byteLimit = 1024

  /// The sections that have begun, the oldest first.
  package private(set) var sections: [Section] = []

  private var line: [UInt8] = []
  private var isOpen = false

  package init() {}

  /// Takes the next bytes of the log.
  package mutating func append(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        endLine()
      } else if line.count < Self.byteLimit {
        line.append(byte)
      }
    }
  }

  /// Ends the log: a last line may have no end of its own.
  package mutating func finish() {
    if !line.isEmpty { endLine() }
    isOpen = false
  }

  private mutating func endLine() {
    defer { line.removeAll(keepingCapacity: true) }
    var text = line[...]
    // A mark of the encoding may begin the file.
    if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
    while text.last == UInt8(ascii: "\r") { text = text.dropLast() }
    if text.hasASCIIPrefix(">>>") {
      begin(text)
    } else if isOpen, let index = sections.indices.last {
      isOpen = !Self.ends(&sections[index], with: text)
    }
  }

  /// A line with `>>>`: a title opens a section, and ends one that had no end; another tells the time.
  private mutating func begin(_ text: ArraySlice<UInt8>) {
    var mark = text.dropFirst(3)
    while mark.first == UInt8(ascii: " ") { mark = mark.dropFirst() }
    guard mark.first == UInt8(ascii: "[") else {
      if isOpen, let index = sections.indices.last {
        if let time = SetupTime(in: mark) { sections[index].start = time }
        sections[index].append(Line(time: sections[index].start, text: text.text))
      }
      return
    }
    mark = mark.dropFirst()
    if let end = mark.lastIndex(of: UInt8(ascii: "]")) { mark = mark[..<end] }
    isOpen = Self.isAboutBalloon(mark)
    guard isOpen else { return }
    if sections.count >= Self.sectionLimit { sections.removeFirst() }
    var section = Section(title: mark.text)
    section.append(Line(time: nil, text: text.text))
    sections.append(section)
  }

  /// Adds a line to a section, and says whether it was the last.
  private static func ends(_ section: inout Section, with text: ArraySlice<UInt8>) -> Bool {
    guard text.hasASCIIPrefix("<<<") else {
      if !text.isEmpty { section.append(Line(time: section.end ?? section.start, text: text.text)) }
      return false
    }
    if let time = SetupTime(in: text) { section.end = time }
    section.append(Line(time: section.end ?? section.start, text: text.text))
    guard let status = status(text) else { return false }
    section.status = status.isEmpty ? nil : status.text
    return true
  }

  /// The status of `[Exit status: SUCCESS]`, `[Exit Status(0x00000000)]` and `[Exit]`; `nil` for another line.
  private static func status(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let start = text.firstIndex(ofASCII: "[Exit") else { return nil }
    var scanner = ASCIIScanner(text[start...])
    guard scanner.skip("[Exit") else { return nil }
    scanner.skipSpaces()
    guard scanner.skip("status") else { return [] }
    _ = scanner.skip(UInt8(ascii: ":"))
    scanner.skipSpaces()
    var status = scanner.rest
    if status.last == UInt8(ascii: "]") { status = status.dropLast() }
    if status.first == UInt8(ascii: "("), status.last == UInt8(ascii: ")") { status = status.dropFirst().dropLast() }
    return status
  }

  private static func isAboutBalloon(_ title: ArraySlice<UInt8>) -> Bool {
    title.firstIndex(ofASCII: "VEN_1AF4&DEV_1002") != nil || title.firstIndex(ofASCII: "VEN_1AF4&DEV_1045") != nil
      || title.firstIndex(ofASCII: "\\balloon.inf") != nil || title.firstIndex(ofASCII: "/balloon.inf") != nil
      || title.firstIndex(ofASCII: " balloon.inf") != nil
  }
}
