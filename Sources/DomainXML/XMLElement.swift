// SPDX-License-Identifier: GPL-3.0-or-later

/// One element of a parsed document, with what stands in it.
///
/// A class, so that the parser can fill it in place; it never leaves this module.
final class XMLElement {
  /// The name without its prefix.
  let name: String
  /// The namespace the prefix stands for; `nil` when there is none.
  let namespace: String?
  /// The prefix as written; `nil` when there is none.
  let prefix: String?
  /// The line of the start tag, from 1.
  let line: Int
  /// Attributes by name without prefix; libvirt has none of two namespaces in one element.
  let attributes: [String: String]
  /// The elements directly inside, in the document's order.
  var children: [XMLElement] = []
  /// The character data directly inside, joined.
  var text = ""

  init(name: String, namespace: String?, prefix: String?, line: Int, attributes: [String: String]) {
    self.name = name
    self.namespace = namespace
    self.prefix = prefix
    self.line = line
    self.attributes = attributes
  }

  /// The value of an attribute; `nil` when it is not there.
  subscript(attribute: String) -> String? { attributes[attribute] }

  /// The first child of that name without a namespace.
  func first(_ name: String) -> XMLElement? { children.first { $0.name == name && $0.namespace == nil } }

  /// All children of that name without a namespace.
  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name && $0.namespace == nil } }

  /// The character data without white space at either end; `nil` when nothing is left.
  var value: String? {
    let white: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" || $0 == "\r" }
    let scalars = text.unicodeScalars
    guard let start = scalars.firstIndex(where: { !white($0) }), let end = scalars.lastIndex(where: { !white($0) })
    else { return nil }
    return String(scalars[start...end])
  }
}
