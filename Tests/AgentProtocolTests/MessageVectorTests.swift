// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import ProtocolVectors
import Testing

@Suite("Messages")
struct MessageVectorTests {
  @Test("that a host receives are read as each vector says", arguments: try ProtocolVectors.load("replies"))
  func reply(_ vector: ProtocolVectors.Vector) throws {
    let text = try #require(vector.bytes("text"))
    guard vector.json["refused"] == nil else {
      #expect(throws: ProtocolError.self) { try Reply(parsing: text) }
      return
    }
    let reply = try Reply(parsing: text)
    #expect(reply.id == vector.json["id"]?.uint)
    switch reply.outcome {
    case .result(let result): #expect(result == vector.json["result"])
    case .error(let error): #expect(error.code.number == vector.json["error"]?.int)
    }
    #expect(try Reply(parsing: reply.json.bytes) == reply)
  }

  /// The codec's part of the requests' vectors: what it refuses itself, and what it leaves to the methods.
  @Test("that an agent receives are read as each vector says", arguments: try ProtocolVectors.load("requests"))
  func request(_ vector: ProtocolVectors.Vector) throws {
    var decoder = RecordDecoder(limit: JSONLimits.request.bytes)
    decoder.append(try #require(vector.bytes("input")))
    var replies = try #require(vector.json["replies"]?.array)[...]
    while let event = decoder.next() {
      switch event {
      case .garbage, .truncated: continue
      case .oversize:
        let first = replies.popFirst()
        let reply = try #require(first)
        #expect(reply["id"] == .null && reply["error"]?.int == ProtocolError.Code.tooLarge.number)
      case .record(let record):
        switch IncomingRequest(parsing: record) {
        case .notification: continue
        case .invalid(let id, let error):
          let first = replies.popFirst()
          let reply = try #require(first)
          #expect(reply["id"]?.uint == id)
          #expect(reply["error"]?.int == error.code.number)
        case .request(let request):
          let first = replies.popFirst()
          let reply = try #require(first)
          #expect(reply["id"]?.uint == request.id)
          #expect(IncomingRequest(parsing: request.json.bytes) == .request(request))
        }
      }
    }
    #expect(replies.isEmpty)
  }
}
