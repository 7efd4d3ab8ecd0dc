// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The commands that would give what is missing, with the guest's name where an artefact told it.
struct GuestCommands: Hashable, Sendable {
  private let domain: String
  /// Proxmox's number of the guest; `nil` on a host with libvirt.
  private let vmid: String?

  /// - Parameter vmid: Proxmox's number of the guest, where it is Proxmox's.
  init(name: String?, vmid: String? = nil) {
    domain = name.flatMap { $0.hasPrefix("-") ? nil : ShellWord.quoted($0) } ?? "DOMAIN"
    self.vmid = vmid.map(ShellWord.quoted)
  }

  var liveXML: String { vmid.map { "qm config \($0)" } ?? "virsh dumpxml \(domain)" }
  var inactiveXML: String { vmid.map { "qm config \($0)" } ?? "virsh dumpxml --inactive \(domain)" }
  var memoryStatistics: String { vmid.map { "qm status \($0) --verbose" } ?? "virsh dommemstat \(domain)" }
  var domainInfo: String { vmid.map { "qm status \($0) --verbose" } ?? "virsh dominfo \(domain)" }
  var diagnose: String { "virt-balloon diagnose " + (vmid.map { "proxmox:\($0)" } ?? domain) }
  var functions: String { human("info pci") ?? monitor("{\"execute\": \"query-pci\"}") }
  var virtioDevices: String { human("info virtio") ?? monitor("{\"execute\": \"x-query-virtio\"}") }
  /// The path is the one that libvirt and Proxmox give their balloon.
  var virtioStatus: String {
    human("info virtio-status /machine/peripheral/balloon0/virtio-backend")
      ?? monitor(
        "{\"execute\": \"x-query-virtio-status\", \"arguments\": "
          + "{\"path\": \"/machine/peripheral/balloon0/virtio-backend\"}}")
  }

  /// A command of QEMU's human monitor, as Proxmox hands it on.
  private func human(_ command: String) -> String? { vmid.map { "qm monitor \($0), and there: \(command)" } }
  static let probe = "virt-balloon probe windows (or linux): paste what it prints into the guest, and the answer here"

  private func monitor(_ json: String) -> String { "virsh qemu-monitor-command \(domain) '\(json)'" }

  /// Evidence of which nothing is known yet; each leaf names the command that would give it.
  func nothing(target: Target, tool: String, now: Double) -> Evidence {
    func unknown(_ ask: String, _ trust: Trust = .host) -> Unknown {
      Unknown(
        failure: Failure(.notAsked, "no artefact that was given tells it", ask: ask),
        provenance: Provenance("artefacts", trust: trust, time: nil))
    }
    var evidence = Evidence.unknown(
      Failure(.notAsked, "no artefact that was given tells it"), target: target,
      collection: Collection(tool: tool, started: now, finished: now, sampled: false))
    evidence.domain = DomainEvidence(unknown(diagnose))
    evidence.domain.state = unknown(domainInfo)()
    evidence.domain.machine = unknown(liveXML)()
    evidence.domain.osFamily = unknown(liveXML)()
    evidence.configuration = ConfigurationEvidence(unknown(liveXML))
    evidence.configuration.target = unknown(inactiveXML)()
    evidence.device = DeviceEvidence(unknown(virtioStatus))
    evidence.device.qomPath = unknown(liveXML)()
    evidence.device.siblings = unknown(virtioDevices)()
    (evidence.device.identity, evidence.device.address) = (unknown(functions)(), unknown(functions)())
    (evidence.device.path, evidence.device.decoys) = (unknown(functions)(), unknown(functions)())
    evidence.device.pollingInterval = unknown(liveXML)()
    evidence.channel = ChannelEvidence(unknown(liveXML))
    evidence.guest = GuestEvidence(unknown(Self.probe, .guest))
    evidence.guest.agent = unknown(diagnose, .guest)()
    return evidence
  }
}
