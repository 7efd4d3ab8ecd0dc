// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import FoundationEssentials
package import Reports

/// One guest, as a bundle has it.
package struct BundledGuest: Sendable {
  package let folder: String
  package let evidence: Evidence
  /// What was made of it when the bundle was written.
  package let diagnosis: DiagnosisDocument
  package let raw: [RawAnswer]
  package let seconds: Double
  /// Why it was not looked at to the end; `nil` when it was.
  package let shortfall: Failure?
  /// What the sources said that is not in the bundle.
  package let leftOut: [CollectionDocument.LeftOut]
}

extension Bundle {
  /// What was asked, and what became of it.
  package func collection() throws(BundleError) -> CollectionDocument {
    try document("collection.json", schema: CollectionDocument.schema)
  }

  /// The guests, in the manifest's order.
  package func guests() throws(BundleError) -> [BundledGuest] {
    let records = try collection().targets
    var guests: [BundledGuest] = []
    for guest in manifest.guests {
      let prefix = guest.folder == "." ? "" : guest.folder + "/"
      let record = records.first { $0.folder == guest.folder }
      var raw: [RawAnswer] = []
      for entry in record?.raw ?? [] {
        guard let bytes = files[prefix + entry.path] else {
          throw BundleError(.damaged, "\(name): \(prefix)\(TerminalText.shown(entry.path)) is not in it")
        }
        raw.append(RawAnswer(entry.format, entry.question, bytes: bytes, time: entry.time, isCut: entry.isCut))
      }
      guests.append(
        BundledGuest(
          folder: guest.folder, evidence: try document(prefix + "evidence.json", schema: Evidence.schema),
          diagnosis: try document(prefix + "diagnosis.json", schema: DiagnosisDocument.schema), raw: raw,
          seconds: record?.seconds ?? 0, shortfall: record?.failure, leftOut: record?.leftOut ?? []))
    }
    return guests
  }

  /// The records from which the bundle was made, for one in another form.
  package func content(form: Manifest.Form, tool: String) throws(BundleError) -> BundleContent {
    let collection = try collection()
    return BundleContent(
      guests: try guests().map {
        GuestRecord(
          $0.evidence, raw: $0.raw, seconds: $0.seconds, shortfall: $0.shortfall, leftOut: $0.leftOut)
      },
      lost: collection.targets.filter { $0.folder == nil }.map { record in
        LostTarget(record.target, record.failure ?? Failure(.failed, "no reason is on record"), seconds: record.seconds)
      }, form: form, tool: tool, interruption: collection.interruption)
  }

  /// A JSON document of a bundle: any number that a double holds, and no key twice.
  private static let limits = JSONLimits(bytes: 32 << 20, depth: 32, string: 1 << 20, exactIntegers: false)

  private struct Form: Decodable { let schema: String }

  private func document<Document: Decodable>(_ path: String, schema: String) throws(BundleError) -> Document {
    guard let bytes = files[path] else { throw BundleError(.damaged, "\(name): \(path) is not in it") }
    do throws(JSONError) { _ = try JSON(parsing: bytes, limits: Self.limits) } catch {
      throw BundleError(.damaged, "\(name): \(path) is no JSON that can be read: \(error)")
    }
    let decoder = JSONDecoder()
    let data = Data(bytes)
    if let form = try? decoder.decode(Form.self, from: data), form.schema != schema {
      throw BundleError(
        .incompatible,
        "\(name): \(path) is of the form \(TerminalText.shown(form.schema)), and this program reads \(schema)")
    }
    do { return try decoder.decode(Document.self, from: data) } catch {
      throw BundleError(.damaged, "\(name): \(path) is not whole: it lacks what \(schema) has")
    }
  }
}

extension TerminalText {
  /// A foreign word within a message.
  fileprivate static func shown(_ text: String) -> String { escaped(shortened(text, to: 80), unicode: true) }
}
