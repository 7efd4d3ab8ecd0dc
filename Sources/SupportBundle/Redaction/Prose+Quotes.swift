// SPDX-License-Identifier: GPL-3.0-or-later

extension Prose {
  /// The longest text in quotes that is taken for one, in bytes.
  private static let quoteLimit = 512
  /// Quotes within quotes are looked at so deep.
  private static let quoteDepth = 3

  /// Text in quotes is one value when any word in it is not known; a path keeps its parts.
  mutating func readQuote(_ start: Int, _ range: Range<Int>, _ state: inout State, _ depth: Int) -> Int {
    let quote = bytes[start]
    guard depth < Self.quoteDepth, start == range.lowerBound || classes[start - 1] != .word,
      unclosed[quote, default: 0] <= start
    else { return start + 1 }
    let limit = min(range.upperBound, start + 1 + Self.quoteLimit)
    let end = (start + 1..<limit).first { index in
      bytes[index] == quote && (index + 1 >= range.upperBound || classes[index + 1] != .word)
    }
    guard let end else {
      unclosed[quote] = limit
      return start + 1
    }
    let inner = start + 1..<end
    if let secret = secret(start + 1, inner, state) {
      append(secret, .secret, &state)
      return end + 1
    }
    let spans = read(inner, quoted: true, hint: hint(at: start, state), depth: depth + 1)
    let hasParts = bytes[inner].contains { "/\\{=<\"'".utf8.contains($0) }
    // What stands in quotes may name what follows: `"password": "…"`.
    state.last = inner
    if spans.isEmpty {
      state.kept = (String(decoding: bytes[inner].map(\.folded), as: UTF8.self), inner.upperBound)
    }
    if hasParts || spans.isEmpty || spans.contains(where: \.isKnown) {
      state.spans += spans
    } else {
      let isOne = spans.count == 1 && spans[0].range == inner
      state.spans.append(Span(range: inner, kind: isOne ? spans[0].kind : .text))
    }
    return end + 1
  }
}
