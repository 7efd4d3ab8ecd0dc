// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// One record around a text that need not be JSON.
func rawRecord(_ text: String) -> [UInt8] { rawRecord(Array(text.utf8)) }
func rawRecord(_ text: [UInt8]) -> [UInt8] { [Record.separator] + text + [Record.terminator] }
/// A ping's text, with further members.
func pingText(_ id: UInt64, _ more: String = "") -> String {
  "{\"jsonrpc\":\"2.0\",\"id\":\(id),\"method\":\"agent.ping\"\(more)}"
}

extension ConformanceProbe {
  /// Demands that each text, alone in a record, gives this one error.
  func refuses(
    _ texts: [[UInt8]], _ code: ProtocolError.Code, _ id: UInt64? = nil
  ) async throws(ConformanceFailure) -> String {
    for text in texts {
      let shown = LinkError.quoted(String(decoding: text.prefix(120), as: UTF8.self))
      try await demand([rawRecord(text)], [.error(code, id)], during: shown)
    }
    return "\(texts.count) refused"
  }
  func refuses(
    _ texts: [String], _ code: ProtocolError.Code, _ id: UInt64? = nil
  ) async throws(ConformanceFailure) -> String {
    try await refuses(texts.map { Array($0.utf8) }, code, id)
  }
}

extension Conformance {
  static let messageChecks: [ConformanceCheck] = [
    ConformanceCheck("id.echo", "4.3", "A reply carries its request's id, from 0 to 2^53") {
      (probe) throws(ConformanceFailure) in
      for id: UInt64 in [0, 1, 4_294_967_296, 1 << 53] {
        try await probe.demand([rawRecord(pingText(id))], [.result(id)], during: "a ping of the id \(id)")
      }
      return "four ids"
    },
    ConformanceCheck("id.invalid", "4.2", "An id that is a string, null or negative gives -32600 under the id null") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        ["\"7\"", "null", "-7", "true", "[]"].map { "{\"jsonrpc\":\"2.0\",\"id\":\($0),\"method\":\"agent.ping\"}" },
        .invalidRequest)
    },
    ConformanceCheck("method.unknown", "5", "A method that the agent does not know gives -32601") {
      (probe) throws(ConformanceFailure) in
      for name in ["conformance.no-such-method", "", "Agent.Ping", "agent.ping ", "guest.exec"] {
        try await probe.refuses(Method(name), nil, .methodNotFound)
      }
      return "five refused"
    },
    ConformanceCheck("request.invalid", "4.2", "A message without jsonrpc 2.0 or a method gives -32600 under its id") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        [
          "{\"id\":77,\"method\":\"agent.ping\"}", "{\"jsonrpc\":\"1.0\",\"id\":77,\"method\":\"agent.ping\"}",
          "{\"jsonrpc\":\"2.0\",\"id\":77}", "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":5}",
          "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}",
        ], .invalidRequest, 77)
    },
    ConformanceCheck("request.no-object", "4.1", "JSON that is no object gives -32600") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(["12", "\"agent.ping\"", "null", "{}"], .invalidRequest)
    },
    ConformanceCheck("request.batch", "4.1", "A batch gives one -32600, and nothing in it is answered") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(["[]", "[\(pingText(5)),\(pingText(6))]"], .invalidRequest)
    },
    ConformanceCheck("request.params", "4.2", "Params that are no object give -32602") {
      (probe) throws(ConformanceFailure) in
      for params: JSON in [[], [.integer(1)], "x", .null, .integer(1)] { try await probe.refuses(.ping, params) }
      return "five refused"
    },
    ConformanceCheck("request.unknown-members", "3.3", "Members that the agent does not know are ignored") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let text = pingText(id, ",\"x\":[1,{\"y\":null}],\"params\":{\"unknown\":{\"a\":\"\\ud83d\\ude00\"}}")
      try await probe.demand([rawRecord(text)], [.result(id)])
      return "ignored"
    },
    ConformanceCheck("request.notification", "4.2", "A notification is not answered") {
      (probe) throws(ConformanceFailure) in
      let texts = [
        "{\"jsonrpc\":\"2.0\",\"method\":\"agent.ping\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"no.such\",\"params\":[]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"agent.hello\"}",
      ]
      for text in texts { try await probe.demand([rawRecord(text)], [], during: text) }
      return "no answer"
    },
    ConformanceCheck("request.pipelined", "4.4", "Requests that arrive together are answered once each") {
      (probe) throws(ConformanceFailure) in
      var all: [UInt8] = []
      var expected: [ConformanceProbe.Expected] = []
      for index in 0..<32 {
        let id = await probe.freshID()
        all += Record.encode(Request(id: id, method: index.isMultiple(of: 4) ? "no.such" : "agent.ping").json)
        expected.append(index.isMultiple(of: 4) ? .error(.methodNotFound, id) : .result(id))
      }
      try await probe.demand([all], expected, during: "32 requests at once")
      return "32 answered"
    },
  ]

  static let jsonChecks: [ConformanceCheck] = [
    ConformanceCheck("json.syntax", "3.1", "A text that is no JSON gives -32700 under the id null") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        ["", " ", "hello", "{", "{\"jsonrpc\":\"2.0\",}", "[1,]", "{'a':1}", "01", "NaN", "{} {}", "\u{feff}{}"],
        .parseError)
    },
    ConformanceCheck("json.duplicate-key", "3.1", "A key that stands twice in one object gives -32700") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        [
          pingText(1, ",\"id\":1"), pingText(1, ",\"\\u0069d\":2"), pingText(1, ",\"x\":{\"a\":1,\"a\":1}"),
          pingText(1, ",\"params\":{\"x\":[{\"b\":1,\"c\":2,\"b\":3}]}"),
        ], .parseError)
    },
    ConformanceCheck("json.utf-8", "3.1", "Invalid UTF-8 gives -32700") { (probe) throws(ConformanceFailure) in
      let wrong: [[UInt8]] = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]
      let texts = wrong.map { Array(pingText(1).utf8.dropLast()) + Array(",\"x\":\"".utf8) + $0 + Array("\"}".utf8) }
      return try await probe.refuses(texts, .parseError)
    },
    ConformanceCheck("json.surrogate", "3.1", "A lone surrogate gives -32700") { (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        ["\\ud800", "\\udc00", "\\ud800\\u0041", "\\ud83dx"].map { pingText(1, ",\"x\":\"\($0)\"") }, .parseError)
    },
    ConformanceCheck("json.fraction", "3.1", "A number with a fraction or an exponent gives -32700") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(
        ["1.0", "1e3", "1E3", "0.5", "-1.5e-7", "1e400"].map { pingText(1, ",\"x\":\($0)") }, .parseError)
    },
    ConformanceCheck("json.integer", "3.1", "Integers within ±2^53 are read, others give -32700") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let within = pingText(id, ",\"x\":[9007199254740992,-9007199254740992,-0]")
      try await probe.demand([rawRecord(within)], [.result(id)], during: "±2^53")
      let beyond = [
        "9007199254740993", "-9007199254740993", "18446744073709551615", String(repeating: "9", count: 5000),
      ]
      return try await probe.refuses(beyond.map { pingText(1, ",\"x\":\($0)") }, .parseError)
    },
    ConformanceCheck("json.depth", "6", "A text 32 deep is read, a deeper one gives -32700") {
      (probe) throws(ConformanceFailure) in
      func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      }
      let id = await probe.freshID()
      try await probe.demand([rawRecord(pingText(id, ",\"x\":\(nested(31))"))], [.result(id)], during: "depth 32")
      return try await probe.refuses(
        [pingText(1, ",\"x\":\(nested(32))"), nested(30_000), String(repeating: "{\"a\":", count: 12_000)], .parseError)
    },
    ConformanceCheck("json.string", "6", "A string of 32768 bytes is read, a longer one gives -32700") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let longest = String(repeating: "s", count: 32_768)
      try await probe.demand([rawRecord(pingText(id, ",\"x\":\"\(longest)\""))], [.result(id)], during: "32768 bytes")
      return try await probe.refuses(
        [pingText(1, ",\"x\":\"\(longest)s\""), pingText(1, ",\"\(longest)s\":1")], .parseError)
    },
  ]
}
