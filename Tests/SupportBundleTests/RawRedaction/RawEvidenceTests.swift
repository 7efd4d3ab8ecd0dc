// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Artefacts
import BalloonEvidence
import FoundationEssentials
import Rules
import SampleCases
import SupportBundle
import Testing

/// Answers are those of ``RawSamples`` and the cases' files, as these say.
@Suite("What a redacted answer says is what the answer says")
struct RawEvidenceTests {
  private func evidence(_ name: String, _ bytes: [UInt8]) -> Evidence? {
    try? CaseAnswer.analyze([(name, bytes)]).evidence
  }

  /// The evidence without what tells where in a document it stands, and what to ask of which guest.
  private func values(of part: some Encodable) throws -> String {
    func stripped(_ json: JSON) -> JSON {
      switch json {
      case .object(let object):
        let told = object.members.filter { !["source", "ask", "detail", "time"].contains($0.key) }
        return .object(JSONObject(told.sorted { $0.key < $1.key }.map { ($0.key, stripped($0.value)) }))
      case .array(let elements): return .array(elements.map(stripped))
      default: return json
      }
    }
    let json = try JSON(parsing: Array(try JSONEncoder().encode(part)), limits: .monitor)
    return String(decoding: stripped(json).bytes, as: UTF8.self)
  }

  /// The same evidence, names apart, and the same findings.
  private func check(_ path: String, _ format: RawAnswer.Format, _ bytes: [UInt8]) throws {
    var redactor = Redactor()
    let first = redactor.redact(RawSamples.answer(format, bytes))
    let redacted = try #require(first, "\(path)").bytes
    let before = try #require(evidence("101.conf", bytes), "\(path)")
    let after = try #require(evidence("101.conf", redacted), "\(path)")
    #expect(try values(of: after.configuration) == values(of: before.configuration), "\(path)")
    #expect(try values(of: after.domain) == values(of: before.domain), "\(path)")
    #expect(try values(of: after.device) == values(of: before.device), "\(path)")
    #expect(try values(of: after.channel) == values(of: before.channel), "\(path)")
    #expect(try values(of: after.readings) == values(of: before.readings), "\(path)")
    let (was, isNow) = (Engine().diagnose(before), Engine().diagnose(after))
    #expect(isNow.verdict == was.verdict, "\(path)")
    #expect(isNow.findings.map(\.id) == was.findings.map(\.id), "\(path)")
  }

  @Test("Of every domain's XML here that libvirt would take")
  func domains() throws {
    var count = 0
    // A snippet with gaps is a person's, no answer of libvirt's: that there are gaps is not told after.
    for (path, bytes) in try RawSamples.domains() where !path.contains("hostile") && !path.contains("snippet") {
      guard evidence("a", bytes) != nil else { continue }
      try check(path, .domainXML, bytes)
      count += 1
    }
    #expect(count > 40)
  }

  @Test("Redacting the evidence of a domain's XML and reading the redacted XML give the same")
  func law() throws {
    for (path, bytes) in try RawSamples.domains() where !path.contains("snippet") {
      guard let before = evidence("a", bytes) else { continue }
      var redactor = Redactor()
      let first = redactor.redact(RawSamples.answer(.domainXML, bytes))
      let redacted = try #require(first, "\(path)").bytes
      let after = try #require(evidence("a", redacted), "\(path)")
      let (one, other) = (redactor.redact(before), redactor.redact(after))
      #expect(one.target == other.target, "\(path)")
      #expect(try values(of: one.configuration) == values(of: other.configuration), "\(path)")
      #expect(try values(of: one.domain) == values(of: other.domain), "\(path)")
      #expect(try values(of: one.device) == values(of: other.device), "\(path)")
      #expect(try values(of: one.channel) == values(of: other.channel), "\(path)")
      #expect(try values(of: one.readings) == values(of: other.readings), "\(path)")
    }
  }

  @Test(
    "Of Proxmox's settings",
    arguments: [
      "samples/cases/proxmox-conf-with-a-snapshot/101.conf", "Tests/ArtefactsTests/Samples/qm-config.txt",
    ])
  func proxmox(path: String) throws { try check(path, .proxmoxConfiguration, try RawSamples.bytes(path)) }
}
