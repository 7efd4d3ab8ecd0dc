// SPDX-License-Identifier: GPL-3.0-or-later

/// A form in which a report is written.
///
/// A new case is a compile error in ``render(_:style:)`` until every report can be written in it.
package enum ReportFormat: String, CaseIterable, Hashable, Sendable {
  case text, json

  /// The bytes of a report: what a command writes to standard output, the last line feed included.
  package func render(_ report: some Report, style: TextStyle) throws(ReportError) -> [UInt8] {
    switch self {
    case .text: Array(report.text(style).utf8)
    case .json: try report.json()
    }
  }
}

/// Something that a command has to say. Reports are pure: the same values give the same bytes.
package protocol Report: Sendable {
  /// The report for a person. No foreign text reaches it unescaped.
  func text(_ style: TextStyle) -> String
  /// The report for a program: JSON in UTF-8 with sorted keys, in which no unsafe character stands unescaped, and one
  /// line feed at the end.
  func json() throws(ReportError) -> [UInt8]
}

/// Why a report could not be written.
package struct ReportError: Error, Hashable, Sendable {
  package var code: Code
  /// One line for a person.
  package var message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// An open set of words.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// A value has no JSON form: a number that is infinite or none.
    package static let unencodable = Code(rawValue: "unencodable")
  }
}
