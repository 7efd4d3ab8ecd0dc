// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// A Prometheus of Debian's package that runs beside a body: at a free port of the loopback, with its data in a scratch
/// directory.
struct PrometheusServer {
  /// Why there is none here; `nil` when there is.
  static let missing: String? =
    access("/usr/bin/prometheus", X_OK) == 0 && access("/usr/bin/promtool", X_OK) == 0
    ? nil : "needs Prometheus (package prometheus)"

  static let samples = "\(GuestImage.checkout)/samples/monitoring"

  private let port: Int

  /// - Parameters:
  ///   - rules: the text of a file of rules.
  ///   - target: `address:port` of what is scraped, each second.
  static func with(
    scraping target: String, rules: String, in scratch: ScratchDirectory,
    _ body: (PrometheusServer) async throws -> Void
  ) async throws {
    let port = try Int(
      await Program.check(
        ["python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"]
      ).filter(\.isNumber))
    let server = PrometheusServer(port: try #require(port))
    try Data(rules.utf8).write(to: URL(filePath: scratch("rules.yml")))
    // The sample's, at another pace and address.
    let configuration = try String(contentsOfFile: "\(samples)/prometheus.yml", encoding: .utf8)
      .replacing("virt-balloon.rules.yml", with: scratch("rules.yml")).replacing("127.0.0.1:9788", with: target)
      .replacing("scrape_interval: 30s", with: "scrape_interval: 5s")
      .replacing("scrape_timeout: 10s", with: "scrape_timeout: 5s")
    #expect(configuration.contains(target) && configuration.contains("scrape_interval: 5s"))
    try Data("global: {evaluation_interval: 1s}\n\(configuration)".utf8).write(
      to: URL(filePath: scratch("prometheus.yml")))
    try await Program.background(
      [
        "/usr/bin/prometheus", "--config.file=\(scratch("prometheus.yml"))",
        "--storage.tsdb.path=\(scratch("prometheus"))", "--web.listen-address=127.0.0.1:\(server.port)",
      ], log: scratch("prometheus.log")
    ) {
      try await waitUntil("Prometheus stood: \(scratch.tail("prometheus.log"))", within: .seconds(120)) {
        try await server.fetch("/-/ready").status == 0
      }
      try await body(server)
    }
  }

  private func fetch(_ path: String) async throws -> Program.Outcome {
    try await Program.run(
      [
        "python3", "-c",
        "import sys, urllib.request as r; "
          + "sys.stdout.write(r.build_opener(r.ProxyHandler({})).open(sys.argv[1]).read().decode())",
        "http://127.0.0.1:\(port)\(path)",
      ])
  }

  /// What `/api/v1/…` answers under `data`.
  func data(_ path: String) async throws -> RigJSON {
    let outcome = try await fetch("/api/v1/\(path)")
    let answer = try RigJSON(parsing: outcome.output)
    guard answer["status"]?.string == "success", let data = answer["data"] else {
      throw RigError(.program, "\(path): \(outcome.output)\(outcome.errorOutput)")
    }
    return data
  }

  /// The samples that a query gives now.
  func query(_ expression: String) async throws -> [RigJSON] {
    let escaped = expression.utf8.map { byte in
      let hex = String(byte, radix: 16)
      return "%" + (hex.count == 1 ? "0" : "") + hex
    }.joined()
    return try await data("query?query=\(escaped)")["result"]?.elements ?? []
  }

  /// The state of each alert by its name: pending or firing.
  func alerts() async throws -> [String: Set<String>] {
    var alerts: [String: Set<String>] = [:]
    for alert in try await data("alerts")["alerts"]?.elements ?? [] {
      guard let name = alert["labels"]?["alertname"]?.string, let state = alert["state"]?.string else { continue }
      alerts[name, default: []].insert(state)
    }
    return alerts
  }
}

/// A real Prometheus scrapes the real exporter, which looks at a real guest under a real libvirtd.
@Suite(
  "Prometheus", .serialized, .enabled(if: PrometheusServer.missing == nil, "\(PrometheusServer.missing ?? "")"))
struct PrometheusTests {
  private func sample(_ name: String) throws -> String {
    try String(contentsOfFile: "\(PrometheusServer.samples)/\(name)", encoding: .utf8)
  }

  @Test("promtool finds the rules of samples/monitoring in order, and their own tests pass")
  func rules() async throws {
    let folder = PrometheusServer.samples
    for arguments in [
      ["check", "rules", "\(folder)/virt-balloon.rules.yml"],
      ["test", "rules", "\(folder)/virt-balloon.rules.test.yml"],
      ["check", "config", "\(folder)/prometheus.yml"],
    ] {
      let outcome = try await Program.run(["/usr/bin/promtool"] + arguments)
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errorOutput)")
    }
  }

  /// The queries of the dashboard, for all guests.
  private func dashboardQueries() throws -> [String] {
    let dashboard = try RigJSON(parsing: sample("dashboard.json"))
    let panels = dashboard["panels"]?.elements ?? []
    return panels.flatMap { $0["targets"]?.elements ?? [] }.compactMap { $0["expr"]?.string }
      .map { $0.replacing("$domain", with: ".*") }
  }

  @Test("A guest whose statistics stop fires the alert, and every query of the dashboard is answered")
  func alert() async throws {
    let rules = try sample("virt-balloon.rules.yml")
    // The sample's rules but for their patience: each `for:` is a second.
    let quick = rules.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("        for: ") ? "        for: 1s" : line
    }.joined(separator: "\n")
    #expect(quick != rules)
    try await LibvirtHost.with { host in
      try await host.withDomain { domain in
        try await host.waitUntilAnswering(domain)
        let log = host.directory("export.log")
        try await ExportEndpoint.with(["--connect", host.uri], log: log, signal: "TERM") { exporter in
          let page = try await exporter.page()
          try await PrometheusServer.with(scraping: exporter.address, rules: quick, in: host.directory) { prometheus in
            try await works(prometheus, domain)
            try await inOrder(page, domain, host)
            try await survives(prometheus, host)
            try await stops(prometheus, domain)
            try await hangs(prometheus, host, domain)
            try await vanishes(prometheus, host, domain)
          }
        }
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(said.contains("ended with status 0"), "ended by SIGTERM: \(said)")
        #expect(said.split(separator: "\n").count < 20, "a log of changes, not of scrapes: \(said)")
      }
    }
  }

  private func works(_ prometheus: PrometheusServer, _ domain: LibvirtHost.Domain) async throws {
    try await waitUntil("three scrapes had been made, and the guest was healthy", within: .seconds(180)) {
      let healthy = try await prometheus.query("virt_balloon_verdict{verdict=\"healthy\"} == 1")
      let scrapes = try await prometheus.query("count_over_time(up[5m]) >= 3 and up == 1")
      return !healthy.isEmpty && !scrapes.isEmpty
    }
    #expect(try await prometheus.alerts()["VirtBalloonStatisticsStopped"] == nil)
    #expect(try await prometheus.alerts()["VirtBalloonDoesNotWork"] == nil)
    let versions = try await prometheus.query("virt_balloon_agent_info")
    #expect(versions.first?["metric"]?["version"]?.string == "0.1.0")
    // All are answered; those of a guest in order have something to show, but what it lacks.
    let lacking: Set<Substring> = ["virt_balloon_finding", "virt_balloon_driver_info", "virt_balloon_target_bytes"]
    let queries = try dashboardQueries()
    #expect(queries.count >= 20)
    // What Grafana makes of label_values(virt_balloon_up, domain), for the list of guests.
    let names = try await prometheus.data("label/domain/values?match[]=virt_balloon_up").elements.compactMap(\.string)
    #expect(names == [domain.name])
    #expect(try sample("dashboard.json").contains("label_values(virt_balloon_up, domain)"))
    for query in queries {
      let result = try await prometheus.query(query)
      let isLacking = lacking.contains { query.contains($0) }
      #expect(!result.isEmpty || isLacking, "\(query) has nothing")
    }
    for name in try await prometheus.data("label/__name__/values").elements.compactMap(\.string)
    where name.hasPrefix("virt_balloon_") {
      let series = try await prometheus.query("count(\(name))").first?["value"]?.elements.last?.string
      #expect(series.flatMap(Int.init).map { $0 <= 10 } == true, "\(name) has \(series ?? "no") series of one guest")
    }
  }

  /// The driver is taken from its device: nobody answers QEMU any more.
  private func stops(_ prometheus: PrometheusServer, _ domain: LibvirtHost.Domain) async throws {
    try await domain.control("vb balloon unbind")
    try await waitUntil("the alert fired", within: .seconds(240)) {
      try await prometheus.alerts()["VirtBalloonStatisticsStopped"]?.contains("firing") == true
    }
    let findings = try await prometheus.query("virt_balloon_finding").compactMap { $0["metric"]?["id"]?.string }
    #expect(!findings.isEmpty)
  }

  /// The page itself, with the names that promtool wants, and the same facts as `diagnose` has.
  private func inOrder(_ text: String, _ domain: LibvirtHost.Domain, _ host: LibvirtHost) async throws {
    let page = ExportedPage(text)
    #expect(page.label("domain", of: "up") == domain.name && page.label("location", of: "up") == host.uri)
    #expect(page.value("actual_bytes") == Double(256 << 20) && page.value("host_up") == 1)
    try await ScratchDirectory.with { scratch in
      try text.write(toFile: scratch("page"), atomically: false, encoding: .utf8)
      let outcome = try await Program.run(["sh", "-c", "promtool check metrics <\(scratch("page"))"])
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errorOutput.isEmpty, "\(outcome)")
    }
    // No sample has a time of its own.
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let value = (line.lastIndex(of: "}").map { line[line.index(after: $0)...] } ?? line)
      #expect(value.split(separator: " ").count == (line.contains("}") ? 1 : 2), "\(line)")
    }
  }

  /// libvirtd is started anew under the exporter; the guest runs on.
  private func survives(_ prometheus: PrometheusServer, _ host: LibvirtHost) async throws {
    try await host.restartDaemon()
    // A scalar: the time, and the value, which is the same.
    let time = try #require(try await prometheus.data("query?query=time()")["result"]?.elements.last?.string)
    try await waitUntil("the guest was looked at after libvirtd had been started anew", within: .seconds(120)) {
      try await !prometheus.query("virt_balloon_reading_timestamp_seconds > \(time) and virt_balloon_up == 1").isEmpty
    }
  }

  /// QEMU itself stands still: the scrapes do not.
  private func hangs(
    _ prometheus: PrometheusServer, _ host: LibvirtHost, _ domain: LibvirtHost.Domain
  ) async throws {
    try await host.signalMachine(domain.name, "STOP")
    // Ten scrapes: sooner than a host would be asked again that had been taken to hang with it.
    try await waitUntil("the guest was told to be unreachable, by a host that is not", within: .seconds(50)) {
      let told = try await prometheus.query(
        "(virt_balloon_complete == 0 or virt_balloon_up == 0) and on () virt_balloon_host_up == 1 and on () up == 1")
      return !told.isEmpty
    }
    try await host.signalMachine(domain.name, "CONT")
  }

  /// A domain that is gone leaves nothing behind.
  private func vanishes(
    _ prometheus: PrometheusServer, _ host: LibvirtHost, _ domain: LibvirtHost.Domain
  ) async throws {
    try await host.virsh("destroy", domain.name)
    try await waitUntil("no series told of the domain", within: .seconds(120)) {
      try await prometheus.query("{domain=\"\(domain.name)\"}").isEmpty
    }
    #expect(try await prometheus.query("virt_balloon_guests == 0 and on () up == 1").count == 1)
  }
}
