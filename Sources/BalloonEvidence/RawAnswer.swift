// SPDX-License-Identifier: GPL-3.0-or-later

/// What a source said, byte for byte: the proof behind the evidence, for a support bundle.
package struct RawAnswer: Hashable, Sendable {
  /// What the bytes are, and so what can read them, and redact them.
  package enum Format: String, Codable, Hashable, Sendable {
    /// libvirt's domain XML.
    case domainXML = "domain-xml"
    /// One exchange with QEMU's monitor, `{"execute": …, "arguments": …, "return": …}` or with `error`.
    case monitor
    /// One exchange with our agent, `{"method": …, "params": …, "result": …}` or with `error`.
    case agent
    /// One exchange with qemu-ga, as ``monitor``.
    case qemuGA = "qemu-ga"
    /// virDomainMemoryStats as `name value` lines, sizes in KiB, as `virsh dommemstat` prints them.
    case memoryStatistics = "dommemstat"
    /// Proxmox's settings of a machine (`/etc/pve/qemu-server/VMID.conf`).
    case proxmoxConfiguration = "proxmox-config"
    /// Lines of QEMU's log about the balloon.
    case hypervisorLog = "qemu-log"
    /// What a person brought: a probe's answer, the agent's report, any paste.
    case pasted
  }

  package var format: Format
  /// The question, in the source's own words and ours alone: `query-balloon`, `virDomainGetXMLDesc`. Never a word of a
  /// guest or a user.
  package var question: String
  package var bytes: [UInt8]
  /// Seconds since 1970 by this machine's clock.
  package var time: Double
  /// Whether more was said than is kept.
  package var isCut: Bool

  package init(_ format: Format, _ question: String, bytes: [UInt8], time: Double, isCut: Bool = false) {
    self.format = format
    self.question = question
    self.bytes = bytes
    self.time = time
    self.isCut = isCut
  }
}
