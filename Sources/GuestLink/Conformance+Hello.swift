// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

extension ConformanceProbe {
  /// A method's result; an error is a failure.
  func result(_ method: Method, _ parameters: JSONObject? = nil) async throws(ConformanceFailure) -> JSON {
    switch try await ask(method, parameters).outcome {
    case .result(let result): return result
    case .error(let error):
      throw ConformanceFailure("\(method.name) gave error \(error.code.number): \(LinkError.quoted(error.message))")
    }
  }

  func hello(_ nonce: String = "conformance") async throws(ConformanceFailure) -> JSON {
    try await result(.hello, ["nonce": .string(nonce)])
  }

  /// Demands one error to a request with these parameters.
  func refuses(
    _ method: Method, _ parameters: JSON?, _ code: ProtocolError.Code = .invalidParameters
  ) async throws(ConformanceFailure) {
    let id = freshID()
    var request: JSONObject = ["jsonrpc": "2.0", "id": .integer(id), "method": .string(method.name)]
    request["params"] = parameters
    let shown = parameters.map { String(decoding: $0.bytes.prefix(60), as: UTF8.self) } ?? "no params"
    try await demand([Record.encode(.object(request))], [.error(code, id)], during: "\(method.name) with \(shown)")
  }
}

extension Conformance {
  static let helloChecks: [ConformanceCheck] = [
    ConformanceCheck("hello.result", "9.1", "agent.hello answers with every member of its result") {
      (probe) throws(ConformanceFailure) in
      let result = try await probe.hello()
      let problems = ResultContract.problems(.hello, result)
      guard problems.isEmpty else { throw ConformanceFailure(problems.joined(separator: "; ")) }
      return "protocol 1, \(result["methods"]?.array?.count ?? 0) methods"
    },
    ConformanceCheck("hello.nonce", "9.1", "agent.hello returns the nonce byte for byte") {
      (probe) throws(ConformanceFailure) in
      let nonces = ["", "a", String(repeating: "n", count: 64), "\u{0}\n\u{1e}\"\\\u{202e}\u{1f600}e\u{301}"]
      for nonce in nonces {
        let back = try await probe.hello(nonce)["nonce"]?.string
        guard let back, back.utf8.elementsEqual(nonce.utf8) else {
          throw ConformanceFailure(
            "sent \(LinkError.quoted(nonce)), got \(back.map { LinkError.quoted($0) } ?? "none")")
        }
      }
      return "\(nonces.count) nonces returned"
    },
    ConformanceCheck("hello.nonce-invalid", "9.1", "A nonce that is missing, no string or too long gives -32602") {
      (probe) throws(ConformanceFailure) in
      try await probe.refuses(.hello, nil)
      try await probe.refuses(.hello, [:])
      try await probe.refuses(.hello, ["nonce": .integer(5)])
      try await probe.refuses(.hello, ["nonce": .null])
      try await probe.refuses(.hello, ["nonce": .string(String(repeating: "n", count: 65))])
      return "five refused"
    },
    ConformanceCheck("hello.instance", "7.5", "The instance is a text of 64 bits at least, the same in every hello") {
      (probe) throws(ConformanceFailure) in
      let first = try await probe.hello()["instance"]?.string
      let second = try await probe.hello()["instance"]?.string
      guard let first, let second else { throw ConformanceFailure("no instance") }
      guard first.utf8.elementsEqual(second.utf8) else { throw ConformanceFailure("two hellos, two instances") }
      // 64 bits take 11 characters in Base64, the densest text in use.
      guard first.utf8.count >= 11 else { throw ConformanceFailure("\(first.utf8.count) bytes, too few for 64 bits") }
      return "\(first.utf8.count) bytes"
    },
    ConformanceCheck("hello.limits", "6", "The limits are those of version 1") { (probe) throws(ConformanceFailure) in
      let limits = try await probe.hello()["limits"] ?? .null
      let ours = Hello.Limits.version1
      let pairs = [("request", ours.request), ("depth", ours.depth), ("string", ours.string), ("reply", ours.reply)]
      for (name, limit) in pairs {
        guard let told = limits[name]?.uint else { throw ConformanceFailure("no limits.\(name)") }
        guard name == "reply" ? told <= limit : told >= limit else {
          throw ConformanceFailure("limits.\(name) is \(told), the specification has \(limit)")
        }
      }
      return "as specified"
    },
  ]
}
