// SPDX-License-Identifier: GPL-3.0-or-later

/// An element of a document as a value, to be looked through and written again: comments, processing instructions,
/// and where text stood among elements are not part of it.
package struct XMLNode: Hashable, Sendable {
  /// The name without its prefix; for writing, with it.
  package var name: String
  /// The namespace that the prefix stands for; `nil` when there is none.
  package var namespace: String?
  /// The prefix as it was written; `nil` when there is none. Not written: see ``name``.
  package var prefix: String?
  /// By name; as read, without prefixes.
  package var attributes: [String: String]
  /// The elements directly inside, in the document's order.
  package var children: [XMLNode]
  /// The character data directly inside, joined, without white space at either end; `nil` when nothing is left.
  package var text: String?

  package init(_ name: String, attributes: [String: String] = [:], children: [XMLNode] = [], text: String? = nil) {
    self.name = name
    self.attributes = attributes
    self.children = children
    self.text = text
  }

  /// Reads a whole document within the bounds of a domain's: UTF-8, no declarations, nothing expanded or loaded.
  /// - Throws: why it is refused, as ``DomainConfiguration/init(xml:)-([UInt8])`` does.
  package init(reading bytes: [UInt8]) throws(DomainXMLError) {
    self.init(try XMLTreeParser.parse(bytes))
  }

  /// The parser bounds the depth.
  private init(_ element: XMLElement) {
    name = element.name
    namespace = element.namespace
    prefix = element.prefix
    attributes = element.attributes
    children = element.children.map(XMLNode.init)
    text = element.value
  }

  /// The first child of that name without a namespace.
  package func first(_ name: String) -> XMLNode? { children.first { $0.name == name && $0.namespace == nil } }

  // MARK: Writing

  /// The document, one element a line, attributes in the order of their names, without a declaration.
  ///
  /// A name that is none of XML's is left out with all that is in it: names are not escaped, values are.
  package var bytes: [UInt8] {
    var output: [UInt8] = []
    write(to: &output, depth: 0)
    return output
  }

  private func write(to output: inout [UInt8], depth: Int) {
    guard Self.isName(name), depth <= XMLTreeParser.depthLimit else { return }
    let indent = [UInt8](repeating: UInt8(ascii: " "), count: depth * 2)
    output += indent + Array("<\(name)".utf8)
    for (key, value) in attributes.sorted(by: { $0.key < $1.key }) where Self.isName(key) {
      output += Array(" \(key)='".utf8) + Self.escaped(value) + [UInt8(ascii: "'")]
    }
    guard text != nil || !children.isEmpty else {
      output += Array("/>\n".utf8)
      return
    }
    output.append(UInt8(ascii: ">"))
    if let text { output += Self.escaped(text) }
    if !children.isEmpty {
      output.append(UInt8(ascii: "\n"))
      for child in children { child.write(to: &output, depth: depth + 1) }
      output += indent
    }
    output += Array("</\(name)>\n".utf8)
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 64 else { return false }
    return text.utf8.allSatisfy {
      isLetter($0) || 0x30...0x39 ~= $0 || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":")].contains($0)
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  /// What XML allows in no document at all is left out; white space that a reader would normalise keeps its number.
  private static func escaped(_ text: String) -> [UInt8] {
    var output: [UInt8] = []
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += Array("&amp;".utf8)
      case "<": output += Array("&lt;".utf8)
      case ">": output += Array("&gt;".utf8)
      case "'": output += Array("&apos;".utf8)
      case "\"": output += Array("&quot;".utf8)
      case "\t", "\n", "\r": output += Array("&#\(scalar.value);".utf8)
      case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": break
      default: output += Array(String(scalar).utf8)
      }
    }
    return output
  }
}
