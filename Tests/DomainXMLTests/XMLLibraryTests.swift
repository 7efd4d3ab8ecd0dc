// SPDX-License-Identifier: GPL-3.0-or-later
import CLibxml2
import CXMLParser
import Testing

@testable import DomainXML

@Suite("libxml2, opened on use")
struct XMLLibraryTests {
  @Test("What is declared of libxml2's structures stands where its own headers have it")
  func layout() {
    typealias Handlers = xmlSAXHandler
    typealias OurHandlers = vb_xml_handlers
    #expect(MemoryLayout<OurHandlers>.size == MemoryLayout<Handlers>.size)
    #expect(offset(of: \OurHandlers.internal_subset) == offset(of: \Handlers.internalSubset))
    #expect(offset(of: \OurHandlers.characters) == offset(of: \Handlers.characters))
    #expect(offset(of: \OurHandlers.ignorable_whitespace) == offset(of: \Handlers.ignorableWhitespace))
    #expect(offset(of: \OurHandlers.cdata_block) == offset(of: \Handlers.cdataBlock))
    #expect(offset(of: \OurHandlers.initialized) == offset(of: \Handlers.initialized))
    #expect(offset(of: \OurHandlers.start_element_ns) == offset(of: \Handlers.startElementNs))
    #expect(offset(of: \OurHandlers.end_element_ns) == offset(of: \Handlers.endElementNs))
    #expect(offset(of: \OurHandlers.error) == offset(of: \Handlers.serror))

    #expect(offset(of: \vb_xml_context.handlers) == offset(of: \xmlParserCtxt.sax))
    #expect(offset(of: \vb_xml_context.user_data) == offset(of: \xmlParserCtxt.userData))
    #expect(offset(of: \vb_xml_context.document) == offset(of: \xmlParserCtxt.myDoc))
    #expect(offset(of: \vb_xml_context.well_formed) == offset(of: \xmlParserCtxt.wellFormed))

    #expect(offset(of: \vb_xml_error.message) == offset(of: \xmlError.message))
    #expect(offset(of: \vb_xml_error.level) == offset(of: \xmlError.level))
    #expect(offset(of: \vb_xml_error.line) == offset(of: \xmlError.line))

    #expect(VB_XML_SAX2 == UInt32(XML_SAX2_MAGIC))
    #expect(UInt32(VB_XML_FATAL) == XML_ERR_FATAL.rawValue)
    #expect(UInt32(VB_XML_NO_NETWORK) == XML_PARSE_NONET.rawValue)
    #expect(UInt32(VB_XML_IGNORE_ENCODING) == XML_PARSE_IGNORE_ENC.rawValue)
  }

  /// -1 never equals a place.
  private func offset<Root>(of field: PartialKeyPath<Root>) -> Int { MemoryLayout<Root>.offset(of: field) ?? -1 }

  @Test("Where no libxml2 is installed, the failure says so and what to install, in one line")
  func missing() {
    let error = #expect(throws: DomainXMLError.self) {
      try XMLLibrary(loading: ["libxml2.so.none", "libxml2.so.neither"])
    }
    #expect(error?.code == .parser)
    #expect(error?.message.contains("libxml2.so.none, libxml2.so.neither") == true)
    #expect(error?.message.contains("install it") == true)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("A library without the functions is named with the first that it lacks")
  func another() {
    let error = #expect(throws: DomainXMLError.self) { try XMLLibrary(loading: ["libc.so.6"]) }
    #expect(error?.code == .parser)
    #expect(error?.message.contains("libc.so.6 has no function xml") == true)
  }
}
