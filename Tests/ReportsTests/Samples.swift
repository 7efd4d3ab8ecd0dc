// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Reports
import Rules

/// Synthesised values for the smaller reports.
enum Samples {
  static let rules = [
    Rule(
      id: "sample.generic", title: "A generic driver holds the balloon function", severity: .problem,
      confidence: .inferred,
      explanation: "A function without a driver of its own can be taken by a generic one, which serves nobody.\n\n"
        + "The host sees\na device that nobody started.",
      sources: ["Linux drivers/uio/uio_pci_generic.c", "https://docs.kernel.org/driver-api/uio-howto.html"],
      evidence: ["device.status", "readings.*.lastUpdate", "guest.functions", "guest.functions.value.*.driver"],
      explains: ["sample.frozen"], isEssential: true,
      remedy: { context in
        switch context.system {
        case .windows: [RemedyStep(.guest, "Install the driver.", command: "pnputil /add-driver balloon.inf /install")]
        default: [RemedyStep(.host, "Look.", command: "virsh -c qemu:///system dumpxml \(context.domain ?? "GUEST")")]
        }
      }, assess: { _ in .inconclusive }),
    Rule(
      id: "sample.frozen", title: "The statistics stand still although the guest is asked for them and its driver runs",
      severity: .warning, explanation: "They should advance.", sources: [], remedy: { _ in [] },
      assess: { _ in .inconclusive }),
  ]

  static let agent = AgentReport(
    agent: AgentIdentity(name: "virt-balloon-agent", version: "0.1.0", protocolVersion: 1), system: "linux",
    instance: "5f1c", roundTrip: 0.0012, methods: ["agent.hello", "agent.ping", "guest.os", "guest.memory"],
    limits: ["request": 65536, "reply": 1_048_576],
    facts: [
      AgentReport.Fact(
        method: "guest.os", name: "name", value: .observed("Debian", Scenario.guest("guest.os: /etc/os-release"))),
      AgentReport.Fact(method: "guest.os", name: "kernel", value: .absent(Scenario.guest("guest.os: uname"))),
      AgentReport.Fact(
        method: "guest.memory", name: "total",
        value: .failed(Failure(.denied, "open: Permission denied"), Scenario.guest("guest.memory"))),
    ])

  static let conformance = ConformanceReport(
    subject: "/run/agent.sock",
    checks: [
      .init(name: "answers agent.hello with the nonce", section: "4.1", passed: true, detail: "the nonce came back"),
      .init(
        name: "refuses duplicate keys", section: "3.2", passed: false,
        detail: "expected error -32700, the agent answered \"result\": {}\u{1B}[2J"),
    ])

  static let pci = PCIReport(
    subject: "this machine",
    functions: [
      .init(
        address: Scenario.address("0000:00:05.0"), path: Scenario.path("05.0"), identity: .balloonTransitional,
        vendorName: "Red Hat, Inc.", deviceName: "Virtio memory balloon", isDriverKnown: true, driver: "virtio-pci"),
      .init(
        address: Scenario.address("0000:00:07.0"), path: nil,
        identity: PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController), isDriverKnown: false),
      .init(
        address: Scenario.address("0000:00:08.0"), path: Scenario.path("08.0"),
        identity: PCIIdentity(
          vendor: 0x1af4, device: 0x1002, subsystemVendor: 0x108e, subsystem: 0x0005, classCode: .ramController,
          revision: 0), isDriverKnown: true),
    ], others: 9)
}
