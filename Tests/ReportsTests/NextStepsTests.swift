// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules
import Testing

/// Evidence is synthesised: a libvirt domain without an agent, as `diagnose NAME` alone finds it.
@Suite("How to find out more") struct NextStepsTests {
  private func open(_ kind: Target.Kind = .libvirt, family: String? = "windows") -> Evidence {
    let target = Target(kind: kind, name: "win10", uuid: nil, location: kind == .proxmox ? "100" : "qemu:///session")
    var evidence = Evidence.unknown(
      Failure(.notAsked, "not asked"), target: target,
      collection: Collection(tool: "test", started: 1, finished: 2, sampled: false))
    evidence.domain.osFamily = family.map { .observed($0, Scenario.host("domain XML")) } ?? evidence.domain.osFamily
    return evidence
  }

  private func steps(_ evidence: Evidence) -> [RemedyStep] {
    NextSteps.of(Engine().diagnose(evidence), evidence)
  }

  @Test("A Windows domain's owner is led from the monitor over the paste to analyze, and past a missing clipboard")
  func windows() {
    let commands = steps(open()).map(\.command)
    #expect(
      commands == [
        "virt-balloon diagnose --monitor --connect qemu:///session win10", "virt-balloon probe windows", nil,
        "virt-balloon analyze -", "devmgmt.msc",
      ])
  }

  @Test("What has been asked already is not asked for again")
  func monitorAsked() {
    var evidence = open()
    evidence.device.status = .observed([], Scenario.host("x-query-virtio-status"))
    #expect(steps(evidence).first?.command == "virt-balloon probe windows")
  }

  @Test("A Linux guest gets the paste of its own, and no device manager")
  func linux() {
    let commands = steps(open(family: "linux")).map(\.command)
    #expect(commands.contains("virt-balloon probe linux") && !commands.contains("devmgmt.msc"))
    #expect(steps(open(family: nil)).contains { $0.text.contains("For a Linux guest: probe linux.") })
  }

  @Test("Proxmox hands the same commands to qemu-ga")
  func proxmox() {
    #expect(steps(open(.proxmox)).first?.command == "virt-balloon diagnose --guest-exec proxmox:100")
  }

  @Test("Nothing stands there where the question is answered, or where only artefacts were given")
  func answered() {
    #expect(steps(open(.artefacts)).isEmpty)
    #expect(NextSteps.of(Scenario.healthy.diagnosis, Scenario.healthy.evidence).isEmpty)
    #expect(NextSteps.of(Scenario.generic.diagnosis, Scenario.generic.evidence).isEmpty)
  }
}
