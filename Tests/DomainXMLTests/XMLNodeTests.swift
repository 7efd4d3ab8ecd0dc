// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import Testing

@Suite("An element is read as a value, and written as a document that reads the same")
struct XMLNodeTests {
  @Test(
    "What is written of each fixture reads the same",
    arguments: ["q35-live", "no-balloon-passthrough", "s390x-ccw", "xen"])
  func again(name: String) throws {
    let node = try XMLNode(reading: fixture(name))
    let again = try XMLNode(reading: node.bytes)
    #expect(again == node)
    #expect(again.bytes == node.bytes)
  }

  @Test("Values are escaped, and what XML has no way to write is left out")
  func escaping() throws {
    let hostile = "<a>&\"'\t\n]]>\u{1}\u{FFFE}é\u{202E}🐧"
    let node = XMLNode("a", attributes: ["b": hostile], children: [XMLNode("c")], text: hostile)
    let again = try XMLNode(reading: node.bytes)
    let kept = "<a>&\"'\t\n]]>é\u{202E}🐧"
    #expect(again.attributes == ["b": kept])
    #expect(again.text == kept)
    #expect(again.children.map(\.name) == ["c"])
  }

  @Test("A name that is none of XML's is not written", arguments: ["", "1a", "a b", "a>", "é", "-"])
  func names(name: String) {
    let node = XMLNode("a", attributes: [name: "x"], children: [XMLNode(name, text: "x")])
    #expect(String(decoding: node.bytes, as: UTF8.self) == "<a>\n</a>\n")
  }

  @Test("Attributes stand in the order of their names, elements in their own")
  func order() {
    let node = XMLNode("a", attributes: ["c": "1", "b": "2"], children: [XMLNode("z"), XMLNode("y", text: "t")])
    #expect(String(decoding: node.bytes, as: UTF8.self) == "<a b='2' c='1'>\n  <z/>\n  <y>t</y>\n</a>\n")
  }

  @Test("Text that stood around elements and in sections is joined, comments and instructions are not there")
  func reading() throws {
    let node = try XMLNode(reading: Array("<a> x <!-- c --><?p i?><b/><![CDATA[<y>]]> </a>".utf8))
    #expect(node.text == "x <y>")
    #expect(node.children == [XMLNode("b")])
  }
}
