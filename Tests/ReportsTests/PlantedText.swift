// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import PCI
import Rules

/// Text that tries to become markup wherever it is put.
enum PlantedText {
  /// Breaks out of elements, attributes, comments, styles and titles; terminal escapes and bidirectional controls too.
  static let html =
    "</title></style></pre>\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
    + "--><!-- ]]> ' onmouseover='alert(4)' \" autofocus onfocus=\"alert(5) "
    + "&lt;b&gt; &#60;i&#62; {{7*7}} javascript:alert(6)"
    + "\u{1B}[2J\u{202E}\u{200B}\u{0}\r\n\u{2028}<a href=https://evil.example/>x</a>"
  /// Tries the same for GitHub's Markdown.
  static let markdown =
    "@octocat #1 GH-1 virtio-win/drivers#2 <b>x</b> [a](https://evil.example) ![i](https://evil.example/i.png) "
    + "https://evil.example www.evil.example me@evil.example `code` ``` ~~~ **bold** _it_ | cell | <!-- </details> "
    + "\n# heading\n- item\n1. one\n> quote\n---\n\\@octocat a\\|b deadbeefcafe \u{202E} $x$ :smile: "
}

extension JSONTree {
  /// Words of a closed set and addresses stay, or the document would no longer decode.
  private static let closed: Set<String> = [
    "status", "trust", "verdict", "severity", "confidence", "testimony", "place", "kind",
  ]

  private static func isFree(_ text: String, key: String?) -> Bool {
    !(key.map(closed.contains) ?? false) && PCIAddress(parsing: text) == nil && PCIPath(parsing: text) == nil
  }

  /// The same with `text` before every string that is free.
  func planting(_ text: String, key: String? = nil) -> JSONTree {
    switch self {
    case .object(let members):
      return .object(Dictionary(uniqueKeysWithValues: members.map { ($0, $1.planting(text, key: $0)) }))
    case .array(let elements): return .array(elements.map { $0.planting(text) })
    case .string(let own): return Self.isFree(own, key: key) ? .string(text + own) : self
    default: return self
    }
  }

  /// How many strings are free.
  func countFree(key: String? = nil) -> Int {
    switch self {
    case .object(let members): members.reduce(0) { $0 + $1.value.countFree(key: $1.key) }
    case .array(let elements): elements.reduce(0) { $0 + $1.countFree() }
    case .string(let own): Self.isFree(own, key: key) ? 1 : 0
    default: 0
    }
  }

  /// The same with `text` before the free string of that number alone.
  func planting(_ text: String, at number: Int) -> JSONTree {
    var left = number
    return planting(text, &left, key: nil)
  }

  private func planting(_ text: String, _ left: inout Int, key: String?) -> JSONTree {
    switch self {
    case .object(let members):
      var planted: [String: JSONTree] = [:]
      for (key, value) in members.sorted(by: { $0.key < $1.key }) {
        planted[key] = value.planting(text, &left, key: key)
      }
      return .object(planted)
    case .array(let elements): return .array(elements.map { $0.planting(text, &left, key: nil) })
    case .string(let own) where Self.isFree(own, key: key):
      left -= 1
      return left == -1 ? .string(text + own) : self
    default: return self
    }
  }
}
