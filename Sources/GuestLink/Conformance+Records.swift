// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

extension Conformance {
  static let recordChecks: [ConformanceCheck] = [
    ConformanceCheck("record.garbage", "2.3", "Garbage before a record is dropped without an answer") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let garbage: [UInt8] =
        Array("login: \r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"agent.ping\"}\n".utf8) + [0, 0xff, 0x0a]
      try await probe.demand([garbage + rawRecord(pingText(id))], [.result(id)], during: "garbage, then a ping")
      return "dropped"
    },
    ConformanceCheck("record.much-garbage", "2.4", "256 KiB of garbage are dropped without an answer") {
      (probe) throws(ConformanceFailure) in
      let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 10)
      try await probe.demand([[UInt8]](repeating: piece, count: 8), [], during: "256 KiB of garbage")
      return "dropped"
    },
    ConformanceCheck("record.split", "2.2", "A record that arrives byte by byte is one record") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      try await probe.demand(rawRecord(pingText(id)).map { [$0] }, [.result(id)], during: "a ping byte by byte")
      return "answered"
    },
    ConformanceCheck("record.truncated", "2.3", "A record without LF is dropped without an answer when another begins")
    {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let whole = [Record.separator] + Array(pingText(1).utf8)
      try await probe.demand([whole + rawRecord(pingText(id))], [.result(id)], during: "a ping without LF, then a ping")
      try await probe.demand([Array(whole.prefix(20))], [], during: "the begin of a ping")
      return "dropped"
    },
    ConformanceCheck("record.separators", "2.2", "Several separators in a row stand for one") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      try await probe.demand([[0x1e, 0x1e, 0x1e] + rawRecord(pingText(id))], [.result(id)], during: "four separators")
      return "answered once"
    },
    ConformanceCheck("record.limit", "6", "A request of 65536 bytes is answered") {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      let text = Array(pingText(id).utf8)
      let padding = [UInt8](repeating: 0x20, count: JSONLimits.request.bytes - text.count)
      try await probe.demand([rawRecord(text + padding)], [.result(id)], during: "65536 bytes")
      return "answered"
    },
    ConformanceCheck("record.oversize", "2.3", "A longer request gives one -32003 under the id null") {
      (probe) throws(ConformanceFailure) in
      for count in [JSONLimits.request.bytes + 1, 300_000] {
        let text = Array(pingText(1).utf8)
        let padding = [UInt8](repeating: 0x20, count: count - text.count)
        try await probe.demand([rawRecord(text + padding)], [.error(.tooLarge, nil)], during: "\(count) bytes")
      }
      let endless = [Record.separator] + [UInt8](repeating: UInt8(ascii: "["), count: 200_000)
      try await probe.demand([endless], [.error(.tooLarge, nil)], during: "200000 bytes without LF")
      return "three refused"
    },
  ]

  static let sessionChecks: [ConformanceCheck] = [
    ConformanceCheck("session.no-hello", "7.1", "A request is answered without a hello before it", fresh: true) {
      (probe) throws(ConformanceFailure) in
      let id = await probe.freshID()
      try await probe.demand([rawRecord(pingText(id))], [.result(id)], during: "a ping on a fresh connection")
      return "answered"
    },
    ConformanceCheck(
      "session.reconnect", "1.4", "A host that comes back after half a record is served, by the same agent"
    ) {
      (probe) throws(ConformanceFailure) in
      let before = try await probe.hello()["instance"]
      try await probe.leave(after: [Record.separator] + Array(pingText(1).utf8.prefix(25)))
      let after = try await probe.hello()["instance"]
      guard before == after else { throw ConformanceFailure("another instance than before: the agent was restarted") }
      return "served"
    },
    ConformanceCheck("session.abandoned", "1.6", "A host that leaves before its replies does no harm") {
      (probe) throws(ConformanceFailure) in
      var all: [UInt8] = []
      for _ in 0..<8 {
        all += Record.encode(Request(id: await probe.freshID(), method: Method.statistics.name).json)
      }
      try await probe.leave(after: all)
      // What nobody read of the replies may stand before the next host's.
      try await probe.drain()
      _ = try await probe.hello()
      return "served"
    },
  ]
}
