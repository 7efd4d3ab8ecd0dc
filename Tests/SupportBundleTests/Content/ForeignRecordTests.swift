// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import SupportBundle
import Testing

/// A full bundle may have been made by anybody: what its `collection.json` has in places where this program writes its
/// own words is foreign, and a copy of it is shared.
@Suite("Records of a bundle that somebody else made")
struct ForeignRecordTests {
  /// Every question that the collectors put down.
  private static let questions =
    Method.all.map(\.name) + [
      "query-name", "query-uuid", "query-status", "query-version", "query-kvm", "query-balloon", "query-pci",
      "query-chardev", "query-memory-size-summary", "query-memory-devices", "qom-list", "qom-get type", "qom-get addr",
      "qom-get parent_bus", "qom-get share", "qom-get memory-backend", "qom-get confidential-guest-support",
      "qom-get guest-stats", "qom-get guest-stats-polling-interval", "qom-get free-page-reporting",
      "qom-get deflate-on-oom", "qom-get iothread", "virDomainGetXMLDesc VIR_DOMAIN_XML_INACTIVE",
      "human-monitor-command info ramblock", "human-monitor-command info qtree", "x-query-virtio",
      "x-query-virtio-status", "guest-info", "guest-get-osinfo", "guest-get-devices", "guest-exec",
      "guest-exec-status", "guest-sync-delimited", "virDomainGetXMLDesc", "virDomainMemoryStats", "QEMU log",
      "qm config", "virt-balloon probe", "guest report",
    ]

  @Test("A question of this program stays as it is", arguments: questions)
  func own(_ question: String) throws {
    var redactor = Redactor()
    let answer = RawAnswer(.memoryStatistics, question, bytes: Array("actual 1024\n".utf8), time: 1)
    let redacted = redactor.redact(answer)
    #expect(redacted?.question == question)
  }

  @Test(
    "A sentence of a collection stays as it is",
    arguments: [
      "The collection was interrupted.",
      "What was brought from inside the guest (--guest-report) completes what it did not tell itself.",
      "it answered no more while it was watched (the monitor has been let go); what was had by then is kept",
      "query-balloon: 3 further answers are left out.",
    ])
  func sentence(_ text: String) {
    var redactor = Redactor()
    #expect(redactor.redact(text) == text)
  }

  @Test("Secrets where this program writes its own words reach no byte of the copy", arguments: [true, false])
  func planted(isParsable: Bool) throws {
    let secrets = PlantedSecrets()
    var record = try CollectedGuest.record("captured-healthy-linux-session")
    let bytes = Array((isParsable ? "actual 1024\n" : "\u{1}").utf8)
    record.raw = [
      RawAnswer(.memoryStatistics, secrets.word(), bytes: bytes, time: 1),
      RawAnswer(.memoryStatistics, "query-balloon \(secrets.word()) ../../\(secrets.word())", bytes: bytes, time: 1),
      RawAnswer(.memoryStatistics, "", bytes: bytes, time: 1),
    ]
    record.shortfall = Failure(
      Failure.Reason(rawValue: secrets.word()), "it is \(secrets.word())", ask: "ask \(secrets.word())")
    record.evidence.collection.notices.append("Told by \(secrets.word()).")
    let lost = LostTarget(
      Target(kind: .qmp, name: secrets.word(), location: "/run/\(secrets.word()).sock"),
      Failure(Failure.Reason(rawValue: secrets.word()), secrets.word()), seconds: 1)
    let original = BundleContent(
      guests: [record], lost: [lost], form: .full, tool: "0.0.0", interruption: "Ended by \(secrets.word()).")
    let full = try Bundle(try original.archive(), name: "full")
    let copy = try Bundle(try full.content(form: .shareable, tool: "0.0.0").archive(), name: "copy")
    for (path, bytes) in copy.files {
      #expect(secrets.found(in: bytes).isEmpty, "\(path)")
      #expect(secrets.found(in: Array(path.utf8)).isEmpty, "\(path)")
    }
    #expect(try copy.faults().isEmpty)
    let target = try #require(try copy.collection().targets.first)
    #expect(target.raw.count + target.leftOut.count == 3)
  }
}
