// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

/// Agents of every kind of bad manners. Synthesised from the protocol's specification and its limits.
enum FakeAgent: String, CaseIterable, Sendable {
  /// Keeps the protocol; its texts are hostile all the same.
  case hostileTexts
  /// Answers each request after one for another id.
  case answersOthersFirst
  case sendsGarbage, floodsWithoutSeparator, sendsHugeRecord, neverAnswers, answersOthersOnly, closesInMidReply
  /// Says hello, and no more.
  case fallsSilent
  /// Refuses everything, in hostile words.
  case refuses

  /// What must never reach a terminal: colours, cursor movements, a window's title, C1 controls, bidi overrides.
  static let hostile = "\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{2066}\u{200f}\r\nvirt-balloon: healthy\u{0}"

  func serve(_ client: FakePeer.Client) {
    switch self {
    case .sendsGarbage: client.serve { _ in client.send("HTTP/1.1 400 Bad Request\r\n\r\n{\"id\": 1}\n") }
    case .floodsWithoutSeparator:
      while client.send([UInt8](repeating: UInt8(ascii: "z"), count: 1 << 16)) {}
    case .sendsHugeRecord:
      client.serve { request in
        client.send("\u{1e}{\"jsonrpc\":\"2.0\",\"id\":\(request.id),\"result\":{\"nonce\":\"")
        for _ in 0..<1_600 {
          guard client.send([UInt8](repeating: UInt8(ascii: "1"), count: 1 << 16)) else { return }
        }
        client.send("\"}}\n")
      }
    case .neverAnswers: client.serve { _ in }
    case .answersOthersOnly: client.serve { client.send(Reply(id: $0.id &+ 1, .result(Self.result($0)))) }
    case .answersOthersFirst:
      client.serve { request in
        client.send(Reply(id: request.id &+ 1, .result([:])))
        client.send(Reply(id: request.id &- 1, .error(ProtocolError(.internalError, "late"))))
        client.send(Reply(id: request.id, .result(Self.result(request))))
      }
    case .closesInMidReply:
      client.serve { request in
        client.send(Array(Record.encode(Reply(id: request.id, .result(Self.result(request))).json).prefix(30)))
        client.close()
      }
    case .fallsSilent:
      client.serve { request in
        guard request.method == "agent.hello" else { return }
        client.send(Reply(id: request.id, .result(Self.result(request))))
      }
    case .refuses:
      client.serve { client.send(Reply(id: $0.id, .error(ProtocolError(.denied, Self.hostile)))) }
    case .hostileTexts: client.serve { client.send(Reply(id: $0.id, .result(Self.result($0)))) }
    }
  }

  private static func fact(_ value: JSON) -> JSON {
    ["status": "observed", "value": value, "source": .string(hostile)]
  }

  private static var failed: JSON {
    ["status": "failed", "reason": .string(hostile), "detail": .string(hostile), "source": .string(hostile)]
  }

  /// A result with a hostile text wherever the protocol has a text.
  static func result(_ request: Request) -> JSON {
    let text = fact(.string(hostile))
    switch request.method {
    case "agent.hello":
      return Hello(
        nonce: request.parameters?["nonce"]?.string ?? "", version: 1, agentName: hostile, agentVersion: hostile,
        instance: hostile, system: hostile, methods: Method.all.map { $0.name } + [hostile], limits: .version1
      ).json
    case "guest.os": return ["family": text, "name": text, "version": text, "kernel": text, "uptime": failed]
    case "guest.memory", "balloon.stats":
      return .object(JSONObject([(hostile, fact(.integer(1))), ("totalMemory", failed)]))
    case "pci.functions":
      let function: JSON = [
        "address": text, "path": text, "vendor": fact(.integer(0x1af4)), "device": fact(.integer(0x1045)),
        "driver": text, "module": text,
        "virtioDriver": text, "provider": text, "driverVersion": text, "problemCode": failed,
      ]
      return ["functions": [function]]
    case "driver.services":
      return ["services": [["name": .string(hostile), "kind": .string(hostile), "state": text, "version": text]]]
    case "log.balloon": return ["lines": [["text": .string(hostile), "source": .string(hostile)]]]
    default: return [:]
    }
  }
}
