// SPDX-License-Identifier: GPL-3.0-or-later

/// A piece of a domain's XML as forums have it: cut off, with an element left out, or without its root. What is whole
/// in it is put into one well-formed `<domain>`.
///
/// Nothing is invented: an element that the text does not end is closed where the text ends, except `<memballoon>`, of
/// which a part would say that the rest is not there.
struct XMLRepair {
  /// The piece, made whole.
  private(set) var xml = "<domain"
  /// Whether the text had all that it began, so that what is not there was not configured.
  private(set) var isWhole = true

  private var open: [(name: Substring, at: String.Index)] = []
  private static let depthLimit = 60

  /// - Parameter text: from an element's `<` on.
  init(_ text: String) {
    var rest = text[...]
    var isRoot = true
    while let start = rest.utf8.firstIndex(of: UInt8(ascii: "<")) {
      add(text: rest[..<start])
      guard let tag = Tag(rest[start...]) else {
        // A `<` that begins nothing, or a tag that is not ended; behind a comment without end all is comment.
        isWhole = false
        rest = Tag.isDeclaration(rest[start...]) ? "" : rest[rest.utf8.index(after: start)...]
        continue
      }
      if isRoot {
        isRoot = false
        if tag.name == "domain", tag.kind == .start {
          xml += tag.attributes + ">"
          rest = rest[tag.end...]
          continue
        }
        xml += ">"
        isWhole = false
        wrap(tag.name)
      }
      if tag.name == "domain", tag.kind == .end {
        rest = ""
        break
      }
      add(tag)
      rest = rest[tag.end...]
    }
    if isRoot { xml += ">" }
    if !open.isEmpty { isWhole = false }
    if let balloon = open.first(where: { $0.name == "memballoon" }) {
      xml.removeSubrange(balloon.at...)
      while let last = open.last, last.at >= balloon.at { open.removeLast() }
    }
    while let last = open.popLast() { xml += "</\(last.name)>" }
    xml += "</domain>"
  }

  /// Puts a device that stands alone where devices stand.
  private mutating func wrap(_ name: Substring) {
    let children: Set<Substring> = [
      "memory", "currentMemory", "maxMemory", "name", "uuid", "title", "metadata", "os", "features", "devices",
      "memoryBacking", "vcpu", "cpu", "clock", "memtune",
    ]
    guard !children.contains(name) else { return }
    open.append(("devices", xml.endIndex))
    xml += "<devices>"
  }

  private mutating func add(text: Substring) {
    xml += Self.escaped(text)
  }

  private mutating func add(_ tag: Tag) {
    switch tag.kind {
    case .other: break
    case .empty:
      closeDevice(before: tag.name)
      xml += "<\(tag.name)\(tag.attributes)/>"
    case .start:
      guard open.count < Self.depthLimit else {
        isWhole = false
        return
      }
      // This child of <domain> ends what stands open before it.
      if tag.name == "devices", !open.isEmpty {
        isWhole = false
        while let last = open.popLast() { xml += "</\(last.name)>" }
      }
      closeDevice(before: tag.name)
      open.append((tag.name, xml.endIndex))
      xml += "<\(tag.name)\(tag.attributes)>"
    case .end:
      guard let place = open.lastIndex(where: { $0.name == tag.name }) else {
        isWhole = false
        return
      }
      if place != open.count - 1 { isWhole = false }
      while open.count > place, let last = open.popLast() { xml += "</\(last.name)>" }
    }
  }

  /// Devices that stand in no other device (libvirt's domaincommon.rng): where one begins, the one before has ended.
  private static let devices: Set<Substring> = [
    "disk", "controller", "interface", "memballoon", "console", "graphics", "video", "sound", "input", "hostdev", "rng",
    "watchdog", "panic", "tpm", "redirdev", "shmem", "vsock", "filesystem",
  ]

  private mutating func closeDevice(before name: Substring) {
    guard Self.devices.contains(name), let place = open.lastIndex(where: { $0.name == "devices" }),
      open.count > place + 1
    else { return }
    isWhole = false
    while open.count > place + 1, let last = open.popLast() { xml += "</\(last.name)>" }
  }

  /// With every `&` that begins no entity written as one.
  static func escaped(_ text: Substring) -> String {
    guard text.utf8.contains(UInt8(ascii: "&")) else { return String(text) }
    var out = ""
    var rest = text
    while let place = rest.utf8.firstIndex(of: UInt8(ascii: "&")) {
      out += rest[..<place]
      let behind = rest.utf8[rest.utf8.index(after: place)...].prefix(10)
      let name = behind.prefix { $0 != UInt8(ascii: ";") }
      let isEntity =
        name.count < behind.count && ["lt", "gt", "amp", "quot", "apos"].contains(String(Substring(name)))
      out += isEntity ? "&" : "&amp;"
      rest = rest[rest.utf8.index(after: place)...]
    }
    return out + rest
  }

  /// One tag.
  private struct Tag {
    enum Kind { case start, end, empty, other }
    let kind: Kind
    let name: Substring
    /// Its attributes with a space in front, each of them whole.
    let attributes: String
    let end: Substring.Index

    private static let limit = 4_096

    /// Reads the tag that `text` begins with; `nil` when it is none or does not end.
    init?(_ text: Substring) {
      let bytes = text.utf8
      if Self.isDeclaration(text) {
        let last: StaticString = text.hasPrefix("<!--") ? "-->" : ">"
        guard let place = text.place(of: last) else { return nil }
        (kind, name, attributes) = (.other, "", "")
        end = bytes.index(place, offsetBy: last.utf8CodeUnitCount)
        return
      }
      var rest = bytes.dropFirst()
      let isEnd = rest.first == UInt8(ascii: "/")
      if isEnd { rest = rest.dropFirst() }
      let word = rest.prefix(64).prefix(while: Self.isName)
      guard let first = word.first, word.count < 64, Self.isLetter(first) else { return nil }
      rest = rest[word.endIndex...]
      var list = ""
      var isEmpty = false
      while true {
        rest = rest.drop { $0 <= UInt8(ascii: " ") }
        guard let byte = rest.first, rest.startIndex < text.endIndex else { return nil }
        if byte == UInt8(ascii: ">") { break }
        if byte == UInt8(ascii: "/") {
          isEmpty = true
          rest = rest.dropFirst()
          continue
        }
        let key = rest.prefix(128).prefix(while: Self.isName)
        guard !key.isEmpty, key.count < 128, list.utf8.count < Self.limit else { return nil }
        rest = rest[key.endIndex...].drop { $0 <= UInt8(ascii: " ") }
        guard rest.first == UInt8(ascii: "=") else { return nil }
        rest = rest.dropFirst().drop { $0 <= UInt8(ascii: " ") }
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        rest = rest.dropFirst()
        let value = rest.prefix(Self.limit).prefix { $0 != quote && $0 != UInt8(ascii: "<") }
        guard rest[value.endIndex...].first == quote else { return nil }
        let mark = Character(Unicode.Scalar(quote))
        list += " \(Substring(key))=\(mark)\(XMLRepair.escaped(Substring(value)))\(mark)"
        rest = rest[value.endIndex...].dropFirst()
      }
      kind = isEnd ? .end : isEmpty ? .empty : .start
      name = Substring(word)
      attributes = list
      end = rest.index(after: rest.startIndex)
    }

    /// Whether this is a comment, a declaration or a processing instruction.
    static func isDeclaration(_ text: Substring) -> Bool { text.hasPrefix("<!") || text.hasPrefix("<?") }

    private static func isLetter(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
    private static func isName(_ byte: UInt8) -> Bool {
      isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || [UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    }
  }
}
