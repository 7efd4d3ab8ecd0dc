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
      Without a TARGET: one line for every running guest, of libvirt or of Proxmox VE. Statistics are watched until \
      they advance, at most twice their period and a second; --quick takes one reading and judges no change.
      """)

  @Argument(help: "A libvirt domain, proxmox:VMID, qmp:PATH or agent:PATH.")
  var targets: [String] = []

  @OptionGroup var target: TargetOptions
  @OptionGroup var output: DiagnosisOutputOptions

  @Flag(help: "Take one reading; judge no change.")
  var quick = false

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
      guard targets.isEmpty, !sources.areAsked else {
        throw ValidationError(
          "--disk and --disk-of look at disks alone: name no TARGET, and no way to ask a guest that runs")
      }
    }
    try output.requireOneGuest(disk == nil && diskOf == nil ? targets.count : 1)
    try target.validate(for: targets)
    guard !sources.guestExec || !targets.isEmpty else {
      throw ValidationError("--guest-exec runs programs in a guest: name it")
    }
    try sources.validate(for: targets)
  }

  func run() async throws {
    if let place = disk.map(GuestDisk.Place.image) ?? diskOf.map({ .domain($0, uri: target.connect) }) {
      throw try await diagnose(GuestDisk(place, time: max(target.deadline, Self.diskTime)))
    }
    let collector = GuestCollector(
      CollectionOptions(
        quick: quick, lean: quick, monitor: sources.monitor, qemuGA: sources.asksQEMUGA,
        qemuGASocket: sources.qemuGASocket, deadline: target.deadline, tool: VirtBalloon.version),
      probe: sources.probe())
    if targets.isEmpty { throw try await everyGuest(collector) }
    var worst = ExitCode.success
    for name in targets {
      let evidence: Evidence
      do throws(TargetError) { evidence = try await collector.collect(TargetName(name), target) } catch {
        worst = worst.worse(Console.fail(error.message, .unavailable))
        continue
      }
      let diagnosis = Engine().diagnose(evidence)
      try output.print(DiagnosisReport(diagnosis, evidence))
      worst = worst.worse(ExitCode(diagnosis.verdict))
    }
    throw worst
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
    let diagnosis = Engine().diagnose(evidence)
    try output.print(DiagnosisReport(diagnosis, evidence))
    return ExitCode(diagnosis.verdict)
  }

  /// One line for each running guest: of one libvirt, and of Proxmox VE where this is its host.
  private func everyGuest(_ collector: GuestCollector) async throws -> ExitCode {
    var worst = ExitCode.success
    var guests: [(diagnosis: Diagnosis, evidence: Evidence)] = []
    func add(_ collect: () async throws(TargetError) -> Evidence) async {
      do throws(TargetError) {
        let evidence = try await collect()
        // A socket may be left by one that has ended.
        guard evidence.domain.state.value != "shutoff" else { return }
        let diagnosis = Engine().diagnose(evidence)
        guests.append((diagnosis, evidence))
        worst = worst.worse(ExitCode(diagnosis.verdict))
      } catch {
        worst = worst.worse(Console.fail(error.message, .unavailable))
      }
    }
    let hasProxmox = target.connect == nil && target.proxmox.isHere
    do throws(TargetError) {
      let sessions = try await LibvirtSession.running(
        uri: target.connect, readOnly: target.readOnly, deadline: target.deadline)
      for session in sessions { await add { () async throws(TargetError) in try await collector.collect(session) } }
    } catch {
      // Proxmox does without libvirt.
      guard hasProxmox else { return Console.fail(error.message, .unavailable) }
    }
    if hasProxmox {
      let vmids: [String]
      do throws(TargetError) { vmids = try target.proxmox.running() } catch {
        return Console.fail(error.message, .unavailable)
      }
      for vmid in vmids {
        await add { () async throws(TargetError) in
          try await collector.collect(proxmox: vmid, on: target.proxmox, agentSocket: nil)
        }
      }
    }
    try output.print(overview: OverviewReport(guests))
    return worst
  }
}
