// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// What is expected of a JSON value, and so what may stay of it: numbers within 64 bits, truth values and null always
/// do; a text does where it has the form that its place calls for, and is a token elsewhere.
///
/// A value of another shape than expected is no error: it is treated as ``other``.
indirect enum JSONShape: Sendable {
  /// Nothing is known of it: every text becomes a token.
  case other
  case text(RawText)
  case list(JSONShape)
  /// By name. Any other member is ``other``, and its name becomes a token unless the source has such a name.
  case object([String: JSONShape])
  /// An object whose members' names are the field's own and whose values have one shape.
  case map(JSONShape)
}

/// What a text in a reply must be to stay.
enum RawText: Sendable {
  /// One of these.
  case words(Set<String>)
  /// Whatever prose lets through.
  case prose
  /// Text that ``FieldText`` or another closed form accepts; a token of the kind otherwise.
  case form(@Sendable (String) -> Bool, RedactionKind)
  /// Text that such a form accepts; of another, what the evidence would have of it.
  case known(@Sendable (String) -> Bool, otherwise: @Sendable (inout Redactor, String, _ place: String) -> String)
  /// Text that is taken apart.
  case parsed(@Sendable (inout Redactor, String, _ place: String) -> String)
  /// Somebody's own.
  case token(RedactionKind)
}

extension Redactor {
  /// The value, redacted by its shape.
  ///
  /// - Parameters:
  ///   - names: what members are called in this source; another name is a stranger's word.
  ///   - place: where it stands, in our own words.
  mutating func redact(_ json: JSON, as shape: JSONShape, names: Set<String>, at place: String) -> JSON {
    switch json {
    case .null, .bool: return json
    case .number(let number): return Self.kept(number)
    case .string(let text):
      guard case .text(let kind) = shape else { return .string(token(.text, for: text, at: place)) }
      return .string(redact(text, as: kind, at: place))
    case .array(let elements):
      guard case .list(let each) = shape else {
        return .array(elements.map { redact($0, as: .other, names: names, at: place) })
      }
      return .array(elements.map { redact($0, as: each, names: names, at: place) })
    case .object(let object):
      var members: [(String, JSON)] = []
      var taken: [String: Bool] = [:]
      for member in object.members.prefix(Self.memberLimit) {
        let expected: JSONShape? =
          switch shape {
          case .object(let shapes): shapes[member.key]
          case .map(let each): names.contains(member.key) ? each : nil
          default: nil
          }
        let isKnown = expected != nil || names.contains(member.key)
        let name = isKnown ? member.key : self.name(ofMember: member.key, besides: taken, at: place)
        taken[name] = true
        let within = isKnown ? place + "." + member.key : place
        members.append((name, redact(member.value, as: expected ?? .other, names: names, at: within)))
      }
      return .object(JSONObject(members))
    }
  }

  /// Names that differ in the case of their letters alone have one token, and no name may stand twice.
  private mutating func name(ofMember key: String, besides others: [String: Bool], at place: String) -> String {
    var name = token(.text, for: key, at: place)
    var count = 1
    while others[name] != nil {
      count += 1
      name = token(.text, for: "\(key) \(count)", at: place)
    }
    return name
  }

  /// The most members of one object: no source has a tenth of them.
  private static let memberLimit = 1_024

  /// A number in its plain form; none that could carry more than 64 bits.
  private static func kept(_ number: JSONNumber) -> JSON {
    if let value = number.int { return .integer(value) }
    if let value = number.uint { return .integer(value) }
    return number.text.utf8.count <= 24 && number.text.utf8.contains(UInt8(ascii: ".")) ? .number(number) : .null
  }

  mutating func redact(_ text: String, as kind: RawText, at place: String) -> String {
    switch kind {
    case .words(let words): return words.contains(text) ? text : token(.text, for: text, at: place)
    case .prose: return redact(text, at: place)
    case .form(let accepts, let kind): return accepts(text) ? text : token(kind, for: text, at: place)
    case .known(let accepts, let parse): return accepts(text) ? text : parse(&self, text, place)
    case .parsed(let parse): return parse(&self, text, place)
    case .token(let kind): return token(kind, for: text, at: place)
    }
  }

  /// Reads an exchange, hands its members to `shapes`, and writes what is known of them; `nil` when it is none.
  ///
  /// - Parameter shapes: the shape of each member by its name, of an exchange; `nil` when it is none of this source's.
  mutating func exchange(
    _ bytes: [UInt8], _ source: String, names: Set<String>, shapes: (JSONObject) -> [String: JSONShape]?
  ) -> [UInt8]? {
    guard let object = try? JSON(parsing: bytes, limits: Self.exchangeLimits).object, let shapes = shapes(object)
    else { return nil }
    let members = object.members.compactMap { member -> (String, JSON)? in
      guard let shape = shapes[member.key] else { return nil }
      return (member.key, redact(member.value, as: shape, names: names, at: source + " " + member.key))
    }
    return members.isEmpty ? nil : JSON.object(JSONObject(members)).bytes
  }

  /// The deepest exchange has some thirty levels: PCI bridges below bridges.
  private static let exchangeLimits = JSONLimits(
    bytes: answerLimit, depth: 64, string: 2 << 20, exactIntegers: false)
}
