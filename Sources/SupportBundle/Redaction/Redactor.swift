// SPDX-License-Identifier: GPL-3.0-or-later

/// Puts tokens in the place of what could tell whose machine it is: `redacted-guest-1`, `redacted-ip-2`.
///
/// It fails closed: what is not known to be harmless by its type, its form or our ``Vocabulary`` is replaced. One value
/// has one token, wherever it stands and whatever the case of its letters, so that a reader can still see that two
/// places speak of the same thing. What is redacted already stays as it is.
///
/// Redact first what is known by its type (a guest's name, its UUID), then prose: so the name's token is found there.
package struct Redactor: Sendable {
  /// The most tokens of one kind: from there on one stands for all further values.
  static let limit = 20_000
  /// The longest value that is looked for inside other text, in bytes.
  static let phraseLimit = 256
  /// The most values beginning with the same word that are looked for.
  static let phrasesOfAWord = 16

  /// By the value's folded form. Held in memory only.
  private(set) var tokens: [String: RedactionToken] = [:]
  /// The values that are looked for inside other text, folded, by their first word, the longest first.
  private var phrases: [String: [[UInt8]]] = [:]
  private var last: [RedactionKind: Int] = [:]
  /// Numbers that tokens of an earlier redaction have.
  private var taken: Set<RedactionToken> = []
  private var uses: [RedactionToken: Use] = [:]

  private struct Use: Sendable {
    var count = 0
    var places: Set<String> = []
    var isCut = false
  }

  package init() {}

  /// The token of a value; an empty value stays empty, and so does a token.
  ///
  /// - Parameters:
  ///   - kind: what the value is; one that has a token keeps that, whatever its kind.
  ///   - place: where it stands, in our own words: a place in the evidence, or the name of a file of the bundle.
  package mutating func token(_ kind: RedactionKind, for value: String, at place: String) -> String {
    guard !value.isEmpty else { return "" }
    if let token = RedactionToken(value) {
      reserve(token)
      return value
    }
    let key = value.folded
    let token = tokens[key] ?? assign(kind, to: key)
    note(token, at: place)
    return token.text
  }

  private mutating func assign(_ kind: RedactionKind, to key: String) -> RedactionToken {
    var number = last[kind, default: 0] + 1
    while taken.contains(RedactionToken(kind, number)) { number += 1 }
    guard number < Self.limit else { return RedactionToken(kind, Self.limit) }
    last[kind] = number
    let token = RedactionToken(kind, number)
    tokens[key] = token
    remember(phrase: key)
    return token
  }

  /// No new token takes the number of one that is there already.
  mutating func reserve(_ token: RedactionToken) { taken.insert(token) }

  private mutating func note(_ token: RedactionToken, at place: String) {
    var use = uses[token] ?? Use()
    use.count += 1
    if !use.places.contains(place) {
      if use.places.count < RedactionLedger.placeLimit { use.places.insert(place) } else { use.isCut = true }
    }
    uses[token] = use
  }

  /// Lets a value be found inside other text, unless prose would let it through as it is: a guest named `windows` is
  /// not looked for, for every sentence about Windows would then tell its name.
  private mutating func remember(phrase: String) {
    let bytes = Array(phrase.utf8)
    guard bytes.count <= Self.phraseLimit, let first = bytes.first, first.isWordByte,
      bytes.last?.isWordByte == true, !Prose.isHarmless(bytes)
    else { return }
    let word = String(decoding: bytes.prefix(while: \.isWordByte), as: UTF8.self)
    var list = phrases[word] ?? []
    guard list.count < Self.phrasesOfAWord else { return }
    list.insert(bytes, at: list.firstIndex { $0.count < bytes.count } ?? list.endIndex)
    phrases[word] = list
  }

  /// The folded values with a token that begin with this folded word, the longest first.
  func phrases(beginning word: ArraySlice<UInt8>) -> [[UInt8]] {
    guard !phrases.isEmpty, word.count <= Self.phraseLimit else { return [] }
    return phrases[String(decoding: word.map(\.folded), as: UTF8.self)] ?? []
  }

  /// What was replaced so far.
  package var ledger: RedactionLedger {
    RedactionLedger(
      uses.sorted { one, other in
        (one.key.kind.rawValue, one.key.number) < (other.key.kind.rawValue, other.key.number)
      }.map { token, use in
        RedactionLedger.Entry(
          token: token.text, kind: token.kind, count: use.count, places: use.places.sorted(), isCut: use.isCut)
      })
  }

  /// The folded values behind each token: for tests, and nothing that is written.
  package var values: [String: [String]] {
    tokens.reduce(into: [:]) { $0[$1.value.text, default: []].append($1.key) }
  }
}
