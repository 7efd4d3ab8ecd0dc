// SPDX-License-Identifier: GPL-3.0-or-later

/// What a metric counts. Source: OpenMetrics 1.0, "MetricFamily types"; others are not used here.
package enum MetricType: String, Hashable, Sendable {
  /// A value that goes up and down.
  case gauge
  /// A value that only grows until its subject starts anew; its samples are named `…_total`.
  case counter
  /// Text in labels, with the value 1; its samples are named `…_info`.
  case info

  /// What stands behind the family's name in a sample.
  var suffix: String {
    switch self {
    case .gauge: ""
    case .counter: "_total"
    case .info: "_info"
    }
  }
}

/// Samples of one name, of any number of guests.
package struct MetricFamily: Hashable, Sendable {
  /// `virt_balloon_…` or `process_…`, with the unit at the end where there is one; without `_total` and `_info`.
  package let name: String
  package let type: MetricType
  /// Prometheus' base unit: `bytes`, `seconds`; `nil` for a number.
  package let unit: String?
  /// One sentence.
  package let help: String
  package var samples: [MetricSample]

  /// What every name begins with.
  package static let prefix = "virt_balloon_"

  /// - Parameter name: this program's own word in lower case and underscores, without prefix and unit.
  package init(_ name: String, _ type: MetricType = .gauge, unit: String? = nil, help: String) {
    self.name = Self.prefix + name + (unit.map { "_\($0)" } ?? "")
    self.type = type
    self.unit = unit
    self.help = help
    samples = []
  }

  /// A family of the program's own process, named as in every exporter: `process_…`.
  ///
  /// Source: Prometheus, "Writing client libraries", "Process metrics".
  package init(ofProcess name: String, _ type: MetricType = .gauge, unit: String? = nil, help: String) {
    self.name = "process_" + name + (unit.map { "_\($0)" } ?? "")
    self.type = type
    self.unit = unit
    self.help = help
    samples = []
  }

  /// Adds a sample; without a value there is none: unknown is never 0.
  package mutating func add(_ labels: [MetricLabel], _ value: MetricValue?) {
    if let value { samples.append(MetricSample(labels: labels, value: value)) }
  }
}

/// One value of one guest.
package struct MetricSample: Hashable, Sendable {
  package var labels: [MetricLabel]
  package var value: MetricValue
  package init(labels: [MetricLabel], value: MetricValue) {
    self.labels = labels
    self.value = value
  }
}

/// What tells two samples of a family apart.
package struct MetricLabel: Hashable, Sendable {
  /// A longer value is cut: whoever names a guest does not decide how large a page becomes.
  package static let limit = 128

  package let name: String
  package let value: String

  /// - Parameters:
  ///   - name: this program's own word.
  ///   - value: anybody's; what is unsafe on a terminal is escaped, since these pages are read by people, too.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = TerminalText.escaped(
      String(String.UnicodeScalarView(value.unicodeScalars.prefix(Self.limit))), unicode: true)
  }
}

/// A sample's number.
package enum MetricValue: Hashable, Sendable {
  case integer(UInt64)
  case number(Double)

  package init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }

  /// `nil` for what has no decimal form; nobody here has a use for NaN.
  var text: String? {
    switch self {
    case .integer(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : nil
    }
  }
}
