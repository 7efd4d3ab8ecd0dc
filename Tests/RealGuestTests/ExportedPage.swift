// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// A page of `virt-balloon export`, read as a monitoring system reads it.
struct ExportedPage {
  struct Sample {
    let name: String
    let labels: [String: String]
    let value: Double
  }
  let text: String
  let samples: [Sample]

  /// Prometheus' older text format; the names of guests here have no quotes and no backslashes.
  init(_ text: String) {
    self.text = text
    samples = text.split(separator: "\n").compactMap { line in
      guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "), let value = Double(line[space...].dropFirst())
      else { return nil }
      let series = line[..<space]
      let brace = series.firstIndex(of: "{") ?? series.endIndex
      let pairs = series[brace...].dropFirst().dropLast().split(separator: "\",").map { $0.split(separator: "=\"") }
      let labels = pairs.map { pair in
        (String(pair[0]), pair.count > 1 ? String(pair[1].hasSuffix("\"") ? pair[1].dropLast() : pair[1]) : "")
      }
      return Sample(
        name: String(series[..<brace]), labels: Dictionary(labels, uniquingKeysWith: { first, _ in first }),
        value: value)
    }
  }

  /// The samples of a metric; the name without `virt_balloon_`.
  func all(_ name: String) -> [Sample] { samples.filter { $0.name == "virt_balloon_\(name)" } }

  /// The value of its only sample, of those with this label.
  func value(_ name: String, _ label: (String, String)? = nil) -> Double? {
    let found = all(name).filter { sample in label.map { sample.labels[$0.0] == $0.1 } ?? true }
    return found.count == 1 ? found[0].value : nil
  }

  /// The label of its only sample.
  func label(_ label: String, of name: String) -> String? { all(name).count == 1 ? all(name)[0].labels[label] : nil }

  /// What the guest has of these.
  var verdict: String? { all("verdict").first { $0.value == 1 }?.labels["verdict"] }
  var findings: Set<String> { Set(all("finding").compactMap { $0.labels["id"] }) }

  /// The page of the file and that of the endpoint, each in order by promtool where there is one.
  static func both(_ arguments: [String], in scratch: ScratchDirectory) async throws -> [ExportedPage] {
    let path = scratch("guests.prom")
    try await Program.check(
      [Program.built("virt-balloon"), "export", "--quick", "--textfile", path] + arguments)
    let file = try String(contentsOfFile: path, encoding: .utf8)
    let served = try await ExportEndpoint.with(arguments, log: scratch("export.log")) { try await $0.page() }
    for (name, text) in [("file", file), ("endpoint", served)] where PrometheusServer.missing == nil {
      let page = scratch("\(name).txt")
      try text.write(toFile: page, atomically: false, encoding: .utf8)
      let outcome = try await Program.run(["sh", "-c", "promtool check metrics <\(page)"])
      #expect(
        outcome.status == 0 && outcome.output.isEmpty && outcome.errorOutput.isEmpty,
        "\(name): \(outcome.output)\(outcome.errorOutput)")
    }
    return [ExportedPage(file), ExportedPage(served)]
  }
}

/// `virt-balloon export --listen` beside a body.
struct ExportEndpoint {
  /// `address:port`.
  let address: String

  static func with<Result: Sendable>(
    _ arguments: [String], log: String, signal: String = "KILL", isolation: isolated (any Actor)? = #isolation,
    _ body: (ExportEndpoint) async throws -> Result
  ) async throws -> Result {
    let command = [try Program.built("virt-balloon"), "export", "--listen", "127.0.0.1:0"] + arguments
    return try await Program.background(command, log: log, signal: signal) {
      let address = try await waitUntil("the exporter stood") { () -> String? in
        guard let text = try? String(contentsOfFile: log, encoding: .utf8),
          let start = text.firstRange(of: "http://"), let end = text.firstRange(of: "/metrics")
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound])
      }
      return try await body(ExportEndpoint(address: address))
    }
  }

  /// What a scrape has that gives it a minute.
  func page() async throws -> String {
    try await Program.check(
      [
        "python3", "-c",
        "import sys, urllib.request as r; "
          + "q = r.Request(sys.argv[1], headers={'X-Prometheus-Scrape-Timeout-Seconds': '60'}); "
          + "sys.stdout.write(r.build_opener(r.ProxyHandler({})).open(q).read().decode())",
        "http://\(address)/metrics",
      ])
  }
}
