// SPDX-License-Identifier: GPL-3.0-or-later

/// One file that somebody pasted or saved, as lines without the decoration that mail, forums and terminals add.
package struct ArtefactText: Sendable {
  /// The most bytes of one file; a Windows registry's whole Enum\PCI has some 100 KiB.
  package static let byteLimit = 16 << 20
  /// The most lines of one file.
  package static let lineLimit = 400_000

  /// The file's name for people.
  package let name: String
  /// The lines without what mail, forums and terminals added; their own indentation stays.
  let lines: [Substring]
  /// About how much memory it takes, in bytes: the characters, which may be more than the file's, and the lines.
  let footprint: Int

  /// Reads UTF-8, UTF-16 with a byte order mark (or unmistakably without), or an 8-bit text of which only ASCII is
  /// understood; also a web page's source.
  package init(name: String, _ bytes: [UInt8]) throws(ArtefactError) {
    guard bytes.count <= Self.byteLimit else {
      throw ArtefactError(
        .tooLarge, "\(name): more than the \(Self.byteLimit >> 20) MiB that are read; cut out the part that matters")
    }
    self.name = name
    let text = String(decoding: HTMLSource.text(TextScrubber.scrub(Self.decode(bytes))), as: UTF8.self)
    var lines: [Substring] = []
    var start = text.utf8.startIndex
    while true {
      let end = text.utf8[start...].firstIndex(of: UInt8(ascii: "\n"))
      guard lines.count < Self.lineLimit else {
        throw ArtefactError(
          .tooLarge, "\(name): more than the \(Self.lineLimit) lines that are read; cut out the part that matters")
      }
      lines.append(LineDecoration.trimmedEnd(text[start..<(end ?? text.utf8.endIndex)]))
      guard let end, text.utf8.index(after: end) != text.utf8.endIndex else { break }
      start = text.utf8.index(after: end)
    }
    LineDecoration.remove(from: &lines)
    self.lines = lines
    footprint = text.utf8.count + lines.count * MemoryLayout<Substring>.stride
  }

  /// The bytes as UTF-8.
  private static func decode(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.starts(with: [0xff, 0xfe]) { return wide(bytes.dropFirst(2), bigEndian: false) }
    if bytes.starts(with: [0xfe, 0xff]) { return wide(bytes.dropFirst(2), bigEndian: true) }
    // Without a mark every other byte of an English text is 0.
    let head = bytes.prefix(64)
    let evenNULs = stride(from: 0, to: head.count, by: 2).count { head[$0] == 0 }
    let oddNULs = stride(from: 1, to: head.count, by: 2).count { head[$0] == 0 }
    if oddNULs > 8, oddNULs * 2 >= head.count - 2, evenNULs < 2 { return wide(bytes[...], bigEndian: false) }
    if evenNULs > 8, evenNULs * 2 >= head.count - 2, oddNULs < 2 { return wide(bytes[...], bigEndian: true) }
    return bytes
  }

  private static func wide(_ bytes: ArraySlice<UInt8>, bigEndian: Bool) -> [UInt8] {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var index = bytes.startIndex
    while index + 1 < bytes.endIndex {
      let (one, two) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      units.append(bigEndian ? one << 8 | two : two << 8 | one)
      index += 2
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}

extension Substring {
  /// Without space on either side.
  var trimmed: Substring {
    var bytes = utf8
    while let first = bytes.first, first <= UInt8(ascii: " ") { bytes = bytes.dropFirst() }
    while let last = bytes.last, last <= UInt8(ascii: " ") { bytes = bytes.dropLast() }
    return Substring(bytes)
  }

  /// The words between spaces and tabs; of an endless line the first, and then the rest as one.
  var words: [Substring] {
    utf8.split(maxSplits: 1_024) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { Substring($0) }
  }

  /// Whether the bytes of `text` stand anywhere.
  func has(_ text: StaticString) -> Bool { place(of: text) != nil }

  /// Where the bytes of `text` first stand.
  func place(of text: StaticString) -> Index? {
    text.withUTF8Buffer { wanted in
      guard let first = wanted.first else { return nil }
      // Nearly all of a hostile file's time goes here: over the bytes themselves it is several times as quick.
      let offset = utf8.withContiguousStorageIfAvailable { bytes -> Int? in
        var start = 0
        while start + wanted.count <= bytes.count, let index = bytes[start...].firstIndex(of: first) {
          if bytes[index...].starts(with: wanted) { return index }
          start = index + 1
        }
        return nil
      }
      if let offset { return offset.map { utf8.index(startIndex, offsetBy: $0) } }
      var rest = utf8
      while let index = rest.firstIndex(of: first) {
        if rest[index...].starts(with: wanted) { return index }
        rest = rest[rest.index(after: index)...]
      }
      return nil
    }
  }

  /// What stands behind `prefix`; `nil` when this does not begin so.
  func dropping(_ prefix: StaticString) -> Substring? {
    prefix.withUTF8Buffer { wanted in
      utf8.starts(with: wanted) ? Substring(utf8.dropFirst(wanted.count)) : nil
    }
  }

  /// The two sides of the first `separator`; `nil` without one.
  func halves(at separator: Character) -> (Substring, Substring)? {
    guard let byte = separator.asciiValue, let index = utf8.firstIndex(of: byte) else { return nil }
    return (self[..<index], Substring(utf8[index...].dropFirst()))
  }

  /// The number, when all of this is decimal digits.
  var decimal: UInt64? {
    !isEmpty && utf8.count <= 20 && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      ? UInt64(self) : nil
  }

  /// Whether this has the form of a UUID.
  var isUUID: Bool {
    utf8.count == 36
      && utf8.enumerated().allSatisfy { offset, byte in
        [8, 13, 18, 23].contains(offset)
          ? byte == UInt8(ascii: "-")
          : (0x30...0x39).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
      }
  }
}
