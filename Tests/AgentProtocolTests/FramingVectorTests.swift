// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import ProtocolVectors
import Testing

@Suite("The record decoder")
struct FramingVectorTests {
  /// Events, with adjacent garbage joined, of a stream that arrives in these pieces.
  private func events(_ pieces: [ArraySlice<UInt8>], limit: Int) -> [RecordDecoder.Event] {
    var decoder = RecordDecoder(limit: limit)
    var events: [RecordDecoder.Event] = []
    for piece in pieces {
      decoder.append(piece)
      while let event = decoder.next() {
        if case .garbage(let more) = event, case .garbage(let bytes)? = events.last {
          events[events.count - 1] = .garbage(bytes: bytes + more)
        } else {
          events.append(event)
        }
      }
    }
    return events
  }

  private func expected(_ vector: ProtocolVectors.Vector) throws -> [RecordDecoder.Event] {
    try #require(vector.json["events"]?.array).map { event in
      if let bytes = event["record"] { return .record(try #require(ProtocolVectors.bytes(bytes))) }
      if let count = event["truncated"]?.int { return .truncated(bytes: Int(count)) }
      if let count = event["garbage"]?.int { return .garbage(bytes: Int(count)) }
      try #require(event["oversize"]?.bool == true)
      return .oversize
    }
  }

  @Test(
    "gives each vector's events whole, byte by byte and split in two at every place",
    arguments: try ProtocolVectors.load("framing"))
  func vector(_ vector: ProtocolVectors.Vector) throws {
    let input = try #require(vector.bytes("input"))
    let limit = Int(try #require(vector.json["limit"]?.int))
    let expected = try expected(vector)
    #expect(events([input[...]], limit: limit) == expected)
    #expect(events(input.indices.map { input[$0...$0] }, limit: limit) == expected)
    for index in 0...input.count {
      #expect(events([input[..<index], input[index...]], limit: limit) == expected, "split at \(index)")
    }
  }

  @Test("reads back what Record.encode writes")
  func roundTrip() {
    let values: [JSON] = [["a": "line\nfeed \u{1e} \u{202e}"], [], .null, .integer(7)]
    let bytes = values.flatMap { Record.encode($0) }
    #expect(events([bytes[...]], limit: 1000) == values.map { .record($0.bytes) })
  }

  @Test("writes no byte of the framing into a record's text")
  func escapesFraming() {
    let text = JSON.string(String(decoding: (0..<128).map { UInt8($0) }, as: UTF8.self)).bytes
    #expect(!text.contains(Record.separator) && !text.contains(Record.terminator))
  }
}
