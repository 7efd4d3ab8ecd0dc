// SPDX-License-Identifier: GPL-3.0-or-later

/// Metric families as text that a monitoring system reads.
package struct OpenMetrics: Hashable, Sendable {
  /// Which of the two texts.
  package enum Form: String, CaseIterable, Hashable, Sendable {
    /// OpenMetrics 1.0 (`application/openmetrics-text; version=1.0.0; charset=utf-8`): units, and `# EOF` at the end,
    /// so that a reader knows that it has all of it.
    case openMetrics = "openmetrics"
    /// Prometheus' older text format (`text/plain; version=0.0.4`), which node_exporter's textfile collector and
    /// `promtool check metrics` read: a counter's family has the name of its samples, and there is no type `info`.
    case prometheus
  }

  /// In the order in which they came, each name once.
  package private(set) var families: [MetricFamily] = []

  package init(_ families: [MetricFamily] = []) { add(families) }

  /// Adds families, such as another guest's: samples of one name have to stand together.
  package mutating func add(_ more: [MetricFamily]) {
    for family in more {
      if let index = families.firstIndex(where: { $0.name == family.name }) {
        families[index].samples += family.samples
      } else {
        families.append(family)
      }
    }
  }

  /// The whole text; families without a sample are left out.
  package func text(_ form: Form = .openMetrics) -> String {
    var text = ""
    for family in families {
      var seen: Set<[MetricLabel]> = []
      var lines = ""
      let name = family.name + family.type.suffix
      for sample in family.samples {
        // Two values of one series make a page that nobody takes.
        guard let value = sample.value.text, seen.insert(sample.labels).inserted else { continue }
        lines += "\(name)\(Self.labels(sample.labels)) \(value)\n"
      }
      guard !lines.isEmpty else { continue }
      let (head, type) =
        switch form {
        case .openMetrics: (family.name, family.type.rawValue)
        case .prometheus: (name, family.type == .info ? MetricType.gauge.rawValue : family.type.rawValue)
        }
      text += "# TYPE \(head) \(type)\n"
      if form == .openMetrics, let unit = family.unit { text += "# UNIT \(head) \(unit)\n" }
      text += "# HELP \(head) \(Self.escaped(family.help, quotes: form == .openMetrics))\n"
      text += lines
    }
    return form == .openMetrics ? text + "# EOF\n" : text
  }

  private static func labels(_ labels: [MetricLabel]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
  }

  /// Source: OpenMetrics 1.0, "escaped-string"; the older format has no escaped quote in a help text.
  static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
      case "\"" where quotes: escaped.append(contentsOf: "\\\"".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
