// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Collectors
import Glibc
import Reports

extension ReportFormat: ExpressibleByArgument {}
extension DocumentFormat: ExpressibleByArgument {}

/// In which form a report is printed.
struct OutputOptions: ParsableArguments {
  @Option(help: "text or json.")
  var format: ReportFormat = .text

  @Flag(name: [.short, .long], help: "List what is in order, too.")
  var verbose = false

  /// Prints a report, and nothing else, on standard output.
  func print(_ report: some Report) throws {
    try Console.write(try format.render(report, style: .standardOutput(verbose: verbose)))
  }
}

/// In which form a diagnosis is printed: also as a document that people hand on.
struct DiagnosisOutputOptions: ParsableArguments {
  @Option(help: "text, json, markdown (for an issue) or html (one file to open or attach).")
  var format: DocumentFormat = .text

  @Flag(name: [.short, .long], help: "List what is in order, too.")
  var verbose = false

  /// Prints a report, and nothing else, on standard output.
  func print(_ report: some DocumentReport) throws {
    try Console.write(try format.render(report, style: .standardOutput(verbose: verbose)))
  }

  /// Refuses a document about several guests: it would be none.
  func requireOneGuest(_ count: Int) throws {
    guard format.reportFormat != nil || count == 1 else { throw Self.oneGuest }
  }

  static let oneGuest = ValidationError(
    "--format markdown and html tell of one guest: name one TARGET, or use text or json")
}

/// In which form `diagnose` prints what it found.
enum DiagnosisFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json, markdown, html, openmetrics, prometheus

  /// The same as a form of reports; `nil` for metrics.
  var document: DocumentFormat? { DocumentFormat(rawValue: rawValue) }
  /// The same as a form of metrics; `nil` for reports.
  var metrics: OpenMetrics.Form? { OpenMetrics.Form(rawValue: rawValue) }
}

/// In which form `diagnose` prints: as a document that people hand on, or as metrics.
struct DiagnoseOutputOptions: ParsableArguments {
  @Option(
    help: """
      text, json, markdown (for an issue), html (one file to open or attach), openmetrics or prometheus (the older \
      text format; for a monitoring system see `virt-balloon export`).
      """)
  var format: DiagnosisFormat = .text

  @Flag(name: [.short, .long], help: "List what is in order, too.")
  var verbose = false

  /// Prints a report of one guest on standard output.
  func print(_ report: some DocumentReport) throws {
    guard let document = format.document else { return }
    try Console.write(try document.render(report, style: .standardOutput(verbose: verbose)))
  }

  /// Prints a report that is no document; ``requireOneGuest(_:)`` has refused the other forms.
  ///
  /// - Parameter seconds: how long it took to look at all.
  func print(overview report: FleetReport, seconds: Double) throws {
    if let form = format.metrics {
      let page = report.metrics(
        CollectionFacts(tool: VirtBalloon.version, finished: WallClock.system.now(), seconds: seconds))
      return try Console.write(Array(page.text(form).utf8))
    }
    guard let format = format.document?.reportFormat else { throw DiagnosisOutputOptions.oneGuest }
    try Console.write(try format.render(report, style: .standardOutput(verbose: verbose)))
  }

  /// Refuses a document about several guests: it would be none.
  func requireOneGuest(_ count: Int) throws {
    guard format.metrics != nil || format.document?.reportFormat != nil || count == 1 else {
      throw DiagnosisOutputOptions.oneGuest
    }
  }
}

extension TextStyle {
  /// Colour on a terminal only, and never with NO_COLOR; as wide as the terminal, 80 columns elsewhere.
  static func standardOutput(verbose: Bool) -> TextStyle {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let isPlain = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    return TextStyle(
      color: isTerminal && !isPlain, width: isTerminal ? terminalWidth : 80, unicode: isUnicode,
      verbose: verbose)
  }

  private static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 40 else { return 80 }
    return min(Int(size.ws_col), 120)
  }

  /// Whether the locale's characters are UTF-8, by the variable that decides; a terminal without a locale is not.
  private static var isUnicode: Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = getenv(name), value.pointee != 0 else { continue }
      let locale = String(cString: value).lowercased()
      return locale.contains("utf-8") || locale.contains("utf8")
    }
    return isatty(STDOUT_FILENO) == 0
  }
}
