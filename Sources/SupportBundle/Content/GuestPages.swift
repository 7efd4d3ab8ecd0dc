// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules

/// The files of one guest.
struct GuestPages {
  let evidence: Evidence
  let diagnosis: Diagnosis
  private(set) var files: [BundleFile] = []
  private(set) var outcome: CollectionDocument.TargetRecord

  /// - Parameters:
  ///   - redactor: what a shareable bundle is made with; `nil` for one with everything in it.
  ///   - room: how many bytes what the sources said may have; what does not fit is left out.
  init(_ record: GuestRecord, folder: String, redactor: inout Redactor?, room: Int) throws(BundleError) {
    // What is told and judged is what the bundle has: whoever judges it anew comes to the same.
    evidence = redactor?.redact(record.evidence) ?? record.evidence
    diagnosis = Engine().diagnose(evidence)
    let sources = evidence.collection.sources
    outcome = CollectionDocument.TargetRecord(
      target: evidence.target, folder: folder,
      outcome: record.shortfall == nil ? .collected : .partial, seconds: record.seconds,
      failure: record.shortfall.map { redactor?.failure($0, at: "collection.json") ?? $0 }, sources: sources, raw: [],
      leftOut: [])
    outcome.leftOut = record.leftOut.map { leftOut in
      var leftOut = leftOut
      leftOut.question = redactor?.redact(question: leftOut.question) ?? leftOut.question
      return leftOut
    }

    let prefix = folder == "." ? "" : folder + "/"
    var room = room
    for (index, answer) in record.raw.enumerated() {
      let fits = answer.bytes.count <= room
      let shown = redactor == nil ? answer : fits ? redactor?.redact(answer) : nil
      guard fits, let shown else {
        let question = redactor?.redact(question: answer.question) ?? answer.question
        outcome.leftOut.append(
          CollectionDocument.LeftOut(
            format: answer.format, question: question, reason: fits ? .unredactable : .tooLarge))
        continue
      }
      room -= answer.bytes.count
      let path = "raw/" + Self.fileName(shown, number: index + 1)
      files.append(BundleFile(prefix + path, .raw, shown.bytes))
      outcome.raw.append(
        CollectionDocument.RawRecord(
          path: path, format: shown.format, question: shown.question, time: shown.time, isCut: shown.isCut))
    }
    let report = DiagnosisReport(diagnosis, evidence)
    files.append(BundleFile(prefix + "evidence.json", .data, try BundleContent.json(evidence)))
    var document = DiagnosisDocument(diagnosis, evidence)
    document.evidence = nil
    files.append(BundleFile(prefix + "diagnosis.json", .data, try BundleContent.json(document)))
    files.append(BundleFile(prefix + "report.html", .report, report.html()))
    files.append(BundleFile(prefix + "report.md", .report, report.markdown()))
  }

  /// `07-query-balloon.json`: the question's letters and digits, cut.
  private static func fileName(_ answer: RawAnswer, number: Int) -> String {
    var name = ""
    for byte in answer.question.utf8.prefix(48) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default: if !name.hasSuffix("-"), !name.isEmpty { name += "-" }
      }
    }
    while name.hasSuffix("-") { name.removeLast() }
    let place = String(number)
    let digits = String(repeating: "0", count: max(0, 3 - place.utf8.count)) + place
    return digits + (name.isEmpty ? "" : "-" + name) + answer.format.fileExtension
  }
}

extension RawAnswer.Format {
  fileprivate var fileExtension: String {
    switch self {
    case .domainXML: ".xml"
    case .monitor, .agent, .qemuGA: ".json"
    case .memoryStatistics, .proxmoxConfiguration, .hypervisorLog, .pasted: ".txt"
    }
  }
}
