// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol

/// Every vector of requests and of framing, cut at every byte and with every byte changed, a ping behind each: what an
/// agent must live through, in step again at every ping.
package struct Disturbances {
  /// All of it, one behind the other.
  package private(set) var input: [UInt8] = []
  /// How many there are.
  package private(set) var count: UInt64 = 0
  /// The id of the first ping: above every id that a vector has, or can have after a byte of it became a digit.
  package static let firstID: UInt64 = 1 << 52

  package init() throws {
    for file in ["requests", "framing"] {
      for vector in try ProtocolVectors.load(file) {
        guard let bytes = vector.bytes("input") else { continue }
        let isShort = bytes.count <= 1_000
        // Those of the long ones, which are long by repetition, at both ends and here and there between.
        let places =
          isShort
          ? Array(bytes.indices)
          : Array(bytes.indices.prefix(16)) + stride(from: 16, to: bytes.count - 16, by: bytes.count / 4)
            + bytes.indices.suffix(16)
        for place in places {
          add(bytes[..<place])
          for change: UInt8 in isShort ? [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] : [0x01, 0xFF] {
            var changed = bytes
            changed[place] ^= change
            add(changed)
          }
        }
      }
    }
  }

  private mutating func add(_ bytes: some Sequence<UInt8>) {
    input += bytes
    input += Record.encode(Request(id: Self.firstID + count, method: Method.ping.name, parameters: nil).json)
    count += 1
  }

  /// How many pings of an agent's output were answered in turn, before one that was not or anything that is no record.
  package static func answered(in output: [UInt8]) -> UInt64 {
    var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
    decoder.append(output)
    var next = firstID
    while let event = decoder.next() {
      guard case .record(let text) = event, let reply = try? Reply(parsing: text) else { break }
      if reply.id == next { next += 1 }
    }
    return next - firstID
  }
}
