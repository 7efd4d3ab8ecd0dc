// SPDX-License-Identifier: GPL-3.0-or-later

/// What a libvirt domain's XML says that bears on ballooning: a pure value.
///
/// Everything optional is `nil` when the document does not say it. A value that libvirt itself would refuse is left
/// out and named in ``remarks``. Source of the format: libvirt, docs/formatdomain.rst and its domaincommon.rng.
package struct DomainConfiguration: Sendable, Equatable {
  /// The most bytes that are read, 16 MiB; a large domain's XML has some 100 KiB.
  package static let byteLimit = 16 << 20

  /// The hypervisor: `kvm`, `qemu`, `xen`, `test`…
  package var type: String?
  /// The id of the running domain; `nil` in the XML of an inactive one.
  package var runningID: Int?
  package var name: String?
  /// As written; not checked to be a UUID.
  package var uuid: String?
  package var title: String?
  package var system: GuestSystem
  package var memory: DomainMemory
  package var hostDevices: HostDevices
  /// `<launchSecurity type=…>`, confidential computing: `sev`, `sev-snp`, `s390-pv`, `tdx`; `nil` when there is none.
  package var launchSecurity: String?
  /// The `<memballoon>` element; `nil` when there is none. libvirt adds one to whatever is defined without, so a
  /// document without it has not passed through libvirt, or is not QEMU's.
  package var balloon: MemoryBalloon?
  package var topology: PCITopology
  /// Channels of every kind, in the document's order.
  package var channels: [DomainChannel]
  /// The controllers of virtio-serial ports.
  package var serialControllers: [VirtioSerialController]
  /// Shared-memory devices: RAM controllers on the PCI bus that are no balloon.
  package var sharedMemory: [SharedMemoryDevice]
  /// What is handed to QEMU past libvirt; `nil` when nothing is.
  package var commandLine: QEMUCommandLine?
  /// Values that were passed over, at most ``remarkLimit``.
  package var remarks: [DomainXMLError]

  /// The most ``remarks`` that are kept.
  package static let remarkLimit = 32

  /// Reads a domain's XML as `virsh dumpxml` writes it; also the one inside libvirt's own status file (`<domstatus>`).
  ///
  /// Safe to call from several tasks at once. Nothing is loaded, and no entity is expanded: a document with a document
  /// type declaration is refused.
  /// - Throws: a failure of the whole document, with the line where there is one.
  package init(xml bytes: [UInt8]) throws(DomainXMLError) {
    let root = try XMLTreeParser.parse(bytes)
    let domain = root.name == "domstatus" ? root.first("domain") : root
    guard let domain, domain.name == "domain", domain.namespace == nil else {
      throw DomainXMLError(
        .notDomain, "the root element is \(quoted(root.name)), not a domain; give the output of `virsh dumpxml`",
        line: root.line)
    }
    var reader = DomainReader()
    self = reader.configuration(domain)
  }

  /// Reads a domain's XML from text.
  package init(xml text: String) throws(DomainXMLError) { try self.init(xml: Array(text.utf8)) }

  init(
    type: String?, runningID: Int?, name: String?, uuid: String?, title: String?, system: GuestSystem,
    memory: DomainMemory, hostDevices: HostDevices, launchSecurity: String?, balloon: MemoryBalloon?,
    topology: PCITopology, channels: [DomainChannel], serialControllers: [VirtioSerialController],
    sharedMemory: [SharedMemoryDevice],
    commandLine: QEMUCommandLine?, remarks: [DomainXMLError]
  ) {
    self.type = type
    self.runningID = runningID
    self.name = name
    self.uuid = uuid
    self.title = title
    self.system = system
    self.memory = memory
    self.hostDevices = hostDevices
    self.launchSecurity = launchSecurity
    self.balloon = balloon
    self.topology = topology
    self.channels = channels
    self.serialControllers = serialControllers
    self.sharedMemory = sharedMemory
    self.commandLine = commandLine
    self.remarks = remarks
  }

  /// The bridge path of the balloon, root named.
  ///
  /// - Throws: `topology.address-missing` when there is no balloon or it is not placed yet, and what
  ///   ``PCITopology/path(of:)-(DeviceAddress?)`` throws.
  package func balloonPath() throws(DomainXMLError) -> RootedPath {
    guard let balloon, balloon.model != .none else {
      throw DomainXMLError(.addressMissing, "the domain has no balloon device")
    }
    return try topology.path(of: balloon.address)
  }
}
