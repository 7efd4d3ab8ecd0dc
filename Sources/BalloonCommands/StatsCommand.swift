// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Reports

/// In which form statistics are printed.
enum StatisticsFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json, openmetrics, prometheus
}

/// `virt-balloon stats TARGET`
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show the balloon's size and statistics from every source, with their age.",
    discussion: """
      With --watch on a terminal: a live view, which q or ^C ends. Elsewhere, or with TERM=dumb: a line for each \
      reading and for each event.

      --format json with --watch prints one JSON object a line (protocol/schema/statistics.json), openmetrics one \
      exposition for each reading, which ends with "# EOF". prometheus is the older text format, which node_exporter's \
      textfile collector and promtool read.
      """)

  @Argument(help: "A libvirt domain, proxmox:VMID, qmp:PATH or agent:PATH.")
  var name: String

  @OptionGroup var target: TargetOptions

  @Option(help: "text, json, openmetrics or prometheus.")
  var format: StatisticsFormat = .text

  @Flag(name: [.short, .long], help: "List what is in order, too.")
  var verbose = false

  @Flag(help: "Go on, until q or ^C: a live view on a terminal, else a line for each reading.")
  var watch = false

  @Option(
    help: ArgumentHelp(
      "How far apart the readings of --watch are, such as 500ms, 2s or 1m (default: 1s). What only changes when the "
        + "guest's driver delivers is asked no faster.", valueName: "duration"))
  var interval: DurationArgument?

  func validate() throws {
    try target.validate(for: [name])
    guard let interval else { return }
    guard watch else { throw ValidationError("--interval belongs to --watch") }
    guard interval.duration >= StatisticsStream.shortestInterval,
      interval.duration <= StatisticsStream.longestInterval
    else {
      throw ValidationError("--interval takes a time from 250ms to 24h")
    }
  }

  func run() async throws {
    let collector = GuestCollector(
      CollectionOptions(quick: true, monitor: false, deadline: target.deadline, tool: VirtBalloon.version))
    guard watch else {
      let evidence: Evidence
      do throws(TargetError) { evidence = try await collector.collect(TargetName(name), target) } catch {
        throw Console.fail(error.message, .unavailable)
      }
      return try print(evidence)
    }
    let opened: StatisticsStream
    do throws(TargetError) { opened = try await stream(collector) } catch {
      throw Console.fail(error.message, .unavailable)
    }
    try await follow(opened)
  }

  private func print(_ evidence: Evidence) throws {
    let report = StatisticsReport(evidence)
    switch format {
    case .text:
      try Console.write(try ReportFormat.text.render(report, style: .standardOutput(verbose: verbose)))
    case .json: try Console.write(try report.json())
    case .openmetrics: try Console.write(Array(OpenMetrics(GuestMetrics.families(evidence)).text(.openMetrics).utf8))
    case .prometheus: try Console.write(Array(OpenMetrics(GuestMetrics.families(evidence)).text(.prometheus).utf8))
    }
  }

  private func follow(_ stream: StatisticsStream) async throws {
    if format == .text, LiveTerminal.isAvailable {
      try await LiveView(stream: stream).run()
    } else {
      try await LiveLines(stream: stream, format: format).run()
    }
  }

  private func stream(_ collector: GuestCollector) async throws(TargetError) -> StatisticsStream {
    let interval = interval?.duration ?? .seconds(1)
    switch TargetName(name) {
    case .domain(let domain):
      return try await .libvirt(
        domain, uri: target.connect, readOnly: target.readOnly, interval: interval, collector: collector)
    case .monitor(let path): return try await .monitor(path, interval: interval, collector: collector)
    case .proxmox(let vmid):
      return try await .proxmox(vmid, on: target.proxmox, interval: interval, collector: collector)
    case .agent(let path): return try await .agent(path, interval: interval, collector: collector)
    }
  }
}
