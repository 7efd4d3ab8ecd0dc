// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

// The methods of the protocol, typed. All strings in the results are the guest's: unescaped, at most 32 KiB each.
extension AgentClient {
  /// Calls `agent.ping`; returns how long the answer took, a hello before it not counted.
  package func ping(within time: Duration? = nil) async throws(LinkError) -> Duration {
    let turn = await begin(time ?? limits.call)
    defer { end() }
    try await synchronise(turn)
    let start = ContinuousClock.now
    _ = try await request(.ping, nil, turn)
    return ContinuousClock.now - start
  }

  /// Calls `guest.os`.
  package func os(within time: Duration? = nil) async throws(LinkError) -> GuestOS {
    GuestOS(json: try await object(.os, time))
  }

  /// Calls `guest.memory`; the members are named in `MemoryField`.
  package func memory(within time: Duration? = nil) async throws(LinkError) -> NamedFacts {
    NamedFacts(json: try await object(.memory, time))
  }

  /// Calls `balloon.stats`; the members are named in `StatisticsField`.
  package func statistics(within time: Duration? = nil) async throws(LinkError) -> NamedFacts {
    NamedFacts(json: try await object(.statistics, time))
  }

  /// Calls `pci.functions` for all pages.
  package func functions(within time: Duration? = nil) async throws(LinkError) -> [PCIFunctionFacts] {
    try await list(.functions, time) { $0.object == nil ? nil : PCIFunctionFacts(json: $0) }
  }

  /// Calls `driver.services` for all pages.
  package func services(within time: Duration? = nil) async throws(LinkError) -> [ServiceFacts] {
    try await list(.services, time) { ServiceFacts(json: $0) }
  }

  /// Calls `log.balloon` for all pages.
  package func log(within time: Duration? = nil) async throws(LinkError) -> [LogLine] {
    try await list(.log, time) { LogLine(json: $0) }
  }

  private func object(_ method: Method, _ time: Duration?) async throws(LinkError) -> JSON {
    let turn = await begin(time ?? limits.call)
    defer { end() }
    let result = try await request(method, nil, turn)
    guard result.object != nil else {
      throw LinkError(.malformed, "the result of \(method.name) is no object", seen: traffic - turn.before)
    }
    return result
  }

  /// Reads all pages. An element that `read` cannot take is counted and left out; a list that is too long, or whose
  /// cursors lead back, is an error, because a part must not pass for the whole.
  private func list<Element>(
    _ method: Method, _ time: Duration?, _ read: (JSON) -> Element?
  ) async throws(LinkError) -> [Element] {
    let turn = await begin(time ?? limits.call)
    defer { end() }
    var elements: [Element] = []
    var cursors: Set<UInt64> = []
    var cursor: UInt64?
    repeat {
      let result = try await request(method, cursor.map { ["cursor": .integer($0)] }, turn)
      let page: Page<JSON>
      do throws(ProtocolError) { page = try Page(json: result, member: method.list ?? "elements") } catch {
        throw LinkError(.malformed, "\(method.name): \(error.message)", seen: traffic - turn.before)
      }
      guard elements.count + page.elements.count <= limits.elements, cursors.count < limits.pages else {
        throw LinkError(
          .flooded, "\(method.name) has more than \(limits.elements) elements or \(limits.pages) pages",
          seen: traffic - turn.before)
      }
      for element in page.elements {
        if let element = read(element) { elements.append(element) } else { traffic.malformedElements += 1 }
      }
      cursor = page.next
      if let cursor, !cursors.insert(cursor).inserted {
        throw LinkError(
          .malformed, "the pages of \(method.name) lead in a circle at cursor \(cursor)", seen: traffic - turn.before)
      }
    } while cursor != nil
    return elements
  }
}
