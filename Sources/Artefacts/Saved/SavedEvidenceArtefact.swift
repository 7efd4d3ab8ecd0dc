// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import FoundationEssentials

/// What `diagnose --format json` wrote, or the evidence within it.
struct SavedEvidenceArtefact: ArtefactContent {
  let kind: String
  let evidence: Evidence
  let rank = 0
  var guestName: String? { evidence.target.name }
  var guestUUID: String? { evidence.target.uuid }

  private struct Document: Decodable { let evidence: Evidence }

  /// - Parameter bytes: the text of `json`, which has been read strictly already.
  static func read(_ json: JSON, _ bytes: [UInt8]) -> (any ArtefactContent)? {
    guard let schema = json["schema"]?.string, schema.hasPrefix("virt-balloon/") else { return nil }
    let decoder = JSONDecoder()
    do {
      switch schema {
      case "virt-balloon/diagnosis/1":
        return SavedEvidenceArtefact(
          kind: "saved diagnosis", evidence: try decoder.decode(Document.self, from: Data(bytes)).evidence)
      case Evidence.schema:
        return SavedEvidenceArtefact(
          kind: "saved evidence", evidence: try decoder.decode(Evidence.self, from: Data(bytes)))
      default: return QuietArtefact(kind: "a document of virt-balloon (\(schema.prefix(60)))")
      }
    } catch {
      return UnreadableArtefact(
        kind: "saved diagnosis", failure: Failure(.malformed, "it is not whole, or of another version of this program"))
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) { draft.adopt(evidence) }
}
