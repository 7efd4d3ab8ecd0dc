// SPDX-License-Identifier: GPL-3.0-or-later

/// One GET of `/metrics`, as far as the answer depends on it. The texts are a stranger's, 1 KiB at most.
package struct MetricsRequest: Hashable, Sendable {
  /// The header `Accept`.
  package let accept: String?
  /// The header `X-Prometheus-Scrape-Timeout-Seconds`.
  package let scrapeTimeout: String?
  package init(accept: String?, scrapeTimeout: String?) {
    self.accept = accept
    self.scrapeTimeout = scrapeTimeout
  }

  /// How long whoever asks will wait, in seconds, from 1 to 120; 10, Prometheus' own default, when it does not say.
  package var patience: Double {
    guard let scrapeTimeout, let seconds = Double(scrapeTimeout), seconds.isFinite, seconds > 0 else { return 10 }
    return min(max(seconds, 1), 120)
  }
}

/// What is answered.
package struct MetricsReply: Hashable, Sendable {
  /// HTTP's status.
  package let status: UInt16
  package let contentType: String
  package let body: [UInt8]
  package init(status: UInt16 = 200, contentType: String, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  /// The page for a person who has only the address.
  ///
  /// Source: Prometheus, "Writing exporters", "Landing page".
  static let landing = MetricsReply(
    contentType: "text/html; charset=utf-8",
    body: Array(
      """
      <!DOCTYPE html><html lang="en"><title>virt-balloon</title><h1>virt-balloon</h1>
      <p><a href="/metrics">Metrics</a></p></html>

      """.utf8))

  /// A line of plain text.
  package static func plain(_ status: UInt16, _ line: String) -> MetricsReply {
    MetricsReply(status: status, contentType: "text/plain; charset=utf-8", body: Array("\(line)\n".utf8))
  }
}
