// SPDX-License-Identifier: GPL-3.0-or-later

/// A form in which every report is written.
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

/// A form in which a report is written that people hand on: those of every report, and documents.
package enum DocumentFormat: String, CaseIterable, Hashable, Sendable {
  case text, json, markdown, html

  /// The same as a form of every report; `nil` for a document.
  package var reportFormat: ReportFormat? {
    switch self {
    case .text: .text
    case .json: .json
    case .markdown, .html: nil
    }
  }

  /// As ``ReportFormat/render(_:style:)``; a report without such forms does not compile.
  package func render(_ report: some DocumentReport, style: TextStyle) throws(ReportError) -> [UInt8] {
    switch self {
    case .text: try ReportFormat.text.render(report, style: style)
    case .json: try ReportFormat.json.render(report, style: style)
    case .markdown: report.markdown()
    case .html: report.html()
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

/// A report that is also written as a document for other people.
package protocol DocumentReport: Report {
  /// GitHub-flavoured Markdown for an issue, in which no foreign text becomes markup.
  func markdown() -> [UInt8]
  /// One HTML file that needs nothing else, in which no foreign text becomes markup.
  func html() -> [UInt8]
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
