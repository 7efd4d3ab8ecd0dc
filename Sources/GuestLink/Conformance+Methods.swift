// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

extension Conformance {
  static let methodChecks: [ConformanceCheck] =
    [
      ConformanceCheck("ping.result", "9.2", "agent.ping answers with an object") {
        (probe) throws(ConformanceFailure) in
        guard try await probe.result(.ping).object != nil else { throw ConformanceFailure("the result is no object") }
        return "answered"
      },
      ConformanceCheck("methods.unlisted", "11.2", "A method of the specification that is not listed gives -32601") {
        (probe) throws(ConformanceFailure) in
        let listed = try await probe.hello()["methods"]?.array ?? []
        var count = 0
        for method in Method.all where !listed.contains(.string(method.name)) {
          try await probe.refuses(method, nil, .methodNotFound)
          count += 1
        }
        return count == 0 ? "all are listed" : "\(count) not listed"
      },
      result(.os, "9.3"), result(.memory, "9.4"), result(.statistics, "9.5"), result(.functions, "9.6"),
      result(.services, "9.7"), result(.log, "9.8"), cursors(.functions), cursors(.services), cursors(.log),
    ]

  /// A listed method answers as specified, in all its pages, or says why it cannot.
  private static func result(_ method: Method, _ section: String) -> ConformanceCheck {
    ConformanceCheck(
      "\(method.name).result", section,
      "\(method.name), if listed, answers as specified or with an error that is allowed"
    ) { (probe) throws(ConformanceFailure) in
      guard try await probe.lists(method) else { return "not listed" }
      var cursor: UInt64?
      var elements = 0
      for page in 1...256 {
        let reply = try await probe.ask(method, cursor.map { ["cursor": .integer($0)] })
        guard case .result(let result) = reply.outcome else { return try allowed(reply, page) }
        let problems = ResultContract.problems(method, result)
        guard problems.isEmpty else { throw ConformanceFailure(problems.joined(separator: "; ")) }
        guard let list = method.list else { return "as specified" }
        elements += result[list]?.array?.count ?? 0
        guard elements <= 4096 else { throw ConformanceFailure("more than 4096 elements") }
        guard let next = result["next"]?.uint else { return "\(elements) elements in \(page) pages, as specified" }
        guard next > cursor ?? 0 || (cursor == nil && next == 0 && elements == 0) else {
          throw ConformanceFailure("page \(page) leads back, to cursor \(next)")
        }
        cursor = next
      }
      throw ConformanceFailure("more than 256 pages")
    }
  }

  /// The errors that a listed method may give.
  private static func allowed(_ reply: Reply, _ page: Int) throws(ConformanceFailure) -> String {
    guard case .error(let error) = reply.outcome else { return "" }
    let allowed: [ProtocolError.Code] = [.unsupported, .denied, .internalError]
    guard allowed.contains(error.code) else { throw ConformanceFailure("error \(error.code.number)") }
    guard page == 1 else { throw ConformanceFailure("error \(error.code.number) at page \(page)") }
    return "error \(error.code.number), which is allowed: \(LinkError.quoted(error.message))"
  }

  /// A paged method refuses what is no cursor, and survives one that it never gave.
  private static func cursors(_ method: Method) -> ConformanceCheck {
    ConformanceCheck(
      "\(method.name).cursor", "10.2",
      "\(method.name), if it answers, refuses what is no cursor and outlives any cursor"
    ) { (probe) throws(ConformanceFailure) in
      guard try await probe.lists(method), let list = method.list else { return "not listed" }
      guard case .result = try await probe.ask(method).outcome else { return "the method gives an error" }
      for cursor: JSON in ["0", .integer(-1), [], .bool(true)] { try await probe.refuses(method, ["cursor": cursor]) }
      for cursor: UInt64 in [1, 4_294_967_296, 1 << 53] {
        let result = try await probe.result(method, ["cursor": .integer(cursor)])
        guard result[list]?.array != nil else { throw ConformanceFailure("no list to the cursor \(cursor)") }
      }
      return "as specified"
    }
  }
}

extension ConformanceProbe {
  /// Whether the hello lists a method.
  func lists(_ method: Method) async throws(ConformanceFailure) -> Bool {
    try await hello()["methods"]?.array?.contains(.string(method.name)) ?? false
  }
}
