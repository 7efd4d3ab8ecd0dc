// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
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

  /// Prints a report that is no document; ``requireOneGuest(_:)`` has refused the other forms.
  func print(overview report: OverviewReport) throws {
    guard let format = format.reportFormat else { throw Self.oneGuest }
    try Console.write(try format.render(report, style: .standardOutput(verbose: verbose)))
  }

  /// Refuses a document about several guests: it would be none.
  func requireOneGuest(_ count: Int) throws {
    guard format.reportFormat != nil || count == 1 else { throw Self.oneGuest }
  }

  private static let oneGuest = ValidationError(
    "--format markdown and html tell of one guest: name one TARGET, or use text or json")
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
