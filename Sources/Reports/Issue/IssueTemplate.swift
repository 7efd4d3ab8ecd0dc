// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules

extension DiagnosisReport {
  /// A draft of an issue as Markdown: the tracker's own form with what the evidence knows filled in, what it does not
  /// know marked with the command that tells it, and the diagnosis folded below.
  ///
  /// Source of the forms: virtio-win/kvm-guest-drivers-windows, .github/ISSUE_TEMPLATE/bug_report.md; for Proxmox what
  /// its forum asks for first (`pveversion -v`, `qm config`, `qm status --verbose`).
  package func issue(for tracker: Tracker) -> [UInt8] {
    var template = IssueTemplate(self)
    switch tracker {
    case .virtioWin: template.virtioWin()
    case .proxmox: template.proxmox()
    }
    return template.bytes
  }
}

/// Lays out one draft. No foreign text in it can become markup, a mention, a reference or a link.
struct IssueTemplate {
  private let report: DiagnosisReport
  private var evidence: Evidence { report.evidence }
  private var part = MarkdownPart()

  init(_ report: DiagnosisReport) {
    self.report = report
    part.block(
      "<!-- A draft by virt-balloon. Read it before you post it: it names your guest, and your host, unless they were "
        + "redacted. -->")
  }

  /// The form, and the diagnosis as far as an issue can hold both.
  var bytes: [UInt8] {
    let diagnosis = String(decoding: report.markdown(), as: UTF8.self)
    var whole = part
    whole.block("<details><summary>What virt-balloon found, and its evidence</summary>\n\n\(diagnosis)\n</details>")
    guard whole.text.utf8.count <= Self.limit else {
      whole = part
      whole.paragraph("The diagnosis is too long for an issue: attach a support bundle.")
      return Array(whole.text.utf8)
    }
    return Array(whole.text.utf8)
  }

  /// An issue on GitHub holds 65 536 characters.
  private static let limit = 65_000

  // MARK: Forms

  mutating func virtioWin() {
    section("Describe the bug", describe)
    section("To Reproduce", "_Please fill in_: what was done, step by step.")
    section("Expected behavior", "_Please fill in._")
    section("Screenshots", "_None._")
    heading("Host:")
    part.list([
      item("Distro", nil, isProxmox ? "pveversion" : "cat /etc/os-release"),
      item("Kernel version", hostKernel, "uname -r"),
      item(
        "QEMU version", evidence.domain.emulator.value, isProxmox ? "kvm --version" : "qemu-system-x86_64 --version"),
      item("QEMU command line", nil, commandLine), libvirtVersion, xml,
    ])
    heading("VM:")
    part.list(guest)
    section("Additional context", known)
  }

  mutating func proxmox() {
    let vmid = self.vmid
    section("What is wrong", describe)
    section("Since when", "_Please fill in_: what was changed before, and whether it ever worked.")
    section("Versions", Self.wanted("pveversion -v") + qemu)
    section("Settings of the machine", Self.wanted("qm config \(vmid)") + fence)
    section("State of the machine", Self.wanted("qm status \(vmid) --verbose") + fence)
    heading("Guest")
    part.list(guest)
    section("What is known already", known)
  }

  // MARK: Parts

  private mutating func heading(_ title: String) { part.block("**\(title)**") }

  private mutating func section(_ title: String, _ markdown: String) {
    heading(title)
    part.block(markdown)
  }

  /// `- name: value`, or what to run for it.
  private func item(_ name: String, _ value: String?, _ command: String) -> String {
    "\(name): " + (value.map { MarkdownText.code($0, limit: 200) } ?? Self.wanted(command))
  }

  private static func wanted(_ command: String, in guest: Bool = false) -> String {
    "_please fill in_, by " + MarkdownText.code(command, limit: 400) + (guest ? " in the guest" : "")
  }

  /// Room for what a command prints.
  private var fence: String { "\n\n```\n\n```" }

  private var describe: String {
    let findings = report.diagnosis.findings.filter { $0.severity > .note }.prefix(4)
    let verdict = MarkdownText.prose(VerdictSentence.text(report.diagnosis, evidence))
    return ([verdict] + findings.map { "- " + MarkdownText.prose($0.summary, limit: 600) }).joined(separator: "\n\n")
  }

  /// The sizes and the freshness of the statistics, which every answer begins with.
  private var known: String {
    let facts = Facts.ofSizes(evidence, isVerbose: false) + Facts.ofStatistics(evidence)
    var name = ""
    return facts.prefix(16).map { fact in
      if !fact.name.isEmpty { name = fact.name }
      return "- \(name): " + MarkdownText.prose(fact.text, limit: 300)
    }.joined(separator: "\n")
  }

  // MARK: Host

  private var isProxmox: Bool { evidence.target.vmid != nil }
  private var vmid: String { evidence.target.vmid.map(ShellWord.quoted) ?? "VMID" }
  private var domain: String { evidence.target.domainName.map(ShellWord.quoted) ?? "DOMAIN" }
  private var uri: String {
    evidence.target.kind == .libvirt ? " -c \(ShellWord.quoted(evidence.target.location))" : ""
  }
  private var hostKernel: String? { evidence.host?.kernel.value }

  private var commandLine: String {
    switch evidence.target.kind {
    case _ where isProxmox: "qm showcmd \(vmid) --pretty"
    case .qmp: "ps -ww -C qemu-system-x86_64 -o args"
    default: "cat /var/log/libvirt/qemu/\(domain).log"
    }
  }

  private var hasLibvirt: Bool { !isProxmox && evidence.target.kind != .qmp }

  private var libvirtVersion: String {
    guard hasLibvirt else { return "libvirt version: none" }
    return item("libvirt version", evidence.domain.libvirt.value, "virsh\(uri) version")
  }

  private var xml: String {
    guard hasLibvirt else {
      return isProxmox
        ? "libvirt XML file: none; " + Self.wanted("qm config \(vmid)") : "libvirt XML file: none"
    }
    return "libvirt XML file: " + Self.wanted("virsh\(uri) dumpxml \(domain)")
  }

  private var qemu: String {
    let version = evidence.domain.emulator.value.map { "\n\nQEMU " + MarkdownText.code($0, limit: 80) } ?? ""
    return version + fence
  }

  // MARK: Guest

  private var balloon: GuestFunction? {
    evidence.guestBalloonIndex.flatMap { evidence.guest.functions.value?[$0] }
  }

  /// Windows, unless somebody told another system: the forms are for its drivers.
  private var isWindows: Bool {
    let family = evidence.guest.osFamily.value ?? evidence.guest.qemuGA?.osFamily ?? evidence.domain.osFamily.value
    return family == nil || family == "windows"
  }

  private var guest: [String] {
    let system = evidence.guest.osName.value ?? evidence.guest.qemuGA?.osName.value
    let build = evidence.guest.kernel.value ?? evidence.guest.qemuGA?.kernel.value
    let told = [system, build].compactMap { $0 }.joined(separator: ", ")
    let version = balloon?.driverVersion.value ?? driverByQEMUGuestAgent
    return [
      (isWindows ? "Windows version: " : "System: ")
        + (told.isEmpty
          ? Self.wanted(isWindows ? "ver" : "uname -a", in: true) : MarkdownText.code(told, limit: 200)),
      "Which driver has a problem: \(which)",
      "Driver version or commit hash that was used to build the driver: "
        + (version.map { MarkdownText.code($0, limit: 80) }
          ?? Self.wanted(isWindows ? "pnputil /enum-drivers" : "modinfo virtio_balloon", in: true)),
    ]
  }

  private var driverByQEMUGuestAgent: String? {
    evidence.guest.qemuGA?.devices.value?.first { $0.identity.value?.isBalloon == true }?.version.value
  }

  /// The driver, or the service beside it where the finding is about that.
  private var which: String {
    let main = report.diagnosis.findings.first { $0.severity > .note }?.id ?? ""
    let windows = main.hasPrefix("service.") ? "Balloon: BalloonService (blnsvr.exe)" : "Balloon (balloon.sys)"
    let part = isWindows ? windows : "virtio_balloon"
    let id = (evidence.device.identity.value ?? balloon?.identity.value)?.id
    return MarkdownText.prose(part) + (id.map { ", device " + MarkdownText.code($0, limit: 40) } ?? "")
  }
}
