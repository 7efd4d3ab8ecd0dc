// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Keys of Windows' registry, as `reg query KEY /s` prints them or a `.reg` file has them.
struct RegistryArtefact: ArtefactContent {
  let kind: String
  let keys: [RegistryKey]
  /// Whether the probe's marks show that all of Enum\PCI is here.
  let isWholeEnum: Bool

  /// The most keys of one artefact that are kept, and the most values of a key.
  private static let keyLimit = 8_192
  private static let valueLimit = 128

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard key(in: cursor.line) != nil else { return nil }
    var reader = Reader()
    var end = cursor.index
    var isEnded = false
    var isBehindBlank = false
    while let line = cursor.peek(end) {
      if line.isEmpty {
        isBehindBlank = true
        end += 1
        continue
      }
      // What ends with the file, or runs into foreign text, may have been cut off: a key is whole when a blank line and
      // more stand behind it, or another key, or the probe's mark (or the command that prints it).
      isEnded = line.has("=== virt-balloon: ")
      if isBehindBlank || isEnded { reader.endKey() }
      isBehindBlank = false
      if let path = key(in: line) { reader.begin(path) } else if isEnded || !reader.takeValue(line) { break }
      end += 1
    }
    let isWhole =
      isEnded && cursor.isSectionWhole && cursor.section == .enumeration
      && reader.keys.contains { $0.pciInstance != nil && $0.isWhole }
    if !isEnded { cursor.isSectionWhole = false }
    cursor.index = end
    return RegistryArtefact(
      kind: reader.isExport ? ".reg export" : "reg query", keys: reader.finished(), isWholeEnum: isWhole)
  }

  /// The path below HKEY_LOCAL_MACHINE in `HKEY_LOCAL_MACHINE\…`, `HKLM\…` or `[HKEY_LOCAL_MACHINE\…]`.
  private static func key(in line: Substring) -> Substring? {
    guard line.utf8.count < 2_048 else { return nil }
    var rest = line
    if rest.utf8.first == UInt8(ascii: "["), rest.utf8.last == UInt8(ascii: "]") { rest = rest.dropFirst().dropLast() }
    return rest.dropping("HKEY_LOCAL_MACHINE\\") ?? rest.dropping("HKLM\\")
  }

  private struct Reader {
    var keys: [RegistryKey] = []
    var isExport = false
    private var current: RegistryKey?
    /// Whether values may come: a key has begun.
    private var isOpen = false
    /// A `.reg` value that goes on in the next line.
    private var pending: (name: String, text: String)?

    mutating func begin(_ path: Substring) {
      endKey()
      let key = RegistryKey(path: String(path))
      // All else is read over.
      current = key.isWanted && keys.count < keyLimit ? key : nil
      isOpen = true
    }

    /// Ends a key of which all is here.
    mutating func endKey() {
      finishPending()
      guard var key = current else { return }
      key.isWhole = true
      keys.append(key)
      current = nil
    }

    mutating func finished() -> [RegistryKey] {
      finishPending()
      if let current { keys.append(current) }
      return keys
    }

    /// Takes `    Service    REG_SZ    BALLOON` or `"Service"="BALLOON"`; false when the line is neither.
    mutating func takeValue(_ line: Substring) -> Bool {
      if let (name, text) = pending {
        pending = nil
        add(name, text: text + line.trimmed)
        return true
      }
      guard isOpen else { return false }
      if line.utf8.first == UInt8(ascii: "\"") || line.hasPrefix("@=") { return takeExported(line) }
      let words = line.words
      guard let place = words.firstIndex(where: { $0.hasPrefix("REG_") }), place > 0 else {
        // A value of no type, as Wine's reg prints the default one: no fact, and no foreign text either.
        return words.count == 3 && line.hasPrefix("    ") && words[1] == "(null)"
      }
      guard let type = RegistryKey.Value.Kind(rawValue: String(words[place])) else { return true }
      let name = String(line[..<words[place].startIndex].trimmed)
      let text = line[words[place].endIndex...].trimmed
      set(name, RegistryKey.Value(kind: type, text: String(text.prefix(8_192))))
      return true
    }

    private mutating func takeExported(_ line: Substring) -> Bool {
      isExport = true
      guard line.utf8.first == UInt8(ascii: "\"") else { return true }
      let body = line.dropFirst()
      guard let end = body.place(of: "\"=") else { return false }
      add(String(body[..<end]), text: String(body[end...].dropFirst(2)))
      return true
    }

    /// A value of a `.reg` file: a string, `dword:00000003`, `hex(7):50,00,…\`.
    private mutating func add(_ name: String, text: String) {
      if text.hasSuffix("\\"), text.hasPrefix("hex") {
        guard text.utf8.count < 65_536 else { return }
        pending = (name, String(text.dropLast()))
        return
      }
      let text = text[...]
      if text.utf8.first == UInt8(ascii: "\"") {
        let inner = text.dropFirst().dropLast()
        let plain = String(inner).replacing("\\\\", with: "\\").replacing("\\\"", with: "\"")
        set(name, .init(kind: .string, text: plain))
      } else if let digits = text.dropping("dword:") {
        set(name, .init(kind: .number, text: "0x" + digits))
      } else if let list = text.dropping("hex(7):") {
        set(name, .init(kind: .list, text: WideText.strings(bytes: Self.bytes(list)).joined(separator: "\\0")))
      } else if let wide = text.dropping("hex(2):") {
        set(name, .init(kind: .expandable, text: WideText.string(bytes: Self.bytes(wide))))
      }
    }

    private static func bytes(_ list: Substring) -> [UInt8] {
      list.utf8.split(separator: UInt8(ascii: ",")).prefix(16_384)
        .compactMap { UInt8(Substring($0).trimmed, radix: 16) }
    }

    private mutating func finishPending() { pending = nil }

    private mutating func set(_ name: String, _ value: RegistryKey.Value) {
      guard current != nil, (current?.values.count ?? 0) < valueLimit else { return }
      current?.values[name.lowercased()] = value
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    draft.windows.add(keys, isWholeEnum: isWholeEnum, source)
    for key in keys where key.subject == .system { tell(OSVersion(key), &draft, source) }
  }

  /// Which Windows it is. One value that was asked for alone is enough, if it tells that.
  private func tell(_ system: OSVersion, _ draft: inout EvidenceDraft, _ source: Provenance) {
    draft.tell(\.guest.osFamily, .observed("windows", source))
    if let name = system.name { draft.tell(\.guest.osName, .observed(name, source)) }
    if let version = system.version { draft.tell(\.guest.kernel, .observed(version, source)) }
    if let edition = system.edition {
      var windows = WindowsSystem(
        Unknown(
          failure: Failure(.notAsked, "the key of the system does not tell", ask: "msinfo32, in the guest"),
          provenance: source))
      windows.edition = .observed(edition, source)
      draft.tellWindows(windows)
    }
  }
}
