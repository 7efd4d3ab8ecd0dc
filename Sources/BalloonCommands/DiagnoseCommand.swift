// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import BalloonEvidence
import Collectors
import Reports
import Rules

/// `virt-balloon diagnose [TARGET…]`
struct DiagnoseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Say whether ballooning works in a guest, and if not, why and what to do.",
    discussion: """
      Without a TARGET: one line for every running guest of each --connect, or of the default libvirt, and of Proxmox \
      VE on its host; worst first, with the one thing to do. Statistics are watched until they advance, at most twice \
      their period and a second; --quick takes one reading and judges no change.
      """)

  @Argument(help: "A libvirt domain, proxmox:VMID, qmp:PATH or agent:PATH.")
  var targets: [String] = []

  @OptionGroup var target: TargetOptions
  @OptionGroup var output: DiagnoseOutputOptions

  @Flag(help: "Take one reading; judge no change.")
  var quick = false

  @Flag(help: "One line a guest, worst first, of those that are named too.")
  var overview = false

  @Flag(
    help: """
      Answer as a check of Nagios' family does: one line with performance data, more lines with --verbose; exit \
      status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
      """)
  var check = false

  @OptionGroup var sources: SourceOptions

  @Option(
    help: ArgumentHelp(
      "Judge a Windows that is shut off by the registry on its disk image, read-only; needs guestfish (libguestfs).",
      valueName: "image"))
  var disk: String?

  @Option(
    help: ArgumentHelp(
      "The same by the disks of a libvirt domain, of the libvirt that --connect names.", valueName: "domain"))
  var diskOf: String?

  func validate() throws {
    if disk != nil || diskOf != nil {
      guard disk?.isEmpty != true else { throw ValidationError("--disk takes the path of a disk image") }
      guard diskOf?.isEmpty != true else { throw ValidationError("--disk-of takes a libvirt domain's name or UUID") }
      guard disk == nil || diskOf == nil else { throw ValidationError("take one of --disk and --disk-of") }
      guard targets.isEmpty, !sources.areAsked, !overview, !check else {
        throw ValidationError(
          "--disk and --disk-of look at disks alone: name no TARGET, and no way to ask a guest that runs")
      }
    }
    let isFleet = targets.isEmpty || overview
    try output.requireOneGuest(disk == nil && diskOf == nil ? (isFleet ? 0 : targets.count) : 1)
    try target.validate(for: targets, severalConnections: targets.isEmpty)
    guard !check || targets.count < 2 || overview else {
      throw ValidationError("--check answers for one guest, or with --overview for several")
    }
    guard !sources.guestExec || !targets.isEmpty else {
      throw ValidationError("--guest-exec runs programs in a guest: name it")
    }
    try sources.validate(for: targets)
  }

  func run() async throws {
    if let place = disk.map(GuestDisk.Place.image) ?? diskOf.map({ .domain($0, uri: target.connect) }) {
      throw try await diagnose(GuestDisk(place, time: max(target.deadline, Self.diskTime)))
    }
    let run = GuestsRun(
      options: CollectionOptions(
        quick: quick, lean: quick, monitor: sources.monitor, qemuGA: sources.asksQEMUGA,
        qemuGASocket: sources.qemuGASocket, deadline: target.deadline,
        journals: targets.count == 1 && !overview ? sources.journals : [], tool: VirtBalloon.version),
      target: target, probe: sources.probe())
    // Metrics of several guests are one page.
    if targets.isEmpty || overview || (output.format.metrics != nil && targets.count > 1) {
      throw try await FleetRun(guests: run, names: targets).diagnose(check, output)
    }
    throw check ? try await self.check(run) : try await diagnose(run)
  }

  /// A report of each guest that was named, in the order of naming.
  private func diagnose(_ run: GuestsRun) async throws -> ExitCode {
    var worst = ExitCode.success
    // One alone needs no company, and is not watched from the side.
    guard targets.count > 1 else {
      for name in targets {
        let begun = ContinuousClock.now
        let evidence: Evidence
        do throws(TargetError) { evidence = try await collect(name, run) } catch {
          return Console.fail(error.message, .unavailable)
        }
        worst = try tell(evidence, seconds: (ContinuousClock.now - begun) / .seconds(1))
      }
      return worst
    }
    let places = target.places(of: targets)
    let interruption = Interruption()
    let (results, _) = await run.untilInterrupted { await run.look(at: places) { $1 } }
    let signal = interruption.release()
    for (place, result) in zip(places, results) {
      if let failure = result.outcome.failure {
        worst = worst.worse(Console.fail(failure.line(of: place.target), .unavailable))
      }
      if let evidence = result.evidence { worst = worst.worse(try tell(evidence)) }
    }
    if let signal { Interruption.send(signal) }
    return worst
  }

  private func collect(_ name: String, _ run: GuestsRun) async throws(TargetError) -> Evidence {
    try await GuestCollector(run.options, probe: run.probe).collect(TargetName(name), target)
  }

  private func tell(_ evidence: Evidence, seconds: Double = 0) throws -> ExitCode {
    let diagnosis = Engine().diagnose(evidence)
    if output.format.metrics != nil {
      try output.print(
        overview: FleetReport([FleetGuest(diagnosis, evidence, isBrief: true, hasMetrics: true)]), seconds: seconds)
    } else {
      try output.print(DiagnosisReport(diagnosis, evidence))
    }
    return ExitCode(diagnosis.verdict)
  }

  /// One line about the guest that was named, for a monitoring system.
  private func check(_ run: GuestsRun) async throws -> ExitCode {
    let line: CheckLine
    do throws(TargetError) {
      let evidence = try await collect(targets.first ?? "", run)
      line = CheckLine(Engine().diagnose(evidence), evidence)
    } catch { line = CheckLine(unknown: error.message) }
    try Console.write(Array((output.verbose ? line.lines : line.line).utf8))
    return ExitCode(line.status.rawValue)
  }

  /// How long guestfish may take at least: it may have an appliance to build.
  private static let diskTime = Duration.seconds(300)

  /// The registry of a Windows on its disk.
  private func diagnose(_ disk: GuestDisk) async throws -> ExitCode {
    let evidence: Evidence
    do throws(TargetError) {
      evidence = try await disk.withHives { (files) throws(TargetError) in
        var evidence = try HiveCollector(clock: .system, tool: VirtBalloon.version).collect(
          files, target: Target(kind: .artefacts, name: diskOf, uuid: nil, location: disk.name))
        let place = (diskOf == nil ? "" : "the disks of ") + disk.name
        evidence.collection.notices.insert(
          "The hives were fetched from \(place) by guestfish, read-only. Of a guest that runs they may be half "
            + "written.",
          at: 0)
        return evidence
      }
    } catch {
      return Console.fail(error.message, .unavailable)
    }
    return try tell(evidence)
  }
}
