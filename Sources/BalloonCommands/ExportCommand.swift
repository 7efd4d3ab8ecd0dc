// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import BalloonEvidence
import Collectors
import Glibc
import MetricsEndpoint
import Reports
import SupportBundle
import Synchronization

extension ListenAddress: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// `virt-balloon export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Hand sizes, statistics, verdicts and findings of all running guests to Prometheus.",
    discussion: """
      All running guests of each --connect, or of the default libvirt, and of Proxmox VE on its host.

      --textfile looks once and writes a file for node_exporter's textfile collector; run it by a timer. --listen \
      serves http://ADDRESS:PORT/metrics until a signal ends it, and looks at the guests at each scrape, within the \
      time that Prometheus gives it. Statistics are called frozen when scrapes have seen the same ones for longer than \
      twice their period and a second. A guest's own words become labels only where they are version numbers, and no \
      more than four of one guest in thirty days.

      Examples of rules, a dashboard, timers and settings are in samples/monitoring.
      """)

  @OptionGroup var target: TargetOptions

  @Option(help: ArgumentHelp("Write the metrics to this file, whose name ends in .prom, at once.", valueName: "path"))
  var textfile: String?

  @Option(
    help: ArgumentHelp(
      "Serve the metrics by HTTP; without an address for this machine alone (127.0.0.1).", valueName: "[address:]port"))
  var listen: ListenAddress?

  @Flag(help: "For --textfile: take one reading, and judge no change. --listen never takes more.")
  var quick = false

  @Flag(help: "Ask QEMU's monitor through libvirt: the device's own status. Taints the domain (custom-monitor).")
  var monitor = false

  @Flag(
    name: .customLong("qemu-ga"),
    help: "Ask qemu-ga in each guest; through libvirt, which taints the domain (custom-ga-command).")
  var qemuGA = false

  func validate() throws {
    guard (textfile == nil) != (listen == nil) else { throw ValidationError("take one of --textfile and --listen") }
    if let textfile {
      guard textfile.hasSuffix(".prom"), textfile.split(separator: "/").last?.hasPrefix(".") == false else {
        throw ValidationError("--textfile takes a name that ends in .prom: node_exporter reads no other file")
      }
    } else if quick {
      throw ValidationError("--quick belongs to --textfile")
    }
    try target.validate(for: [], severalConnections: true)
  }

  func run() async throws {
    let isQuick = quick || listen != nil
    let run = ExportRun(
      options: CollectionOptions(
        quick: isQuick, lean: isQuick, monitor: monitor, qemuGA: qemuGA, deadline: target.deadline,
        tool: VirtBalloon.version),
      target: target)
    if let textfile { return try await write(run, to: textfile) }
    guard let listen else { return }
    let endpoint = ExportEndpoint(run)
    let address: String
    do throws(EndpointError) {
      address = try MetricsEndpoint.start(at: listen) { await endpoint.respond(to: $0) }
    } catch {
      throw Console.fail(error.message, .unavailable)
    }
    // Whoever ends it by a signal has meant it; nothing is to be tidied up.
    for number in [SIGINT, SIGTERM] { signal(number) { _ in _exit(0) } }
    Console.complain("serves http://\(address)/metrics")
    while true { try await Task.sleep(for: .seconds(3_600)) }
  }

  /// What the ledger remembers stands in the file itself.
  private func write(_ run: ExportRun, to path: String) async throws {
    if let before = try? ArtefactFile(path).read().bytes {
      let text = String(decoding: before, as: UTF8.self)
      run.memory.ledger.withLock { $0 = VersionLedger(reading: text, now: WallClock.system.now()) }
    }
    let page = await run.page(within: nil) { Console.complain($0) }
    let text = run.memory.ledger.withLock { $0.comments } + page.text(.prometheus)
    do throws(BundleError) {
      try AtomicFile(path).write(Array(text.utf8), mode: 0o644)
    } catch {
      throw Console.fail(error.message, .internalError)
    }
  }
}
