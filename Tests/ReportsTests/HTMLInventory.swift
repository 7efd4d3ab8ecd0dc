// SPDX-License-Identifier: GPL-3.0-or-later
import CLibxml2

/// What a parser of HTML finds in a document: libxml2's, which mends what is broken as browsers do.
struct HTMLInventory {
  /// `section`, and `section@id` for an attribute.
  private(set) var names: Set<String> = []
  private(set) var attributes: [String] = []
  /// The text of all elements but `style`.
  private(set) var text = ""
  private(set) var links: [String] = []
  private(set) var counts: [String: Int] = [:]

  /// `nil` when the document cannot be parsed at all.
  init?(_ bytes: [UInt8]) {
    let options =
      HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
      | HTML_PARSE_NONET.rawValue
    let document = bytes.withUnsafeBytes { buffer in
      htmlReadMemory(
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(buffer.count), nil, "UTF-8", CInt(options))
    }
    guard let document else { return nil }
    defer { xmlFreeDoc(document) }
    guard let root = xmlDocGetRootElement(document) else { return nil }
    walk(root)
  }

  private mutating func walk(_ first: xmlNodePtr) {
    var next: xmlNodePtr? = first
    while let node = next {
      switch node.pointee.type {
      case XML_ELEMENT_NODE:
        let name = Self.string(node.pointee.name)
        names.insert(name)
        counts[name, default: 0] += 1
        var attribute = node.pointee.properties
        while let one = attribute {
          let value = one.pointee.children.map { Self.string($0.pointee.content) } ?? ""
          let label = "\(name)@\(Self.string(one.pointee.name))"
          names.insert(label)
          attributes.append(value)
          if label == "a@href" { links.append(value) }
          attribute = one.pointee.next
        }
        if name != "style", let child = node.pointee.children { walk(child) }
      case XML_TEXT_NODE, XML_CDATA_SECTION_NODE: text += Self.string(node.pointee.content)
      case XML_COMMENT_NODE: names.insert("comment")
      default: break
      }
      next = node.pointee.next
    }
  }

  private static func string(_ pointer: UnsafePointer<xmlChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }
}
