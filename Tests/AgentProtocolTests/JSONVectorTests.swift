// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import ProtocolVectors
import Testing

@Suite("The JSON reader and writer")
struct JSONVectorTests {
  @Test("agree with each vector", arguments: try ProtocolVectors.load("json"))
  func vector(_ vector: ProtocolVectors.Vector) throws {
    let text = try #require(vector.bytes("text"))
    if let reason = vector.json["refused"]?.string {
      let error = #expect(throws: JSONError.self) { try JSON(parsing: text, limits: .reply) }
      #expect(error?.code.rawValue == reason)
    } else {
      let same = try #require(vector.bytes("same"))
      let value = try JSON(parsing: text, limits: .reply)
      #expect(value == (try JSON(parsing: same, limits: .reply)))
      #expect(String(decoding: value.bytes, as: UTF8.self) == String(decoding: same, as: UTF8.self))
    }
  }

  @Test(
    "refuse every text of the vectors that is cut short, or take it for a shorter value, without a trap",
    arguments: try ProtocolVectors.load("json"))
  func cutShort(_ vector: ProtocolVectors.Vector) throws {
    let text = try #require(vector.bytes("text")).prefix(300)
    for end in text.indices {
      let cut = Array(text[..<end])
      guard let value = try? JSON(parsing: cut, limits: .reply) else { continue }
      #expect((try JSON(parsing: value.bytes, limits: .reply)) == value)
    }
  }

  @Test("keep every digit of a monitor's numbers")
  func monitorNumbers() throws {
    let text = "[18446744073709551615,-9223372036854775808,0.1,1e3,-0]"
    let value = try JSON(parsing: Array(text.utf8), limits: .monitor)
    #expect(String(decoding: value.bytes, as: UTF8.self) == text)
    #expect(value.array?.map { $0.uint } == [.max, nil, nil, nil, nil])
    #expect(value.array?.map { $0.int } == [nil, .min, nil, nil, 0])
    #expect(
      value.array?.compactMap { number -> Double? in
        guard case .number(let number) = number else { return nil }
        return number.double
      } == [18446744073709551616, -9223372036854775808, 0.1, 1000, 0])
  }
}
