// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory
import Rules

/// The parts of the page behind the findings: pictures, statistics, who says what, and how it was collected.
extension DiagnosisReport {
  func path(on page: inout HTMLPage) {
    guard let path = PathComparison(evidence) else { return }
    page.section("path", "The way to the PCI function") { page in
      page.paragraph(path.sentence)
      PathDrawing.draw(path, on: &page)
      page.details("The same in a table") { page in
        func names(_ names: [PathComparison.Name]) -> String {
          names.isEmpty ? "not known" : names.map { "\($0.text) (\($0.meaning))" }.joined(separator: ", ")
        }
        page.table(
          "Each step below the root bus as device.function",
          ["step", "host", "guest", "the two"],
          path.rows.map { [$0.name, $0.host.text, $0.guest.text, $0.agreement.word] }
            + [["number", names(path.hostNames), names(path.guestNames), "each in its own numbering"]])
      }
    }
  }

  /// An agent alone knows nothing of the host's sizes.
  var showsMemory: Bool { evidence.target.kind != .agent }

  func memory(on page: inout HTMLPage) {
    guard showsMemory else { return }
    page.section("memory", "Where the memory is") { MemoryAccount(evidence).draw(on: &$0) }
  }

  func statistics(on page: inout HTMLPage) {
    page.section("statistics", "Statistics") { page in
      let series = TimeSeries(evidence)
      // What the readings show together is told with the plots.
      let facts = Facts.ofStatistics(evidence).filter { series == nil || !$0.name.isEmpty }
      for fact in facts { page.paragraph(fact.text.capitalizedFirst + ".") }
      if let series { overTime(series, on: &page) }
      if series != nil { page.element("h3", text: "Latest values") }
      let sides = StatisticsTable.sides(evidence, reasonsAreTold: evidence.target.kind == .agent)
      for remark in sides.remarks { page.paragraph(remark) }
      page.table("The latest statistics, as each side has them", sides.header, sides.rows, isNumeric: true)
    }
  }

  private func overTime(_ series: TimeSeries, on page: inout HTMLPage) {
    page.element("h3", text: "Over time")
    page.paragraph(series.sentence + " " + series.advance)
    let plots = PlotDrawing(series: series)
    plots.sizes(on: &page)
    plots.memory(on: &page)
    if !series.events.isEmpty {
      page.element("h4", text: "Events")
      page.element("ol") { page in
        for event in series.events.prefix(PlotDrawing.eventLimit) {
          page.element("li") { page in
            page.text("after \(Moment.offset(event.offset)): ")
            page.element("code", text: event.name, limit: 80)
            if let actual = event.actual { page.text(", the balloon's size is \(EvidenceText.size(actual))") }
          }
        }
      }
      let more = series.events.count - PlotDrawing.eventLimit
      if more > 0 { page.paragraph("And \(more) more.") }
    }
    let lines = series.sizes + series.memory
    let sample = series.sample(atMost: 24)
    page.details("The same in a table") { page in
      page.table(
        sample.count == series.times.count
          ? "Every reading" : "\(sample.count) of \(series.times.count) readings, evenly chosen",
        ["after"] + lines.map(\.name),
        sample.map { index in
          [Moment.offset(series.times[index])] + lines.map { $0.values[index].map(EvidenceText.size) ?? "not known" }
        }, isNumeric: true)
    }
  }

  // MARK: Who says what

  func witnesses(on page: inout HTMLPage) {
    guard !diagnosis.witnesses.isEmpty else { return }
    page.section("witnesses", "Witnesses") { page in
      page.paragraph(
        "Does the driver serve the balloon? " + Facts.agreement(diagnosis.witnesses).capitalizedFirst + ".")
      page.element("ul", ["class": "witnesses"]) { page in
        for witness in diagnosis.witnesses.prefix(16) {
          page.element("li", ["class": witness.testimony.rawValue]) { page in
            page.element("span", ["class": "says"]) { page in
              page.element("span", ["aria-hidden": "true"], text: witness.testimony.sign + " ")
              page.text(witness.testimony.word.capitalizedFirst)
            }
            page.element("span", ["class": "name"], text: witness.name.capitalizedFirst + " ", limit: 120)
            page.trust(witness.trust)
            page.element("p", text: witness.statement, limit: 400)
          }
        }
      }
    }
  }

  func facts(on page: inout HTMLPage) {
    page.section("facts", "Facts") { page in
      page.facts(
        Facts.ofBalloon(evidence, isVerbose: true)
          + (showsMemory ? Facts.ofSizes(evidence, isVerbose: true) : []) + Facts.ofAgents(evidence)
          + Facts.ofHost(evidence))
    }
  }

  func inconclusive(on page: inout HTMLPage) {
    guard !diagnosis.inconclusive.isEmpty else { return }
    page.section("open", "Not judged, for lack of evidence") { page in
      page.paragraph("\(TextPage.count(diagnosis.inconclusive.count, "rule")) could not be judged. What would tell:")
      let gaps = Gap.all(in: diagnosis.inconclusive)
      page.element("ul") { page in
        for gap in gaps.prefix(32) {
          page.element("li") { page in
            page.text(gap.reasons.prefix(4).joined(separator: "; "), limit: 800)
            if let ask = gap.ask { page.command(ask) }
            page.element("p", ["class": "soft"]) { page in
              page.text("lacking it: \(gap.rules.prefix(64).joined(separator: ", "))", limit: 2000)
            }
          }
        }
      }
      if gaps.count > 32 { page.paragraph("And \(gaps.count - 32) more, for fewer rules.") }
    }
  }

  func passed(on page: inout HTMLPage) {
    page.section("passed", "Rules that found nothing wrong") { page in
      page.paragraph(
        "\(TextPage.count(diagnosis.healthy.count, "rule")) found nothing wrong, "
          + "\(TextPage.count(diagnosis.notApplicable.count, "rule")) did not concern this guest.")
      list("Nothing wrong found", diagnosis.healthy, on: &page)
      list("Does not concern this guest", diagnosis.notApplicable, on: &page)
    }
  }

  private func list(_ title: String, _ rules: [Passed], on page: inout HTMLPage) {
    guard !rules.isEmpty else { return }
    page.details("\(title): \(rules.count)") { page in
      page.element("ul") { page in
        for rule in rules.prefix(200) {
          page.element("li") { page in
            page.element("code", text: rule.id, limit: 80)
            page.text(" " + rule.statement, limit: 400)
          }
        }
      }
    }
  }

  func collection(on page: inout HTMLPage) {
    page.section("collection", "How it was collected") { page in
      let collection = evidence.collection
      let took = Age.seconds(from: collection.started, to: collection.finished).map(Moment.offset)
      let manner = collection.sampled ? "Readings were taken until the statistics advanced" : "No change was judged"
      page.paragraph(
        "\(evidence.target.kind.words.capitalizedFirst): \(TerminalText.shortened(evidence.target.location, to: 200)). "
          + "\(manner)" + (took.map { "; it took \($0)" } ?? "") + ".")
      page.table(
        "Sources that were asked", ["source", "outcome", "took"],
        collection.sources.prefix(64).map { source in
          [
            source.name,
            source.failure.map { "\($0.reason.rawValue): \($0.detail)" } ?? "answered",
            TextPage.milliseconds(source.seconds),
          ]
        })
      if !collection.notices.isEmpty {
        page.element("h3", text: "Notices")
        page.element("ul") { page in
          for notice in collection.notices.prefix(100) { page.element("li", text: notice, limit: 1000) }
        }
        if collection.notices.count > 100 { page.paragraph("And \(collection.notices.count - 100) more.") }
      }
    }
  }
}

extension HTMLPage {
  /// Names and values; a nameless value carries the one before it on.
  fileprivate mutating func facts(_ facts: [Facts.Fact]) {
    element("dl", ["class": "facts"]) { page in
      for fact in facts {
        if !fact.name.isEmpty { page.element("dt", text: fact.name, limit: 80) }
        page.element("dd") { page in
          for (index, span) in fact.spans.enumerated() {
            if index > 0 { page.text(" ") }
            switch span.paint {
            case .dim: page.element("span", ["class": "soft"], text: span.text, limit: 600)
            case .plain: page.text(span.text, limit: 600)
            default: page.element("strong", text: span.text, limit: 600)
            }
          }
        }
      }
    }
  }
}
