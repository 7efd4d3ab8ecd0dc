// SPDX-License-Identifier: GPL-3.0-or-later

/// Forms with colons in them: PCI ids and addresses and times of day, which stay, and hardware and internet addresses.
struct ColonForm {
  /// `nil` when it stays.
  let kind: RedactionKind?
  let end: Int

  /// The longest form, in bytes: a longer row of such bytes is none of them, and unknown as a whole.
  private static let limit = 64

  /// `nil` when no such form begins at `start`.
  init?(_ bytes: [UInt8], _ start: Int, _ range: Range<Int>) {
    let colon = UInt8(ascii: ":")
    func isPart(_ byte: UInt8) -> Bool { byte.isHexadecimalDigit || byte == colon || byte == UInt8(ascii: ".") }
    let window = start..<min(range.upperBound, start + Self.limit + 1)
    var slice = bytes[window].prefix(while: isPart)
    guard slice.contains(colon) else { return nil }
    guard slice.count <= Self.limit else {
      end = bytes[start..<range.upperBound].prefix(while: isPart).endIndex
      kind = .serial
      return
    }
    while let last = slice.last, last == UInt8(ascii: ".") || last == colon { slice = slice.dropLast() }
    guard slice.contains(colon), slice.endIndex == range.upperBound || !bytes[slice.endIndex].isWordByte else {
      return nil
    }
    let groups = slice.split(separator: colon, omittingEmptySubsequences: false)
    end = slice.endIndex
    if Self.isPCI(groups) || Self.isTime(groups) {
      kind = nil
    } else if groups.count == 6, groups.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isHexadecimalDigit) }) {
      kind = .mac
    } else if Self.isInternetAddress(groups) {
      kind = .ip
    } else {
      return nil
    }
  }

  /// `1af4:1002`, `0000:00:05.0`, `00:05.0`.
  private static func isPCI(_ groups: [ArraySlice<UInt8>]) -> Bool {
    func isPlain(_ group: ArraySlice<UInt8>, _ count: Int) -> Bool {
      group.count == count && group.allSatisfy(\.isHexadecimalDigit)
    }
    func isSlot(_ group: ArraySlice<UInt8>) -> Bool { HarmlessForm.isHop(group) }
    switch groups.count {
    case 2: return isPlain(groups[0], 4) && isPlain(groups[1], 4) || isPlain(groups[0], 2) && isSlot(groups[1])
    case 3: return isPlain(groups[0], 4) && isPlain(groups[1], 2) && (isSlot(groups[2]) || isPlain(groups[2], 2))
    default: return false
    }
  }

  /// `10:31`, `10:31:05.123`.
  private static func isTime(_ groups: [ArraySlice<UInt8>]) -> Bool {
    guard (2...3).contains(groups.count), let last = groups.last else { return false }
    let parts = last.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 1 || parts.count == 2 && (1...9).contains(parts[1].count) else { return false }
    return (groups.dropLast() + [parts[0]]).allSatisfy { (1...2).contains($0.count) && $0.allSatisfy(\.isDecimalDigit) }
      && parts.dropFirst().allSatisfy { $0.allSatisfy(\.isDecimalDigit) }
  }

  /// An IPv6 address, whole or shortened.
  private static func isInternetAddress(_ groups: [ArraySlice<UInt8>]) -> Bool {
    guard groups.count >= 3, groups.count <= 9, groups.contains(where: { !$0.isEmpty }), let last = groups.last else {
      return false
    }
    return groups.dropLast().allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexadecimalDigit) }
      && (last.count <= 4 && last.allSatisfy(\.isHexadecimalDigit) || ValueForm.isIPv4(last))
  }
}

/// Forms of words that tell nothing of whose machine it is.
enum HarmlessForm {
  /// From so many digits on a number may be a serial or telephone number.
  static let longRow = 7
  /// Units of sizes, folded.
  static let sizes: Set<String> = [
    "b", "byte", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "k", "m", "g", "t", "pages",
  ]
  /// Those that no other word is.
  static let longUnits: Set<String> = ["byte", "bytes", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib"]
  private static let units: Set<String> = [
    "s", "ms", "us", "ns", "h", "d", "x", "bit", "hz", "mhz", "ghz", "st", "nd", "rd", "th",
  ]

  /// A small number, a version, a size or a time with its unit, a date, a number of `0x`, a step of a PCI path, or the
  /// fields of a Windows hardware id.
  static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
    guard let first = word.first, word.count <= 40 else { return false }
    if !first.isDecimalDigit { return isHardwareField(word) || isHop(word) }
    return isPlain(word) || isHop(word) || isVersion(word) || isDate(word) || isHexadecimal(word) || isRange(word)
  }

  /// A number that is harmless where a unit of size follows it.
  static func isLongNumber(_ word: ArraySlice<UInt8>) -> Bool {
    word.count <= 20 && word.allSatisfy(\.isDecimalDigit)
  }

  /// `512`, `1.5`, `512MiB`, `200ms`.
  private static func isPlain(_ word: ArraySlice<UInt8>) -> Bool {
    let number = word.prefix { $0.isDecimalDigit || $0 == UInt8(ascii: ".") }
    let unit = String(decoding: word[number.endIndex...].map(\.folded), as: UTF8.self)
    let digits = number.count { $0.isDecimalDigit }
    guard number.count - digits <= 1, number.last?.isDecimalDigit == true else { return false }
    if unit.isEmpty { return digits == number.count ? digits < longRow : isVersion(word) }
    return sizes.contains(unit) && digits <= 15 || units.contains(unit) && digits < longRow
  }

  /// `7.2.22`, `100.101.104.28500`, `6.1.0-42`.
  private static func isVersion(_ word: ArraySlice<UInt8>) -> Bool {
    let halves = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard let numbers = halves.first, halves.count <= 2 else { return false }
    if halves.count == 2 {
      guard (1...4).contains(halves[1].count), halves[1].allSatisfy(\.isDecimalDigit) else { return false }
    }
    let parts = numbers.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (2...5).contains(parts.count), numbers.count <= 20,
      parts.allSatisfy({ (1..<longRow).contains($0.count) && $0.allSatisfy(\.isDecimalDigit) }),
      parts[0].count == 1 || parts[0].first != UInt8(ascii: "0")
    else { return false }
    return !ValueForm.isIPv4(numbers)
  }

  /// `2025-06-17`, `2025-06-17T10`, and the ends of a time of day: `05Z`, `05.123Z`.
  static func isDate(_ word: ArraySlice<UInt8>) -> Bool {
    let bytes = Array(word)
    if let last = bytes.last, last == UInt8(ascii: "Z") {
      let parts = bytes.dropLast().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return (1...2).contains(parts.count) && parts[0].count == 2
        && parts.allSatisfy { (1...9).contains($0.count) && $0.allSatisfy(\.isDecimalDigit) }
    }
    guard bytes.count == 10 || bytes.count == 13 && bytes[10] == UInt8(ascii: "T") else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      switch index {
      case 4, 7: byte == UInt8(ascii: "-")
      case 10: true
      default: byte.isDecimalDigit
      }
    } && bytes[0] <= UInt8(ascii: "2") && bytes[5] <= UInt8(ascii: "1") && bytes[8] <= UInt8(ascii: "3")
  }

  /// `0xc0000490`
  private static func isHexadecimal(_ word: ArraySlice<UInt8>) -> Bool {
    guard (3...10).contains(word.count), word.starts(with: "0x".utf8) else { return false }
    return word.dropFirst(2).allSatisfy(\.isHexadecimalDigit)
  }

  /// `3-6`
  private static func isRange(_ word: ArraySlice<UInt8>) -> Bool {
    let ends = word.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    return ends.count == 2 && ends[0].count + ends[1].count < longRow
      && ends.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isDecimalDigit) }
  }

  /// A device and function, `1f.7`.
  static func isHop(_ word: ArraySlice<UInt8>) -> Bool {
    let bytes = Array(word)
    return bytes.count == 4 && bytes[0].isHexadecimalDigit && bytes[1].isHexadecimalDigit
      && bytes[2] == UInt8(ascii: ".") && (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(bytes[3])
  }

  /// `VEN_1AF4`, `SUBSYS_00051AF4`.
  static func isHardwareField(_ word: ArraySlice<UInt8>) -> Bool {
    let folded = word.map(\.folded)
    return [("ven_", 4), ("dev_", 4), ("subsys_", 8), ("rev_", 2), ("cc_", 4), ("cc_", 6)].contains { name, digits in
      folded.count == name.utf8.count + digits && folded.starts(with: name.utf8)
        && folded.dropFirst(name.utf8.count).allSatisfy(\.isHexadecimalDigit)
    }
  }
}

extension HarmlessForm {
  /// A version with words in it, `9.4-rc2`, `22h2`: pieces, each a known word, a number, or a known word and a number.
  static func isRelease(_ text: String) -> Bool {
    let whole = Array(text.utf8)
    // Numbers alone are a version, or may be anything.
    guard whole.contains(where: \.isLetter) else { return isNumber(whole[...]) }
    let pieces = whole.split(omittingEmptySubsequences: false) { "-+~".utf8.contains($0) }
    let row = pieces.filter { $0.allSatisfy(\.isDecimalDigit) }.reduce(0) { $0 + $1.count }
    return row < longRow
      && pieces.allSatisfy { piece in
        isPiece(piece)
          || piece.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isPiece)
      }
  }

  /// `pc-q35-9.0+pve0`, `pc-1.0`, `virt-8.2`, `s390-ccw-virtio-7.2`.
  static func isMachineType(_ word: ArraySlice<UInt8>) -> Bool {
    let folded = String(decoding: word.map(\.folded), as: UTF8.self)
    guard let prefix = ["pc-q35-", "pc-i440fx-", "pc-", "virt-", "s390-ccw-virtio-"].first(where: folded.hasPrefix),
      folded.utf8.count <= 64, folded.utf8.dropFirst(prefix.utf8.count).first?.isDecimalDigit == true
    else { return false }
    return FieldText.isMachine(folded)
  }

  private static let fileTypes: Set<String> = [
    "bat", "cat", "cfg", "conf", "csv", "dat", "dll", "evtx", "exe", "gz", "htm", "html", "img", "inf", "ini", "iso",
    "json", "log", "md", "msi", "pid", "ps1", "qcow2", "raw", "reg", "rom", "sh", "sock", "sys", "txt", "xml", "yaml",
    "yml", "zip",
  ]

  /// Where the name of a file ends and `.txt` or the like begins; `nil` for a word that is no such name.
  static func fileStem(of word: ArraySlice<UInt8>) -> Int? {
    guard let point = word.lastIndex(of: UInt8(ascii: ".")), point > word.startIndex, word.count <= 256,
      fileTypes.contains(String(decoding: word[(point + 1)...].map(\.folded), as: UTF8.self))
    else { return nil }
    return point
  }

  /// A known word, a number, or both in one: `rhel7.6.0`, `el9`.
  private static func isPiece(_ bytes: ArraySlice<UInt8>) -> Bool {
    if isNumber(bytes) || Vocabulary.has(String(decoding: bytes.map(\.folded), as: UTF8.self)) { return true }
    let letters = bytes.prefix { $0.isLetter }
    guard !letters.isEmpty, letters.count < bytes.count else { return false }
    return Vocabulary.has(String(decoding: letters.map(\.folded), as: UTF8.self))
      && isNumber(bytes[letters.endIndex...])
  }

  /// `oem12.inf`, as Windows names what it was given.
  static func isPublishedINF(_ file: String) -> Bool {
    let folded = Array(file.folded.utf8)
    let digits = folded.dropFirst(3).prefix { $0.isDecimalDigit }
    return folded.starts(with: "oem".utf8) && (1...5).contains(digits.count)
      && folded[digits.endIndex...].elementsEqual(".inf".utf8)
  }

  /// `PCI\VEN_1AF4&DEV_1002&REV_00`, and nothing else in it.
  static func isHardwareID(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count <= 80, bytes.map(\.folded).starts(with: "pci\\".utf8) else { return false }
    let fields = bytes.dropFirst(4).split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
    return fields.allSatisfy(isHardwareField)
  }

  /// `101.conf`, a file of Proxmox named by a machine's number.
  static func isNumberedFile(_ word: ArraySlice<UInt8>) -> Bool {
    guard let point = word.firstIndex(of: UInt8(ascii: ".")), (1...6).contains(point - word.startIndex),
      word[..<point].allSatisfy(\.isDecimalDigit)
    else { return false }
    return ["conf", "qmp", "vnc", "pid", "qga", "serial0", "virt-balloon"]
      .contains(String(decoding: word[(point + 1)...].map(\.folded), as: UTF8.self))
  }
}

/// What a value is, by its form.
enum ValueForm {
  /// `nil` for words of no form of their own.
  static func kind(of word: ArraySlice<UInt8>) -> RedactionKind? {
    if isUUID(word) { return .uuid }
    if isMAC(word) { return .mac }
    if isIPv4(word) { return .ip }
    if let at = word.lastIndex(of: UInt8(ascii: "@")) {
      return word[at...].contains(UInt8(ascii: ".")) ? .email : .user
    }
    return nil
  }

  /// The kind of a word of which nothing else is known.
  static func guess(_ word: ArraySlice<UInt8>) -> RedactionKind {
    let digits = word.count { $0.isDecimalDigit }
    if word.contains(UInt8(ascii: ".")), word.last?.isLetter == true,
      word.first.map({ $0.isLetter || $0.isDecimalDigit }) == true
    {
      return .host
    }
    return digits >= HarmlessForm.longRow || digits >= 4 && digits * 2 >= word.count ? .serial : .text
  }

  static func isUUID(_ word: ArraySlice<UInt8>) -> Bool {
    guard word.count == 36 else { return false }
    return word.enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : byte.isHexadecimalDigit
    }
  }

  /// `52-54-00-12-34-56`; the form with colons is ``ColonForm``'s.
  private static func isMAC(_ word: ArraySlice<UInt8>) -> Bool {
    guard word.count == 17 else { return false }
    return word.enumerated().allSatisfy { index, byte in
      index % 3 == 2 ? byte == UInt8(ascii: "-") : byte.isHexadecimalDigit
    }
  }

  /// Four numbers up to 255.
  static func isIPv4(_ word: ArraySlice<UInt8>) -> Bool {
    guard (7...15).contains(word.count) else { return false }
    let parts = word.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.count) && part.allSatisfy(\.isDecimalDigit)
          && (Int(String(decoding: part, as: UTF8.self)) ?? 256) <= 255
      }
  }
}
