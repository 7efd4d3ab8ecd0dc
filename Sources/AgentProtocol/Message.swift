// SPDX-License-Identifier: BSD-3-Clause

/// A JSON-RPC 2.0 request: what a host sends.
package struct Request: Hashable, Sendable {
  /// Chosen by the host, 0 to 2^53; the reply carries it back.
  package let id: UInt64
  package let method: String
  /// Parameters by name; `nil` when there are none.
  package let parameters: JSONObject?

  package init(id: UInt64, method: String, parameters: JSONObject? = nil) {
    self.id = id
    self.method = method
    self.parameters = parameters
  }

  package var json: JSON {
    var object: JSONObject = ["jsonrpc": "2.0", "id": .integer(id), "method": .string(method)]
    if let parameters { object["params"] = .object(parameters) }
    return .object(object)
  }
}

/// What arrived at an agent, as far as it could be understood.
package enum IncomingRequest: Hashable, Sendable {
  case request(Request)
  /// A well-formed message without an id: it is never answered.
  case notification
  /// Not a request; answered with this error under this id (`nil` when none could be read).
  case invalid(id: UInt64?, ProtocolError)

  /// Reads one record's text.
  package init(parsing record: [UInt8]) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: record, limits: .request) } catch {
      self = .invalid(id: nil, ProtocolError(.parseError, error.description))
      return
    }
    guard let object = json.object else {
      self = .invalid(id: nil, ProtocolError(.invalidRequest, "a request is one object; there are no batches"))
      return
    }
    let id = object["id"].flatMap { $0.uint }
    guard object.saysJSONRPC, let method = object["method"]?.string else {
      self = .invalid(id: id, ProtocolError(.invalidRequest, "a request has jsonrpc \"2.0\" and a method"))
      return
    }
    guard object["id"] != nil else {
      self = .notification
      return
    }
    guard let id, id <= 1 << 53 else {
      self = .invalid(id: nil, ProtocolError(.invalidRequest, "an id is an integer from 0 to 2^53"))
      return
    }
    switch object["params"] {
    case nil: self = .request(Request(id: id, method: method))
    case .object(let parameters)?: self = .request(Request(id: id, method: method, parameters: parameters))
    default: self = .invalid(id: id, ProtocolError(.invalidParameters, "params are an object"))
    }
  }
}

extension JSONObject {
  /// Whether the member `jsonrpc` is `2.0`, compared byte by byte.
  fileprivate var saysJSONRPC: Bool { self["jsonrpc"]?.string?.hasSameBytes(as: "2.0") ?? false }
}

/// A JSON-RPC 2.0 response: what an agent sends.
package struct Reply: Hashable, Sendable {
  /// The request's id; `nil` (null on the wire) when the request could not be read.
  package let id: UInt64?
  package let outcome: Outcome

  package enum Outcome: Hashable, Sendable {
    case result(JSON)
    case error(ProtocolError)
  }

  package init(id: UInt64?, _ outcome: Outcome) {
    self.id = id
    self.outcome = outcome
  }

  package var json: JSON {
    let id: JSON = self.id.map { .integer($0) } ?? .null
    // Spelt out, so that no key is looked for among the others.
    let last: JSONObject.Member
    switch outcome {
    case .result(let result): last = JSONObject.Member(key: "result", value: result)
    case .error(let error): last = JSONObject.Member(key: "error", value: error.json)
    }
    return .object(
      JSONObject(unique: [
        JSONObject.Member(key: "jsonrpc", value: "2.0"), JSONObject.Member(key: "id", value: id), last,
      ]))
  }

  /// Reads one record's text at the host.
  package init(parsing record: [UInt8]) throws(ProtocolError) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: record, limits: .reply) } catch {
      throw ProtocolError(.parseError, error.description)
    }
    guard let object = json.object, object.saysJSONRPC else {
      throw ProtocolError(.invalidRequest, "not a JSON-RPC 2.0 response")
    }
    switch object["id"] {
    case .null?: id = nil
    case .number(let number)?:
      guard let value = number.uint else { throw ProtocolError(.invalidRequest, "the id is no integer from 0") }
      id = value
    default: throw ProtocolError(.invalidRequest, "a response has an id")
    }
    switch (object["result"], object["error"]) {
    case (let result?, nil): outcome = .result(result)
    case (nil, let error?): outcome = .error(try ProtocolError(json: error))
    default: throw ProtocolError(.invalidRequest, "a response has either a result or an error")
    }
  }
}

/// An error of the protocol, as JSON-RPC carries it.
package struct ProtocolError: Error, Hashable, Sendable {
  /// A number of JSON-RPC 2.0 or of this protocol; open.
  package struct Code: Hashable, Sendable {
    package let number: Int64
    package init(_ number: Int64) { self.number = number }
    /// The record is not JSON within the limits.
    package static let parseError = Code(-32700)
    /// JSON, but no request.
    package static let invalidRequest = Code(-32600)
    /// The agent has no such method.
    package static let methodNotFound = Code(-32601)
    /// The method does not take these parameters.
    package static let invalidParameters = Code(-32602)
    /// The agent failed; `message` says how.
    package static let internalError = Code(-32603)
    /// The method exists, but not on this system.
    package static let unsupported = Code(-32001)
    /// The agent may not answer this.
    package static let denied = Code(-32002)
    /// The request, or the reply that it would need, exceeds a limit.
    package static let tooLarge = Code(-32003)
  }
  package let code: Code
  /// One sentence for a person.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var json: JSON { ["code": .integer(code.number), "message": .string(message)] }

  package init(json: JSON) throws(ProtocolError) {
    guard let number = json["code"]?.int, let message = json["message"]?.string else {
      throw ProtocolError(.invalidRequest, "an error has a code and a message")
    }
    self.init(Code(number), message)
  }
}

extension ProtocolError: CustomStringConvertible {
  package var description: String { message + " (" + String(code.number) + ")" }
}
