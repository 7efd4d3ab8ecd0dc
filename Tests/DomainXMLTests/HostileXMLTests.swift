// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import Testing

@Suite("Hostile and broken documents")
struct HostileXMLTests {
  private func failure(_ bytes: [UInt8]) -> DomainXMLError? {
    do throws(DomainXMLError) {
      _ = try DomainConfiguration(xml: bytes)
      return nil
    } catch {
      return error
    }
  }
  private func failure(_ text: String) -> DomainXMLError? { failure(Array(text.utf8)) }

  @Test(
    "A document with a document type declaration is refused on its line",
    arguments: [("entity-bomb", 3), ("external-dtd", 2)])
  func declarations(name: String, line: Int) throws {
    let error = failure(try fixture(name))
    #expect(error?.code == .declaration)
    #expect(error?.line == line)
  }

  @Test("Fifty megabytes are refused in one line, before anything is parsed")
  func tooLarge() {
    let error = failure([UInt8](repeating: UInt8(ascii: "<"), count: 50_000_000))
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("50000000 bytes") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test("A truncated document is refused with libxml2's own words on the line")
  func truncated() throws {
    let error = failure(try fixture("truncated"))
    #expect(error?.code == .malformed)
    #expect(error?.line != nil)
    #expect(error?.message.contains("libxml2 says") == true)
  }

  @Test("Every truncation of a real document is refused or read, and never traps")
  func everyTruncation() throws {
    let bytes = try fixture("inactive-unplaced")
    for length in 0..<bytes.count - 1 {
      let error = failure(Array(bytes[..<length]))
      #expect(error?.code == .malformed, "\(length) bytes")
    }
    #expect(failure(bytes) == nil)
  }

  @Test("Elements nested deeper than any domain's are refused")
  func depth() {
    #expect(failure(String(repeating: "<domain>", count: 65))?.code == .tooDeep)
    #expect(failure(String(repeating: "<domain>", count: 1_000_000))?.code == .tooDeep)
    let deepest = String(repeating: "<domain>", count: 64) + String(repeating: "</domain>", count: 64)
    #expect(failure(deepest) == nil)
  }

  @Test("More elements than any domain has are refused")
  func elements() {
    #expect(failure("<domain>" + String(repeating: "<a/>", count: 100_000) + "</domain>")?.code == .tooMany)
    #expect(failure("<domain>" + String(repeating: "<a/>", count: 99_999) + "</domain>") == nil)
  }

  @Test("A tag with a flood of attributes or namespaces is refused before libxml2 compares them all")
  func attributes() {
    let flood = (0..<200_000).map { " a\($0)=''" }.joined()
    #expect(failure("<domain\(flood)/>")?.code == .tooMany)
    let namespaces = (0..<65).map { " xmlns:a\($0)='u'" }.joined()
    #expect(failure("<domain\(namespaces)/>")?.code == .tooMany)
    // Hidden behind a quote that the two might read differently.
    #expect(failure("<domain><a b=\"<c\(flood)/></domain>")?.code == .malformed)
    let most = (0..<64).map { " a\($0)=''" }.joined()
    #expect(failure("<domain\(most)/>") == nil)
  }

  @Test(
    "Bytes that are no UTF-8 text are refused with their line",
    arguments: [
      [0x3c, 0x61, 0x0a, 0xff, 0x3e], [0x3c, 0x61, 0x0a, 0xc0, 0x80], [0x3c, 0x61, 0x0a, 0xed, 0xa0, 0x80],
      [0x3c, 0x61, 0x0a, 0x00, 0x3e], [0x3c, 0x61, 0x0a, 0xf4, 0x90, 0x80, 0x80], [0x3c, 0x61, 0x0a, 0xe2, 0x82],
    ] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    let error = failure(bytes)
    #expect(error?.code == .encoding)
    #expect(error?.line == 2)
  }

  @Test("UTF-16, as PowerShell's redirection writes it, is named as such")
  func utf16() {
    #expect(failure([0xff, 0xfe, 0x3c, 0x00])?.message.contains("UTF-16") == true)
    #expect(failure([0xfe, 0xff, 0x00, 0x3c])?.message.contains("UTF-16") == true)
    #expect(failure([0x3c, 0x00, 0x64, 0x00])?.code == .encoding)
  }

  @Test("What the document claims of its encoding is passed over, its bytes being UTF-8")
  func claimedEncoding() throws {
    for claim in ["ISO-8859-1", "UTF-16", "no-such-encoding"] {
      let text = "<?xml version='1.0' encoding='\(claim)'?><domain><name>ä</name></domain>"
      #expect(try DomainConfiguration(xml: text).name == "ä", "\(claim)")
    }
    #expect(try DomainConfiguration(xml: [0xef, 0xbb, 0xbf] + Array("<domain/>".utf8)).name == nil)
  }

  @Test(
    "An undeclared entity is refused, and nothing is looked for", arguments: ["&x;", "&#0;", "&#xd800;", "&", "&lt"])
  func entities(reference: String) {
    #expect(failure("<domain><name>\(reference)</name></domain>")?.code == .malformed)
    #expect(failure("<domain type='\(reference)'/>")?.code == .malformed)
  }

  @Test(
    "What is XML but no domain is named",
    arguments: ["<network/>", "<domstatus/>", "<domain xmlns='urn:x'/>", "<domstatus><Domain/></domstatus>"])
  func notDomain(text: String) {
    #expect(failure(text)?.code == .notDomain)
  }

  @Test(
    "What is no XML at all is refused",
    arguments: [
      "", " ", "domain", "{}", "<", "<>", "<domain>", "<a></b>", "<!--", "<?x", "<a/><b/>", "<domain a='1' a='2'/>",
    ])
  func malformed(text: String) {
    #expect(failure(text)?.code == .malformed)
  }

  @Test("Escape sequences and bidirectional overrides in the document never reach a message")
  func escapes() throws {
    let evil = "\u{202e}\u{2028}\u{200b}" + String(repeating: "x", count: 500)
    for text in ["<\u{e9}\u{202e}evil/>", "<domain><memory unit='\(evil)'>1</memory></domain>", "<n\(evil)/>"] {
      let messages: [String]
      do throws(DomainXMLError) {
        messages = try DomainConfiguration(xml: text).remarks.map(\.description)
      } catch {
        messages = [error.description]
      }
      let message = try #require(messages.first)
      #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x2000 || $0 == "…" }, "\(message)")
      #expect(message.utf8.count < 600)
    }
  }

  @Test("Documents are read at the same time without disturbing one another")
  func concurrent() async throws {
    let good = try fixture("q35-live")
    let bomb = try fixture("entity-bomb")
    let expected = try DomainConfiguration(xml: good)
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<64 {
        group.addTask {
          index.isMultiple(of: 2)
            ? (try? DomainConfiguration(xml: good)) == expected : (try? DomainConfiguration(xml: bomb)) == nil
        }
      }
      for await right in group { #expect(right) }
    }
  }
}
