// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol

/// Fills one page of a list, and notes where the next begins.
struct PageBuilder {
  /// A page is full at this many bytes, unescaped: far below what a reply may have even if all of it is escaped, and
  /// small, to keep the agent so.
  static let limit = 128 << 10

  /// The longest string of an element that is too large with longer ones, in bytes.
  static let stringLimit = 512

  private var page = Page<JSON>([])
  private var bytes = 0

  /// Adds the element of that number; false when the page was full and the next one begins with it. A page takes at
  /// least one element, so that a reader always gets further.
  mutating func add(_ element: JSON, number: UInt64) -> Bool {
    var element = element
    var size = element.measure(JSONLimits.reply.string).bytes
    // One that fills a page by itself could fill a reply, which would hide it and all that follow.
    if size > Self.limit {
      element = element.withStrings(atMost: Self.stringLimit)
      size = element.measure(JSONLimits.reply.string).bytes
    }
    guard page.elements.isEmpty || bytes &+ size <= Self.limit else {
      page.next = number
      return false
    }
    page.elements.append(element)
    bytes &+= size
    return true
  }

  func json(member: String) -> JSON { page.json(member: member) }
}
