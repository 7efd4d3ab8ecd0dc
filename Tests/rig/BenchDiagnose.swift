// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// One `virt-balloon diagnose --quick` of a running libvirt domain against the `virsh` commands that gather by hand
/// what it gathers. Of what our agent tells, virsh can ask qemu-ga for the guest's system alone.
@MainActor
enum BenchDiagnose {
  static let warmUp = 3
  static let pairs = 40
  /// How often their memory is measured.
  static let peaks = 10

  /// The program as its users get it.
  static let program = "\(GuestImage.checkout)/.build-release/release/virt-balloon"

  /// What libvirt is asked for, one command each: the live configuration, the persistent one and whether there is one
  /// (both look alike where there is none), the state, the statistics, the versions.
  static let hostVirsh = [
    ["dumpxml"], ["dumpxml", "--inactive"], ["dominfo"], ["domstate", "--reason"], ["dommemstat"], ["version"],
  ]
  /// And what the guest is asked for.
  static let virsh = hostVirsh + [["guestinfo", "--os"]]

  static func run() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    guard FileManager.default.isExecutableFile(atPath: program) else {
      throw RigError(.program, "\(program) is not built: run make bench")
    }
    let virshPath = try await GuestRig.Program.check(["sh", "-c", "command -v virsh"]).split(separator: "\n").first
    guard let virshPath else { throw RigError(.program, "there is no virsh") }
    return try await LibvirtHost.with { host in
      try await host.withDomain(LibvirtDomain.forBench) { domain in
        let diagnose = [program, "diagnose", "--quick", "--connect", host.uri, domain.name]
        let commands = virsh.map { words in
          [String(virshPath), "--quiet", "--connect", host.uri, words[0]]
            + (words[0] == "version" ? [] : [domain.name]) + words.dropFirst()
        }
        try await check(diagnose)
        if let guestInfo = commands.last {
          try await waitUntil("virsh reached qemu-ga", within: .seconds(20), every: .milliseconds(200)) {
            try await GuestRig.Program.run(guestInfo).status == 0
          }
        }
        var run = try measure(diagnose, readOnly: diagnose + ["--readonly"], commands)
        for _ in 0..<peaks {
          run.diagnosePeak.values.append(try await BenchProcess.peak(diagnose))
          var largest = 0.0
          for command in commands { largest = max(largest, try await BenchProcess.peak(command)) }
          run.virshPeak.values.append(largest)
        }
        return figures(run)
      }
    }
  }

  /// Waits for a diagnosis that reaches the agent, which libvirt may hear of a moment late; any other would be none.
  private static func check(_ diagnose: [String]) async throws {
    var reason = ""
    do {
      try await waitUntil("diagnose reached the agent", within: .seconds(20), every: .milliseconds(200)) {
        let outcome = try await GuestRig.Program.run(diagnose + ["--format", "json"])
        let report = try? JSONDecoder().decode(RigJSON.self, from: Data(outcome.output.utf8))
        let agent = report?["evidence"]?["guest"]?["agent"]
        reason = "status \(outcome.status), \(agent?["detail"]?.string ?? outcome.errorOutput)"
        return agent?["status"]?.string == "observed"
      }
    } catch let error as RigError {
      throw RigError(error.code, "\(error.message): \(reason)")
    }
  }

  private struct Measurement {
    var diagnose = Sample()
    /// What libvirt tells, without the agent: no fact that the host's commands do not gather.
    var readOnly = Sample()
    var virsh = Sample()
    var hostVirsh = Sample()
    var ratio = Sample()
    var readOnlyRatio = Sample()
    var diagnosePeak = Sample()
    /// Of one virsh: the largest of the five.
    var virshPeak = Sample()
    var oneVirsh = Sample()
  }

  /// Diagnose, diagnose read-only, the pipeline; and so on.
  private static func measure(
    _ diagnose: [String], readOnly: [String], _ commands: [[String]]
  ) throws -> Measurement {
    var result = Measurement()
    for pair in -warmUp..<pairs {
      let ours = try BenchProcess.run(diagnose)
      let withoutAgent = try BenchProcess.run(readOnly)
      // 0 healthy, 1 findings, 2 inconclusive: it has diagnosed.
      guard max(ours.status, withoutAgent.status) <= 2 else {
        throw RigError(.program, "diagnose ended with status \(max(ours.status, withoutAgent.status))")
      }
      let start = monotonicNanoseconds()
      let theirs = try commands.map { command in
        let one = try BenchProcess.run(command)
        guard one.status == 0 else {
          throw RigError(.program, "\(command.joined(separator: " ")) ended with status \(one.status)")
        }
        return one
      }
      let pipeline = monotonicNanoseconds() - start
      let hostPipeline = pipeline - theirs[hostVirsh.count...].map(\.time).reduce(0, +)
      guard pair >= 0 else { continue }
      result.diagnose.values.append(ours.time)
      result.readOnly.values.append(withoutAgent.time)
      result.virsh.values.append(pipeline)
      result.hostVirsh.values.append(hostPipeline)
      result.ratio.values.append(ours.time / pipeline)
      result.readOnlyRatio.values.append(withoutAgent.time / hostPipeline)
      result.oneVirsh.values += theirs.map(\.time)
    }
    return result
  }

  private static func figures(_ run: Measurement) -> (figures: [BenchFigure], json: [String: Double]) {
    let memory = run.diagnosePeak.median / run.virshPeak.median
    let memoryNoise = run.diagnosePeak.ratios(to: run.virshPeak, parts: 5).spread
    let figures = [
      BenchFigure(
        name: "diagnose --quick against \(virsh.count) virsh commands",
        ours: BenchFigure.milliseconds(run.diagnose.median),
        peer: BenchFigure.milliseconds(run.virsh.median), value: run.ratio.median, noise: run.ratio.spread,
        target: .atMost(0.5)),
      BenchFigure(
        name: "  read-only, without the agent's facts, against \(hostVirsh.count)",
        ours: BenchFigure.milliseconds(run.readOnly.median), peer: BenchFigure.milliseconds(run.hostVirsh.median),
        value: run.readOnlyRatio.median,
        noise: run.readOnlyRatio.spread, target: .atMost(0.5)),
      BenchFigure(
        name: "  its memory against one virsh", ours: BenchFigure.mebibytes(run.diagnosePeak.median),
        peer: BenchFigure.mebibytes(run.virshPeak.median), value: memory, noise: memoryNoise, target: .atMost(1)),
    ]
    let json = [
      "diagnose_vs_virsh": run.ratio.median, "diagnose_vs_virsh_noise": run.ratio.spread,
      "diagnose_readonly_vs_virsh": run.readOnlyRatio.median,
      "diagnose_readonly_vs_virsh_noise": run.readOnlyRatio.spread, "diagnose_rss_vs_virsh": memory,
      "diagnose_rss_vs_virsh_noise": memoryNoise,
      "diagnose_ms": run.diagnose.median / 1e6, "virsh_pipeline_ms": run.virsh.median / 1e6,
      "virsh_host_pipeline_ms": run.hostVirsh.median / 1e6,
      "one_virsh_ms": run.oneVirsh.median / 1e6, "diagnose_rss_kib": run.diagnosePeak.median,
      "virsh_rss_kib": run.virshPeak.median,
    ]
    return (figures, json)
  }
}

extension LibvirtDomain {
  /// A guest with our agent, and with qemu-ga beside it for virsh to ask.
  fileprivate static let forBench = LibvirtDomain {
    $0.name = "vb-bench"
    $0.devices = """
      <channel type='unix'><target type='virtio' name='\(GuestConfiguration.qemuGuestAgentPort)'/></channel>
      """
    $0.guest.ports = [GuestConfiguration.qemuGuestAgentPort]
    $0.guest.bench = true
  }
}
