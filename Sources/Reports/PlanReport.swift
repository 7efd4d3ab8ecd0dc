// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory

/// What a Linux guest would see of its memory, told before anything is changed: a rule of thumb made exact.
package struct PlanReport: DocumentReport {
  let prediction: VisibleMemoryPrediction
  /// Which kernel's figures were taken, for a person.
  let kernel: String

  /// - Parameter release: the guest kernel's release, such as `6.1.0-42-amd64`; `nil` for a typical one.
  package init(maximum: UInt64, current: UInt64, release: String?, processors: UInt64) {
    let figures = KernelFigures.known(release: release)
    prediction = VisibleMemoryModel(kernel: figures)
      .prediction(maximum: maximum, current: current, processors: processors)
    kernel = "\(figures.name) (\(figures.source))"
  }

  /// What it comes to, in sentences; the first one is the answer.
  var sentences: [String] {
    var sentences: [String] = []
    if let visible = prediction.visible {
      sentences.append(
        "A Linux guest with a maximum of \(ByteCount.text(prediction.maximum)) and "
          + "\(ByteCount.text(prediction.current)) left to it would see \(ByteCount.text(visible)), "
          + "give or take \(ByteCount.text(prediction.uncertainty))."
      )
    } else {
      sentences.append(
        "A Linux guest with a maximum of \(ByteCount.text(prediction.maximum)) would not come down to "
          + "\(ByteCount.text(prediction.current)): it runs out of memory first.")
    }
    if prediction.headroomCost > 0 {
      sentences.append(
        "It pays \(ByteCount.text(prediction.headroomCost)) for headroom that it does not use: so much more its kernel "
          + "keeps than with a maximum of \(ByteCount.text(prediction.current)).")
    }
    switch prediction.danger {
    case .none: break
    case .likely:
      sentences.append("Whether it comes up depends on what it starts: little is left beside what the kernel keeps.")
    case .certain:
      sentences.append(
        "What its kernel keeps for the maximum leaves no more than the reserve that no program gets "
          + "(\(ByteCount.text(prediction.reserve))); such guests were seen to end in a panic, \"System is deadlocked "
          + "on memory\".")
    }
    if let before = prediction.visibleBeforeBalloon {
      sentences.append(
        "Until the balloon's driver is loaded, and for ever where it negotiated DEFLATE_ON_OOM, it sees "
          + "\(ByteCount.text(before)).")
    }
    sentences.append("No guest was asked: these are the rules of Linux, with the figures of \(kernel).")
    return sentences
  }

  /// A line each: what, how much, why.
  var rows: [[String]] {
    let seen = prediction.visible.map {
      [["what the guest sees", ByteCount.text($0), "MemTotal, the total of `free`."]]
    }
    return (seen ?? []) + prediction.parts.map { [$0.id.words, ByteCount.text($0.bytes), $0.source] }
  }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    for sentence in sentences { page.flow(sentence, hanging: 2) }
    page.blank()
    page.table(rows, limit: 28)
    return page.text
  }

  package func markdown() -> [UInt8] {
    var part = MarkdownPart()
    part.heading("What a guest would see of its memory")
    for sentence in sentences { part.paragraph(sentence) }
    part.table(
      ["part", "size", "why"], rows.map { [$0[0], $0[1], MarkdownText.prose($0[2], limit: 300)] })
    return Array(part.text.utf8)
  }

  package func html() -> [UInt8] {
    HTMLPage.document("Memory planned") { page in
      page.element("header") { page in
        page.element("div", ["class": "column"]) { page in
          page.element("h1", text: sentences.first ?? "", limit: 600)
        }
      }
      page.element("div", ["class": "column"]) { page in
        page.element("main") { page in
          page.section("plan", "What a guest would see of its memory") { page in
            for sentence in sentences.dropFirst() { page.paragraph(sentence) }
            page.table("Parts of the maximum", ["part", "size", "why"], rows)
          }
        }
        page.footer()
      }
    }
  }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(PlanDocument(prediction, kernel)) }
}

/// The JSON form of ``PlanReport``. Sizes are bytes.
struct PlanDocument: Encodable {
  struct Part: Encodable {
    let id: String
    let bytes: UInt64
    let source: String
  }
  let schema = "virt-balloon/plan/1"
  let maximum: UInt64
  let current: UInt64
  /// Absent where the guest cannot get there.
  let visible: UInt64?
  let visibleBeforeBalloon: UInt64?
  let uncertainty: UInt64
  let headroomCost: UInt64
  let reserve: UInt64
  let danger: String
  let kernel: String
  let parts: [Part]

  init(_ prediction: VisibleMemoryPrediction, _ kernel: String) {
    maximum = prediction.maximum
    current = prediction.current
    visible = prediction.visible
    visibleBeforeBalloon = prediction.visibleBeforeBalloon
    uncertainty = prediction.uncertainty
    headroomCost = prediction.headroomCost
    reserve = prediction.reserve
    danger =
      switch prediction.danger {
      case .none: "none"
      case .likely: "likely"
      case .certain: "certain"
      }
    self.kernel = kernel
    parts = prediction.parts.map { Part(id: $0.id.rawValue, bytes: $0.bytes, source: $0.source) }
  }
}

extension VisibleMemoryPrediction.Part.ID {
  /// What a person calls it.
  fileprivate var words: String {
    switch self {
    case .pageArray: "the kernel's page array"
    case .hashTables: "its early hash tables"
    case .kernelImage: "its image"
    case .bounceBuffer: "its bounce buffer"
    case .directMap: "its map of all memory"
    case .processors: "per processor"
    case .firmware: "firmware"
    case .crashKernel: "the crash kernel"
    case .other: "smaller things"
    case .balloon: "the balloon"
    }
  }
}
