// SPDX-License-Identifier: GPL-3.0-or-later

extension OpenMetrics.Form {
  /// HTTP's media type.
  package var contentType: String {
    switch self {
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    }
  }

  /// The form that an `Accept` header prefers (RFC 9110, 12.5.1): OpenMetrics only where it is named, since whoever
  /// takes anything may not know it.
  package init(accept: String?) {
    var best: [Self: Int] = [:]
    for range in (accept ?? "").split(separator: ",").prefix(32) {
      let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let type = parts.first else { continue }
      var weight = 1_000
      var version: String?
      for parameter in parts.dropFirst() {
        if parameter.hasPrefix("q=") { weight = Self.weight(parameter.dropFirst(2)) }
        if parameter.hasPrefix("version=") { version = parameter.dropFirst(8).filter { $0 != "\"" } }
      }
      switch (type, version) {
      case ("application/openmetrics-text", "1.0.0"), ("application/openmetrics-text", nil):
        best[.openMetrics] = max(best[.openMetrics] ?? 0, weight)
      case ("text/plain", "0.0.4"), ("text/plain", nil), ("text/*", _), ("*/*", _):
        best[.prometheus] = max(best[.prometheus] ?? 0, weight)
      default: break
      }
    }
    let weight = best[.openMetrics] ?? 0
    self = weight > 0 && weight >= best[.prometheus] ?? 0 ? .openMetrics : .prometheus
  }

  /// A quality in thousandths; what is none counts as refused.
  private static func weight(_ text: Substring) -> Int {
    guard text.utf8.count <= 5, let value = Double(text), (0...1).contains(value) else { return 0 }
    return Int(value * 1_000)
  }
}
