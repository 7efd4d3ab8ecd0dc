// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules

/// What a bundle says: the same records give the same files.
package struct BundleContent: Sendable {
  package var guests: [GuestRecord]
  package var lost: [LostTarget]
  package var form: Manifest.Form
  /// The version of virt-balloon that writes the bundle.
  package var tool: String
  /// Why collecting ended early; `nil` when it did not.
  package var interruption: String?

  package init(
    guests: [GuestRecord], lost: [LostTarget] = [], form: Manifest.Form, tool: String, interruption: String? = nil
  ) {
    self.guests = guests
    self.lost = lost
    self.form = form
    self.tool = tool
    self.interruption = interruption
  }

  /// How many bytes what all sources said may have together.
  static let rawLimit = 128 << 20

  /// The bundle's bytes.
  ///
  /// What sources said may be more than a bundle holds, many guests' or that of one that floods: then there is less of
  /// it, or none, in a bundle that says so. Evidence is never left out.
  package func archive() throws(BundleError) -> [UInt8] {
    for room in [Self.rawLimit, Self.rawLimit / 8] {
      do throws(BundleError) { return try archive(room: room) } catch {
        guard error.code == .refused else { throw error }
      }
    }
    return try archive(room: 0)
  }

  private func archive(room: Int) throws(BundleError) -> [UInt8] {
    let (files, manifest) = try files(room: room)
    return try BundleContainer.bytes(files, manifest)
  }

  /// Every file but those that the container adds, and the manifest without their list.
  private func files(room: Int) throws(BundleError) -> ([BundleFile], Manifest) {
    var redactor = form == .shareable ? Redactor() : nil
    redactor?.meet(guests.map(\.evidence.target) + lost.map(\.target))
    var files: [BundleFile] = []
    var summaries: [GuestSummary] = []
    // A bundle that is read may be of anybody's making.
    let interruption = interruption.map { redactor?.redact($0, at: "collection.json") ?? $0 }
    var collection = CollectionDocument(targets: [], interruption: interruption)
    for (index, record) in guests.enumerated() {
      let folder = guests.count == 1 ? "." : "guests/\(index + 1)"
      let pages = try GuestPages(record, folder: folder, redactor: &redactor, room: room / guests.count)
      files += pages.files
      summaries.append(GuestSummary(folder: folder, diagnosis: pages.diagnosis, evidence: pages.evidence))
      collection.targets.append(pages.outcome)
    }
    for target in lost { collection.targets.append(outcome(of: target, redactor: &redactor)) }
    let created = guests.map(\.evidence.collection.finished).max() ?? 0
    let manifest = Manifest(
      tool: tool, schemas: Self.schemas(form), created: created, form: form,
      state: isComplete ? .complete : .partial,
      guests: summaries.map { Manifest.Guest(folder: $0.folder, label: $0.evidence.target.label, verdict: $0.verdict) })
    files.append(BundleFile("collection.json", .data, try Self.json(collection)))
    if let ledger = redactor?.ledger { files.append(BundleFile("redactions.json", .data, try Self.json(ledger))) }
    let readme = BundleReadme(manifest: manifest, guests: summaries, collection: collection)
    files.append(BundleFile("README.txt", .report, Array(readme.text.utf8)))
    return (files, manifest)
  }

  private func outcome(of lost: LostTarget, redactor: inout Redactor?) -> CollectionDocument.TargetRecord {
    CollectionDocument.TargetRecord(
      target: redactor?.target(lost.target) ?? lost.target, folder: nil, outcome: .failed, seconds: lost.seconds,
      failure: redactor?.failure(lost.failure, at: "collection.json") ?? lost.failure, sources: [], raw: [],
      leftOut: [])
  }

  /// Whether every target was looked at to the end.
  package var isComplete: Bool {
    interruption == nil && lost.isEmpty && guests.allSatisfy { $0.shortfall == nil }
  }

  /// The forms of the files within, by their last name.
  private static func schemas(_ form: Manifest.Form) -> [String: String] {
    var schemas = [
      "collection.json": CollectionDocument.schema, "diagnosis.json": DiagnosisDocument.schema,
      "evidence.json": Evidence.schema,
    ]
    if form == .shareable { schemas["redactions.json"] = RedactionLedger.schema }
    return schemas
  }

  /// A document in the manner of all reports.
  static func json(_ document: some Encodable) throws(BundleError) -> [UInt8] {
    do throws(ReportError) { return try JSONDocument.encode(document) } catch {
      throw BundleError(.unencodable, "the bundle cannot be written: \(error.message)")
    }
  }
}

/// One guest of a bundle, as its README tells of it.
struct GuestSummary {
  let folder: String
  let diagnosis: Diagnosis
  let evidence: Evidence
  var verdict: Verdict { diagnosis.verdict }
}
