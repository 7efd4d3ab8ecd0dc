// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// How to find out what the evidence leaves open, step by step, for whoever has no agent in the guest: one who typed
/// `diagnose NAME` alone reads here what to type next.
package enum NextSteps {
  /// The heading over them, in every form of a report.
  static let title = "How to find out more"

  /// The steps; empty where the question is answered, or cannot be now.
  package static func of(_ diagnosis: Diagnosis, _ evidence: Evidence) -> [RemedyStep] {
    let target = evidence.target
    guard target.kind == .libvirt || target.kind == .qmp || target.kind == .proxmox,
      diagnosis.inconclusive.contains(where: \.isEssential),
      !diagnosis.findings.contains(where: { $0.severity == .problem || $0.id == "guest.not-running" }),
      evidence.guest.functions.failure != nil
    else { return [] }
    let family = evidence.guest.osFamily.value ?? evidence.guest.qemuGA?.osFamily ?? evidence.domain.osFamily.value
    let first = fromHost(evidence)
    let ask = first.isEmpty ? "Ask the guest" : "Or ask the guest"
    return first + byHand(ask, isLinux: family == "linux", isKnown: family == "linux" || family == "windows")
  }

  /// What the host alone can tell with one command more.
  private static func fromHost(_ evidence: Evidence) -> [RemedyStep] {
    let target = evidence.target
    if target.kind == .libvirt, evidence.device.status.failure?.reason == .notAsked {
      return [
        RemedyStep(
          .host,
          "Ask the device itself, through QEMU's monitor: it knows whether a driver has started it. libvirt marks the "
            + "running domain as tainted (custom-monitor) for that, and nothing else changes.",
          command: target.diagnose("--monitor"))
      ]
    }
    if target.kind == .proxmox, evidence.guest.qemuGA == nil || evidence.guest.qemuGA?.devices.failure != nil {
      return [
        RemedyStep(
          .host, "Where qemu-ga runs in the guest and allows it: run the read-only commands of the paste by it.",
          command: target.diagnose("--guest-exec"))
      ]
    }
    return []
  }

  /// The probe, pasted by a person.
  private static func byHand(_ ask: String, isLinux: Bool, isKnown: Bool) -> [RemedyStep] {
    let paste =
      isLinux
      ? "Paste those lines into a shell (as root if you can), and copy everything that it prints."
      : "Paste those lines into a command prompt (cmd, as administrator if you can), and copy everything that it prints"
        + " (Ctrl+A, Ctrl+C)."
    var steps = [
      RemedyStep(
        .host,
        "\(ask): this prints lines that only read." + (isKnown ? "" : " For a Linux guest: probe linux."),
        command: isLinux ? "virt-balloon probe linux" : "virt-balloon probe windows"),
      RemedyStep(.guest, paste),
      RemedyStep(
        .host, "Start this, paste what was copied, and end it with Enter and Ctrl+D.",
        command: "virt-balloon analyze -"),
    ]
    if !isLinux {
      steps.append(
        RemedyStep(
          .guest,
          "Where nothing can be copied between the two: in the device manager look for \"PCI Device\" with a warning "
            + "sign, or VirtIO Balloon Driver, and type its status and the first of its hardware ids (Details) for "
            + "analyze.",
          command: "devmgmt.msc"))
    }
    return steps
  }
}
