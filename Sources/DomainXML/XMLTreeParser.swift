// SPDX-License-Identifier: GPL-3.0-or-later
import CXMLParser

/// Builds the elements of one document from libxml2's SAX events, within bounds.
///
/// Nothing global of libxml2 is touched after its one initialisation, so documents may be parsed at the same time.
final class XMLTreeParser {
  /// The deepest nesting: libvirt's own is below 12.
  static let depthLimit = 64
  /// The most elements: a domain with a thousand disks has under 20,000.
  static let elementLimit = 100_000

  private var open: [XMLElement] = []
  private var root: XMLElement?
  private var elements = 0
  private var failure: DomainXMLError?
  private let library: XMLLibrary
  private var context: UnsafeMutablePointer<vb_xml_context>?

  private init(_ library: XMLLibrary) { self.library = library }

  /// The root element of `bytes`.
  static func parse(_ bytes: [UInt8]) throws(DomainXMLError) -> XMLElement {
    try XMLGate.check(bytes)
    let parser = XMLTreeParser(try XMLLibrary.load())
    try parser.run(bytes)
    if let failure = parser.failure { throw failure }
    guard let root = parser.root, parser.open.isEmpty else {
      throw DomainXMLError(.malformed, "the document ends before its root element does; give the whole of it")
    }
    return root
  }

  private func run(_ bytes: [UInt8]) throws(DomainXMLError) {
    guard !bytes.isEmpty, let size = CInt(exactly: bytes.count) else {
      throw DomainXMLError(.malformed, "the document is empty; give the output of `virsh dumpxml`")
    }
    let context = bytes.withUnsafeBytes { buffer in
      // libxml2 copies the bytes here.
      library.createParser(buffer.bindMemory(to: CChar.self).baseAddress, size)
    }
    guard let context, let handlers = context.pointee.handlers else {
      throw DomainXMLError(.parser, "libxml2 has no memory for a parser")
    }
    defer { library.freeParser(context) }
    // Without NOENT, HUGE, DTDLOAD and XINCLUDE: nothing is expanded or loaded, and libxml2's own limits hold. The
    // gate has seen that the bytes are UTF-8, so what the document says of its encoding is passed over.
    _ = library.useOptions(context, CInt(VB_XML_NO_NETWORK | VB_XML_IGNORE_ENCODING))
    handlers.pointee = Self.handlers
    self.context = context
    defer { self.context = nil }
    withExtendedLifetime(self) {
      context.pointee.user_data = Unmanaged.passUnretained(self).toOpaque()
      _ = library.parse(context)
    }
    // No tree is built, but a version of libxml2 that builds one all the same must not leak it.
    if let document = context.pointee.document {
      library.freeDocument(document)
      context.pointee.document = nil
    }
    if failure == nil, context.pointee.well_formed == 0 {
      failure = DomainXMLError(.malformed, "the document is not well-formed XML; give the output of `virsh dumpxml`")
    }
  }

  /// Only what is needed: elements, text, errors. Entities, declarations and external things have no handler.
  private static var handlers: vb_xml_handlers {
    var handlers = vb_xml_handlers()
    handlers.initialized = VB_XML_SAX2
    handlers.start_element_ns = { context, name, prefix, uri, _, _, count, _, attributes in
      XMLTreeParser.from(context)?.start(name, prefix, uri, Int(count), attributes)
    }
    handlers.end_element_ns = { context, _, _, _ in XMLTreeParser.from(context)?.end() }
    handlers.characters = { context, text, length in XMLTreeParser.from(context)?.append(text, Int(length)) }
    handlers.ignorable_whitespace = { context, text, length in XMLTreeParser.from(context)?.append(text, Int(length)) }
    handlers.cdata_block = { context, text, length in XMLTreeParser.from(context)?.append(text, Int(length)) }
    handlers.internal_subset = { context, _, _, _ in
      XMLTreeParser.from(context)?.stop(.declaration, "a document type declaration; remove it")
    }
    handlers.error = { context, error in
      guard let error = error?.pointee, error.level == CInt(VB_XML_FATAL) else { return }
      XMLTreeParser.from(context)?.failed(error.message.map { String(cString: $0) }, line: Int(error.line))
    }
    return handlers
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> XMLTreeParser? {
    context.map { Unmanaged<XMLTreeParser>.fromOpaque($0).takeUnretainedValue() }
  }

  private var line: Int { context.map { Int(library.line($0)) } ?? 0 }

  /// Ends the parsing with a failure of our own.
  private func stop(_ code: DomainXMLError.Code, _ message: String) {
    if failure == nil { failure = DomainXMLError(code, message, line: line) }
    if let context { library.stop(context) }
  }

  /// Notes libxml2's first failure; the following ones are its consequences.
  private func failed(_ message: String?, line: Int) {
    guard failure == nil else { return }
    let words = message.map { quoted(String($0.split(whereSeparator: \.isNewline).first ?? "")) } ?? "no reason given"
    failure = DomainXMLError(
      .malformed, "not well-formed XML, libxml2 says \(words); give the output of `virsh dumpxml`",
      line: line > 0 ? line : nil)
  }

  private func start(
    _ name: UnsafePointer<UInt8>?, _ prefix: UnsafePointer<UInt8>?, _ uri: UnsafePointer<UInt8>?, _ count: Int,
    _ attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
  ) {
    guard failure == nil, let name else { return }
    elements += 1
    guard elements <= Self.elementLimit else {
      return stop(.tooMany, "more than \(Self.elementLimit) elements, which no domain has")
    }
    guard open.count < Self.depthLimit else {
      return stop(.tooDeep, "elements nested deeper than \(Self.depthLimit), which no domain's are")
    }
    var values: [String: String] = [:]
    if let attributes {
      // Five pointers an attribute: name, prefix, namespace, start and end of the value.
      for index in 0..<min(count, XMLGate.attributeLimit) {
        let fields = attributes + index * 5
        guard let key = fields[0], let start = fields[3], let end = fields[4], start <= end else { continue }
        let text = String(decoding: UnsafeBufferPointer(start: start, count: end - start), as: UTF8.self)
        values[String(cString: key)] = Self.unescaped(text)
      }
    }
    let element = XMLElement(
      name: String(cString: name), namespace: uri.map { String(cString: $0) },
      prefix: prefix.map { String(cString: $0) }, line: line, attributes: values)
    if let parent = open.last { parent.children.append(element) } else { root = element }
    open.append(element)
  }

  private func end() {
    guard failure == nil else { return }
    _ = open.popLast()
  }

  private func append(_ text: UnsafePointer<UInt8>?, _ length: Int) {
    guard failure == nil, let text, length > 0, let element = open.last else { return }
    element.text += String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF8.self)
  }

  /// Where entities are not expanded libxml2 leaves every `&` of an attribute as `&#38;`, whatever way it was written.
  private static func unescaped(_ text: String) -> String {
    let escape = Array("&#38;".utf8)
    guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
    var rest = Array(text.utf8)[...]
    var result: [UInt8] = []
    while let byte = rest.first {
      result.append(byte)
      rest.removeFirst(rest.starts(with: escape) ? escape.count : 1)
    }
    return String(decoding: result, as: UTF8.self)
  }
}
