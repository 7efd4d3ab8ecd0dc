// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules
import SupportBundle
import Testing

@Suite("What a bundle says")
struct ContentTests {
  private func content(
    _ names: [String], form: Manifest.Form = .full, lost: [LostTarget] = []
  ) throws -> BundleContent {
    BundleContent(guests: try names.map(CollectedGuest.record), lost: lost, form: form, tool: "0.0.0")
  }

  private func bundle(_ content: BundleContent) throws -> Bundle {
    let bundle = try Bundle(try content.archive(), name: "a bundle")
    #expect(try bundle.faults().isEmpty)
    return bundle
  }

  @Test("The same records give the same bytes", arguments: [Manifest.Form.full, .shareable])
  func sameBytes(_ form: Manifest.Form) throws {
    let content = try content(CollectedGuest.names, form: form)
    #expect(try content.archive() == content.archive())
  }

  @Test("What was collected is what is read again", arguments: CollectedGuest.names)
  func whole(_ name: String) throws {
    let record = try CollectedGuest.record(name)
    let guest = try #require(try bundle(content([name])).guests().first)
    #expect(guest.evidence == record.evidence)
    #expect(guest.raw == record.raw)
    #expect(guest.folder == ".")
    #expect(guest.diagnosis.diagnosis == Engine().diagnose(record.evidence))
    #expect(guest.diagnosis.evidence == nil)
  }

  @Test("A copy of a full bundle is what collecting it redacted would have given")
  func redactedLater() throws {
    let lost = [
      LostTarget(
        Target(kind: .libvirt, name: "vm9", location: "qemu:///system"), Failure(.timedOut, "no answer within 3.0 s"),
        seconds: 3)
    ]
    for names in [[CollectedGuest.names[0]], CollectedGuest.names] {
      let full = try bundle(content(names, lost: lost))
      let later = try full.content(form: .shareable, tool: "0.0.0").archive()
      #expect(later == (try content(names, form: .shareable, lost: lost).archive()))
    }
  }

  @Test("The answer and what is missing stand in the README's first fifteen lines", arguments: CollectedGuest.names)
  func readme(_ name: String) throws {
    for form in [Manifest.Form.full, .shareable] {
      let bundle = try bundle(content([name], form: form))
      let lines = String(decoding: try #require(bundle.files["README.txt"]), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      let head = lines.prefix(15).joined(separator: "\n")
      let evidence = try #require(try bundle.guests().first).evidence
      let answer = VerdictSentence.text(Engine().diagnose(evidence), evidence)
      #expect(head.contains(answer.prefix(60)), "\(head)")
      if !Engine().diagnose(evidence).inconclusive.isEmpty { #expect(head.contains("What is missing"), "\(head)") }
      #expect(head.contains(form == .full ? "NOT redacted" : "redacted, fit to be shared"))
      #expect(lines.allSatisfy { $0.unicodeScalars.count <= 110 }, "\(lines.max { $0.count < $1.count } ?? "")")
    }
  }

  @Test("Several guests have folders of their own, and what could not be reached is on record")
  func several() throws {
    let lost = LostTarget(
      Target(kind: .libvirt, name: "vm9", location: "qemu:///system"),
      Failure(.timedOut, "no answer within 3.0 s", ask: "collect it alone"), seconds: 3)
    let bundle = try bundle(content(CollectedGuest.names, lost: [lost]))
    #expect(bundle.manifest.state == .partial)
    #expect(bundle.manifest.guests.map(\.folder) == (1...4).map { "guests/\($0)" })
    for folder in bundle.manifest.guests.map(\.folder) {
      for name in ["evidence.json", "diagnosis.json", "report.html", "report.md"] {
        #expect(bundle.files["\(folder)/\(name)"] != nil, "\(folder)/\(name)")
      }
    }
    let collection = try bundle.collection()
    #expect(collection.targets.count == 5)
    #expect(collection.targets.last?.outcome == .failed)
    #expect(collection.targets.last?.failure?.ask == "collect it alone")
    #expect(String(decoding: bundle.files["README.txt"] ?? [], as: UTF8.self).contains("vm9: no answer within 3.0 s"))
  }

  @Test("What today's rules say otherwise is told, and nothing where they say the same")
  func changes() throws {
    let guest = try #require(try bundle(content(["code-22-disabled"])).guests().first)
    let now = Engine().diagnose(guest.evidence)
    #expect(DiagnosisChange(from: guest.diagnosis, by: "0.0.0", to: now).sentences.isEmpty)
    let fewer = Engine(rules: Catalogue.all.filter { $0.id != "driver.disabled" }).diagnose(guest.evidence)
    let sentences = DiagnosisChange(from: guest.diagnosis, by: "0.0.0", to: fewer).sentences
    #expect(sentences.contains { $0.contains("found then and not now: driver.disabled") }, "\(sentences)")
    #expect(sentences.allSatisfy { $0.hasPrefix("Since virt-balloon 0.0.0 wrote the bundle: ") })
  }

  @Test("The ledger of a shareable bundle tells what was left out, and its raw answers are those with a parser")
  func leftOut() throws {
    let bundle = try bundle(content(["captured-healthy-linux-session"], form: .shareable))
    let target = try #require(try bundle.collection().targets.first)
    let record = try CollectedGuest.record("captured-healthy-linux-session")
    #expect(target.raw.count + target.leftOut.count == record.raw.count)
    #expect(bundle.files["redactions.json"] != nil)
  }

  @Test("More than a bundle holds is left out and told, and the evidence stays")
  func tooMuch() throws {
    var flooding = try CollectedGuest.record("captured-healthy-linux-session")
    // Bytes of a kind shrink to nothing, and a bundle that unpacks to so much would be taken for a bomb.
    flooding.raw += (0..<12).map { _ in
      RawAnswer(.pasted, "flood", bytes: Array(repeating: UInt8(ascii: "a"), count: 8 << 20), time: CollectedGuest.time)
    }
    let records = [flooding, try CollectedGuest.record("bus-numbers-differ")]
    let bundle = try bundle(BundleContent(guests: records, form: .full, tool: "0.0.0"))
    let guests = try bundle.guests()
    #expect(guests.map(\.evidence) == records.map(\.evidence))
    let target = try #require(try bundle.collection().targets.first)
    #expect(target.raw.count + target.leftOut.count == flooding.raw.count)
    #expect(target.leftOut.contains { $0.reason == .tooLarge && $0.question == "flood" })
    let copy = try Bundle(try bundle.content(form: .shareable, tool: "0.0.0").archive(), name: "its copy")
    #expect(try copy.collection().targets[0].leftOut.count { $0.reason == .tooLarge } == target.leftOut.count)
  }
}
