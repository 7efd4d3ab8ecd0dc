// SPDX-License-Identifier: BSD-3-Clause
package import AgentProtocol
import FoundationEssentials

/// The test vectors of `protocol/vectors`; `protocol/vectors/README.md` has their format.
package enum ProtocolVectors {
  /// The folder `protocol` of this checkout.
  package static var folder: String {
    // Tests/ProtocolVectors/ProtocolVectors.swift, three steps below the checkout.
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/") + "/protocol"
  }

  /// One vector: its name, and all its members.
  package struct Vector: Sendable, CustomStringConvertible {
    package let name: String
    package let json: JSON
    package var description: String { name }
    /// The bytes written under `member`; `nil` when it is missing or no bytes.
    package func bytes(_ member: String) -> [UInt8]? { json[member].flatMap { ProtocolVectors.bytes($0) } }
  }

  /// The vectors of one file, such as `framing`. An empty list is a test's failure: compare it with zero.
  package static func load(_ file: String) throws -> [Vector] {
    let path = folder + "/vectors/" + file + ".json"
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard let list = try JSON(parsing: Array(data), limits: .monitor)["vectors"]?.array else { throw Malformed(file) }
    return try list.map { json in
      guard let name = json["name"]?.string else { throw Malformed(file) }
      return Vector(name: name, json: json)
    }
  }

  /// Bytes in the vectors' notation: a text, `{"hex": …}`, `{"repeat": …, "count": …}`, or a list of these.
  package static func bytes(_ json: JSON) -> [UInt8]? {
    switch json {
    case .string(let text): return Array(text.utf8)
    case .array(let parts):
      var all: [UInt8] = []
      for part in parts {
        guard let bytes = bytes(part) else { return nil }
        all += bytes
      }
      return all
    case .object:
      if let digits = json["hex"]?.string {
        let digits = Array(digits)
        guard digits.count.isMultiple(of: 2) else { return nil }
        let pairs = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16) }
        return pairs.contains(nil) ? nil : pairs.compactMap { $0 }
      }
      guard let part = json["repeat"].flatMap({ bytes($0) }), let count = json["count"]?.int else { return nil }
      return [[UInt8]](repeating: part, count: Int(count)).flatMap { $0 }
    default: return nil
    }
  }

  /// Whether `whole` has every member of `part`, and these as they stand there; objects within likewise.
  package static func holds(_ whole: JSON, _ part: JSON) -> Bool {
    guard case .object(let members) = part else { return whole == part }
    guard whole.object != nil else { return false }
    return members.members.allSatisfy { member in whole[member.key].map { holds($0, member.value) } ?? false }
  }

  /// A file of vectors that does not keep its format.
  package struct Malformed: Error {
    package let file: String
    package init(_ file: String) { self.file = file }
  }
}
