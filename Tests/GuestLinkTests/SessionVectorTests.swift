// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import ProtocolVectors
import Testing
import Transports

@Suite("The agent's client")
struct SessionVectorTests {
  enum Outcome: Sendable {
    case result(JSON)
    case elements(Int)
    case error(LinkError)
  }

  @Test("lives each session of the vectors as it says", arguments: try ProtocolVectors.load("sessions"))
  func session(_ vector: ProtocolVectors.Vector) async throws {
    let pair = try SocketPair()
    let client = AgentClient(pair.client, limits: LinkLimits(hello: .seconds(30), call: .seconds(30)))
    let steps = try #require(vector.json["steps"]?.array)
    var requests: [String: Request] = [:]
    var call: Task<Outcome, Never>?
    for (index, step) in steps.enumerated() {
      if let method = step["call"]?.string {
        call = Task { await run(Method(method), client) }
      } else if let method = step["receive"]?.string {
        let received = await pair.agent.receive()
        let request = try #require(received)
        #expect(request.method == method)
        if let params = step["params"] {
          #expect(ProtocolVectors.holds(request.parameters.map { .object($0) } ?? .null, params))
        } else if request.method != "agent.hello" {
          #expect(request.parameters == nil)
        }
        requests[try #require(step["as"]?.string)] = request
      } else if let bytes = step["send"] {
        await pair.agent.send(try #require(ProtocolVectors.bytes(filled(bytes, requests))))
      } else if step["close"] != nil {
        await pair.agent.close()
      } else if let expected = step["outcome"] {
        // A call that the agent leaves without an answer ends by its time.
        if ["silent", "garbage", "timed-out"].contains(expected["error"]?.string) { pair.client.expire() }
        let outcome = await call?.value
        switch outcome {
        case .result(let result)?: #expect(expected["result"].map { ProtocolVectors.holds(result, $0) } ?? false)
        case .elements(let count)?: #expect(expected["elements"]?.int == Int64(count))
        case .error(let error)?: #expect(expected["error"]?.string == error.code.rawValue, "\(error)")
        case nil: Issue.record("an outcome without a call")
        }
      } else if let counted = step["counted"]?.object {
        let traffic = await client.traffic
        for member in counted.members { #expect(count(member.key, traffic) == member.value.int, "\(member.key)") }
      } else {
        Issue.record("step \(index) is none that this test knows")
      }
    }
  }

  private func run(_ method: Method, _ client: AgentClient) async -> Outcome {
    do throws(LinkError) {
      if method == .services { return .elements(try await client.services().count) }
      return .result(try await client.call(method))
    } catch {
      return .error(error)
    }
  }

  /// Puts what the requests had in the place of `${NAME.id}`, `${NAME.id+N}` and `${NAME.nonce}`.
  private func filled(_ bytes: JSON, _ requests: [String: Request]) throws -> JSON {
    guard case .string(let text) = bytes else { return bytes }
    var out = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$"), let end = rest[dollar...].firstIndex(of: "}") {
      out += rest[..<dollar]
      let inside = rest[dollar..<end].dropFirst(2)
      let parts = inside.split(separator: ".", maxSplits: 1)
      let request = try #require(requests[String(parts[0])])
      if parts[1] == "nonce" {
        out += try #require(request.parameters?["nonce"]?.string)
      } else {
        let offset = parts[1].dropFirst(2)
        out += String(Int64(request.id) + (offset.isEmpty ? 0 : try #require(Int64(offset))))
      }
      rest = rest[rest.index(after: end)...]
    }
    return .string(out + rest)
  }

  private func count(_ word: String, _ traffic: LinkTraffic) -> Int64? {
    switch word {
    case "staleReplies": Int64(traffic.staleReplies)
    case "garbageBytes": Int64(traffic.garbageBytes)
    case "truncatedRecords": Int64(traffic.truncatedRecords)
    case "unreadableRecords": Int64(traffic.unreadableRecords)
    case "restarts": Int64(traffic.restarts)
    default: nil
    }
  }
}
