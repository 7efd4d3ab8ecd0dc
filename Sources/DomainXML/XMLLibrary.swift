// SPDX-License-Identifier: GPL-3.0-or-later
internal import CXMLParser
internal import Glibc

/// The functions of libxml2 that this program calls, found by name in the library when the first document is read.
///
/// Distributions up to 2025 have `libxml2.so.2`, later ones `libxml2.so.16`, and the same program serves both. The
/// library stays loaded until the process ends.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and libxml2 keeps what it
/// changes behind the context of a parser.
struct XMLLibrary: @unchecked Sendable {
  let createParser: vb_xmlCreateMemoryParserCtxt
  let useOptions: vb_xmlCtxtUseOptions
  let parse: vb_xmlParseDocument
  let stop: vb_xmlStopParser
  let line: vb_xmlSAX2GetLineNumber
  let freeParser: vb_xmlFreeParserCtxt
  let freeDocument: vb_xmlFreeDoc

  /// The library's names, newest first: since 2.14 (2025), and before.
  static let names = ["libxml2.so.16", "libxml2.so.2"]

  /// Loaded once; whoever comes meanwhile waits.
  private static let loaded: Result<XMLLibrary, DomainXMLError> = {
    do throws(DomainXMLError) { return .success(try XMLLibrary(loading: names)) } catch { return .failure(error) }
  }()

  /// - Throws: ``DomainXMLError/Code/parser``.
  static func load() throws(DomainXMLError) -> XMLLibrary { try loaded.get() }

  /// - Throws: ``DomainXMLError/Code/parser``.
  init(loading names: [String]) throws(DomainXMLError) {
    var reason = "no reason was given"
    var opened: (name: String, handle: UnsafeMutableRawPointer)?
    // First the one that is in the process already, as libvirt's: two may stand beside each other, but need not.
    for flags in [RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD, RTLD_NOW | RTLD_LOCAL] {
      for name in names where opened == nil {
        if let handle = dlopen(name, flags) {
          opened = (name, handle)
        } else if let words = dlerror() {
          reason = String(String(cString: words).prefix(512))
        }
      }
    }
    guard let (name, handle) = opened else {
      throw DomainXMLError(
        .parser,
        "libxml2 (\(names.joined(separator: ", "))), which reads XML, could not be loaded: install it (Debian, Ubuntu: "
          + "libxml2-16 or libxml2; Fedora, RHEL: libxml2); the dynamic linker says: \(reason)")
    }
    func function<Function>(_ symbol: String) throws(DomainXMLError) -> Function {
      guard let address = dlsym(handle, symbol) else {
        throw DomainXMLError(.parser, "\(name) has no function \(symbol), which reading XML needs; install libxml2 2.9")
      }
      return unsafeBitCast(address, to: Function.self)
    }
    createParser = try function("xmlCreateMemoryParserCtxt")
    useOptions = try function("xmlCtxtUseOptions")
    parse = try function("xmlParseDocument")
    stop = try function("xmlStopParser")
    line = try function("xmlSAX2GetLineNumber")
    freeParser = try function("xmlFreeParserCtxt")
    freeDocument = try function("xmlFreeDoc")
    // Once and by one thread: libxml2 2.9 does not do so safely by itself.
    let initialize: vb_xmlInitParser = try function("xmlInitParser")
    initialize()
  }
}
