// SPDX-License-Identifier: GPL-3.0-or-later

extension Redactor {
  /// Prose with tokens in the place of all that is not known to be harmless: sentences, failures, commands, lines of
  /// logs, of ours or of anybody.
  ///
  /// It takes time and memory in proportion to the text, whatever that is.
  package mutating func redact(_ text: String, at place: String = "text") -> String {
    var text = text
    // A token may change how what stands around it is read (a text in quotes is now short enough to be one): so until
    // nothing is left to replace, and of what does not come to an end nothing stays.
    for _ in 0..<Self.rounds {
      guard let next = replaced(text, at: place) else { return text }
      text = next
    }
    return token(.text, for: text, at: place)
  }

  /// So often a text is read again for what is still to be replaced.
  static let rounds = 6

  /// The text with tokens; `nil` when all that is to be replaced is a token already.
  private mutating func replaced(_ text: String, at place: String) -> String? {
    let bytes = Array(text.utf8)
    // The reader is gone, and its copy of the tokens with it, before any token is made.
    let spans = Prose(bytes, self).spans
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var position = 0
    var isChanged = false
    for span in spans {
      let value = String(decoding: bytes[span.range], as: UTF8.self)
      let token = token(span.kind, for: value, at: place)
      isChanged = isChanged || token != value
      output += bytes[position..<span.range.lowerBound]
      output += token.utf8
      position = span.range.upperBound
    }
    guard isChanged else { return nil }
    output += bytes[position...]
    return String(decoding: output, as: UTF8.self)
  }
}

/// Reads prose word by word, and says what of it is to be replaced.
///
/// A word is a row of letters, digits and underscores, with single `-`, `.`, `+` and `@` inside it. It stays when the
/// whole of it is in the ``Vocabulary`` or has the form of a harmless number (``HarmlessForm``). What stands between
/// words stays.
struct Prose {
  /// What is to be replaced, and by what kind of token. A token of an earlier redaction is one too, of any kind.
  struct Span: Hashable, Sendable {
    var range: Range<Int>
    var kind: RedactionKind
    /// Whether it is a value, or a token, that is known already.
    var isKnown = false
  }

  enum Class: UInt8 { case separator, word, joiner }

  /// The ends of words after which, and `=` or `:`, a secret follows: `password`, `root_passwd`, `apikey`.
  private static let secretWords = [
    "password", "passwd", "passwort", "passphrase", "passcode", "pwd", "secret", "psk", "token", "key", "pin", "otp",
    "auth", "credential", "credentials",
  ].map { Array($0.utf8) }

  let bytes: [UInt8]
  let classes: [Class]
  private let redactor: Redactor?
  /// Up to where no closing quote of this kind is.
  var unclosed: [UInt8: Int] = [:]

  init(_ bytes: [UInt8], _ redactor: Redactor?) {
    self.bytes = bytes
    self.redactor = redactor
    classes = Self.classes(of: bytes)
  }

  /// In order, without overlaps.
  var spans: [Span] { spans(alone: false) }

  private func spans(alone: Bool) -> [Span] {
    var reader = self
    return reader.read(0..<bytes.count, quoted: alone, hint: nil, depth: 0)
  }

  /// Whether prose would let this text through as it is; `alone` where it stands for itself, as in quotes.
  static func isHarmless(_ bytes: [UInt8], alone: Bool = false) -> Bool {
    Prose(bytes, nil).spans(alone: alone).isEmpty
  }

  private static func classes(of bytes: [UInt8]) -> [Class] {
    var classes = [Class](repeating: .separator, count: bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      // General punctuation, U+2000 to U+207F: dashes, quotes, an ellipsis.
      if byte == 0xe2, index + 2 < bytes.count, bytes[index + 1] == 0x80 || bytes[index + 1] == 0x81 {
        index += 3
        continue
      }
      if byte.isWordByte {
        classes[index] = .word
      } else if "-.+@".utf8.contains(byte) {
        classes[index] = .joiner
      }
      index += 1
    }
    return classes
  }

  // MARK: One stretch of text

  /// What was kept or replaced last, by which the next word is judged.
  struct State {
    var spans: [Span] = []
    /// The last word that stays, and where it ends.
    var kept: (word: String, end: Int)?
    /// The last word, whether it stays or not.
    var last: Range<Int>?
    var hint: RedactionKind?
  }

  mutating func read(_ range: Range<Int>, quoted: Bool, hint: RedactionKind?, depth: Int) -> [Span] {
    var state = State(hint: hint)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      switch classes[index] {
      case .word where index == range.lowerBound || classes[index - 1] != .word:
        index = readWord(index, range, quoted, &state)
      case .separator where byte == UInt8(ascii: ":"):
        if index + 1 < range.upperBound, bytes[index + 1] == byte, let found = ColonForm(bytes, index, range) {
          if let kind = found.kind { append(index..<found.end, kind, &state) }
          index = found.end
        } else {
          index += 1
        }
      case .separator where byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`"):
        index = readQuote(index, range, &state, depth)
      default: index += 1
      }
    }
    return state.spans
  }

  private mutating func readWord(_ start: Int, _ range: Range<Int>, _ quoted: Bool, _ state: inout State) -> Int {
    if let secret = secret(start, range, state) {
      append(secret, .secret, &state)
      return secret.upperBound
    }
    if let found = ColonForm(bytes, start, range) {
      if let kind = found.kind { append(start..<found.end, kind, &state) }
      return found.end
    }
    // The end of the word, and the first value in it that is known.
    var end = start
    var known: Range<Int>?
    while end < range.upperBound {
      if known == nil, end == start || classes[end - 1] == .joiner { known = knownValue(at: end, range) }
      if known != nil { break }
      while end < range.upperBound, classes[end] == .word { end += 1 }
      guard end + 1 < range.upperBound, classes[end] == .joiner, classes[end + 1] == .word else { break }
      end += 1
    }
    guard let known else {
      judge(start..<end, range, quoted, &state)
      return numbers(start..<end, range, &state)
    }
    // What stands before it in the same word is judged piece by piece.
    for piece in bytes.indices[start..<known.lowerBound].split(whereSeparator: { classes[$0] != .word }) {
      judge(piece.startIndex..<piece.endIndex, range, quoted, &state)
    }
    state.spans.append(Span(range: known, kind: .text, isKnown: true))
    return known.upperBound
  }

  /// A token, or a value that has one, which begins here.
  private func knownValue(at start: Int, _ range: Range<Int>) -> Range<Int>? {
    if let (_, length) = RedactionToken.leading(bytes[start..<range.upperBound]) { return start..<start + length }
    guard let redactor else { return nil }
    var end = start
    while end < range.upperBound, classes[end] == .word, end - start <= Redactor.phraseLimit { end += 1 }
    for value in redactor.phrases(beginning: bytes[start..<end]) {
      let end = start + value.count
      guard end <= range.upperBound, end == bytes.count || classes[end] != .word else { continue }
      if zip(bytes[start..<end], value).allSatisfy({ $0.folded == $1 }) { return start..<end }
    }
    return nil
  }

  // MARK: One word

  private mutating func judge(_ word: Range<Int>, _ range: Range<Int>, _ quoted: Bool, _ state: inout State) {
    guard !word.isEmpty else { return }
    state.last = word
    let slice = bytes[word]
    let text = String(decoding: slice.map(\.folded), as: UTF8.self)
    let isStep = isPathByte(word.lowerBound - 1, range) || isPathByte(word.upperBound, range)
    if isHarmless(word, text, range, strictly: quoted || isStep || isNamed(word.lowerBound, state)) {
      state.kept = (text, word.upperBound)
      state.hint = nil
      return
    }
    let form = ValueForm.kind(of: slice)
    // Of a file's name only what kind of file it is stays.
    if form == nil, let end = HarmlessForm.fileStem(of: slice) {
      let stem = Prose(Array(bytes[word.lowerBound..<end]), redactor)
      if stem.spans(alone: true).isEmpty {
        state.kept = (text, word.upperBound)
      } else {
        append(word.lowerBound..<end, .path, &state)
      }
      return
    }
    let kind = form ?? (isStep ? .path : hint(at: word.lowerBound, state) ?? ValueForm.guess(slice))
    append(word, kind, &state)
  }

  private func isHarmless(_ word: Range<Int>, _ text: String, _ range: Range<Int>, strictly: Bool) -> Bool {
    if strictly ? Vocabulary.hasAlone(text) : Vocabulary.has(text) { return true }
    if HarmlessForm.isNumber(bytes[word]) || HarmlessForm.isNumberedFile(bytes[word])
      || HarmlessForm.isMachineType(bytes[word])
    {
      return true
    }
    if HarmlessForm.isLongNumber(bytes[word]), hasUnit(after: word.upperBound, range) { return true }
    // `C:\`
    if word.count == 1, bytes[word.lowerBound].isLetter, word.upperBound + 1 < range.upperBound,
      bytes[word.upperBound] == UInt8(ascii: ":"), isPathByte(word.upperBound + 1, range)
    {
      return true
    }
    // What follows an apostrophe: `guest's`, `can't`.
    let before = word.lowerBound - 1
    return before > range.lowerBound && bytes[before] == UInt8(ascii: "'") && classes[before - 1] == .word
      && ["s", "t", "d", "m", "ll", "re", "ve"].contains(text)
  }

  private func isPathByte(_ index: Int, _ range: Range<Int>) -> Bool {
    range.contains(index) && (bytes[index] == UInt8(ascii: "/") || bytes[index] == UInt8(ascii: "\\"))
  }

  /// Whether ` bytes`, ` KiB` or the like follows.
  private func hasUnit(after end: Int, _ range: Range<Int>) -> Bool {
    guard end < range.upperBound, bytes[end] == UInt8(ascii: " ") else { return false }
    let rest = bytes[(end + 1)..<min(range.upperBound, end + 8)].prefix(while: \.isWordByte)
    return HarmlessForm.longUnits.contains(String(decoding: rest.map(\.folded), as: UTF8.self))
  }

  /// Several short numbers in a row that are as long as one that is replaced (`+49 170 5550123`, `4111 1111 1111`):
  /// where they end, when they were; else the end of the first.
  private mutating func numbers(_ first: Range<Int>, _ range: Range<Int>, _ state: inout State) -> Int {
    guard state.kept?.end == first.upperBound, bytes[first].allSatisfy(\.isDecimalDigit) else {
      return first.upperBound
    }
    var end = first.upperBound
    var digits = first.count
    while end + 1 < range.upperBound, bytes[end] == UInt8(ascii: " "), bytes[end + 1].isDecimalDigit {
      let next = bytes[(end + 1)..<range.upperBound].prefix { $0.isDecimalDigit }
      guard next.endIndex == range.upperBound || classes[next.endIndex] == .separator else { break }
      guard !hasUnit(after: next.endIndex, range) else { break }
      digits += next.count
      end = next.endIndex
    }
    guard end > first.upperBound, digits >= HarmlessForm.longRow else { return first.upperBound }
    state.kept = nil
    append(first.lowerBound..<end, .serial, &state)
    return end
  }

  /// All up to the next space or quote, where a word for a secret and `=` or `:` stand before.
  func secret(_ start: Int, _ range: Range<Int>, _ state: State) -> Range<Int>? {
    guard let label = state.last, label.upperBound < start, start - label.upperBound <= 6 else { return nil }
    let word = bytes[label].suffix(12).map(\.folded)
    guard Self.secretWords.contains(where: { word.suffix($0.count) == $0[...] }) else { return nil }
    let gap = bytes[label.upperBound..<start]
    guard gap.contains(where: { "=:>".utf8.contains($0) }), gap.allSatisfy({ "=:> \"'\\".utf8.contains($0) }) else {
      return nil
    }
    let rest = bytes[start..<range.upperBound].prefix { $0 > 0x20 && !"\"'<>,;&".utf8.contains($0) }
    let end = rest.lastIndex { !".:)]}".utf8.contains($0) }.map { $0 + 1 } ?? rest.endIndex
    guard !rest.isEmpty, RedactionToken.leading(rest[..<end])?.length != end - start else { return nil }
    return start..<end
  }

  /// Whether a word just before and `=` or `:` say that this is a name: `host=server`.
  private func isNamed(_ start: Int, _ state: State) -> Bool {
    guard hint(at: start, state) != nil, let end = state.kept?.end, end < start else { return false }
    return bytes[end..<start].contains { "=:".utf8.contains($0) }
  }

  /// What a word just before says of a value.
  func hint(at start: Int, _ state: State) -> RedactionKind? {
    if let hint = state.hint { return hint }
    guard let (word, end) = state.kept, start - end <= 3, start > end else { return nil }
    return switch word {
    case "user", "username", "login", "owner", "group": .user
    case "host", "hostname", "node", "peer": .host
    case "domain", "guest", "vm": .guest
    case "service", "driver", "device", "interface", "port", "module": .name
    default: nil
    }
  }

  /// Unknown words that follow each other are one value.
  func append(_ range: Range<Int>, _ kind: RedactionKind, _ state: inout State) {
    defer { state.hint = nil }
    if let last = state.spans.last, !last.isKnown, last.kind == kind, [.text, .path, .name, .secret].contains(kind) {
      let gap = bytes[last.range.upperBound..<range.lowerBound]
      let isNear =
        gap.elementsEqual(" ".utf8) || (gap.count <= 3 && gap.allSatisfy { "@$%^*!~#?&+-.".utf8.contains($0) })
      if isNear {
        state.spans[state.spans.count - 1].range = last.range.lowerBound..<range.upperBound
        return
      }
    }
    state.spans.append(Span(range: range, kind: kind))
  }
}
