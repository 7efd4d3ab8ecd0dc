// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// The guest as its hypervisor runs it.
package struct DomainEvidence: Codable, Hashable, Sendable {
  /// `running`, `paused`, `shutoff`, `crashed`, `suspended`, `in-migration`, or the hypervisor's own word.
  package var state: Observation<String>
  /// The hypervisor's reason for the state, such as `user` or `migration`.
  package var stateReason: Observation<String>
  /// What happened to the guest while it was being looked at, so that no change may be judged: `RESET`, `STOP`,
  /// `restarted` (another domain id), `RESUME`. Absent when nothing did.
  package var interruptions: Observation<[String]>
  /// QEMU's version, such as `7.2.22`.
  package var emulator: Observation<String>
  /// libvirt's version.
  package var libvirt: Observation<String>
  /// The machine type, such as `pc-q35-7.2`.
  package var machine: Observation<String>
  /// `windows` or `linux`, as the host's records name it (libosinfo metadata); the guest may run something else.
  package var osFamily: Observation<String>
  /// Seconds since the virtual machine was started or last reset, by the host's reckoning.
  package var uptime: Observation<Double>
  /// What starts the machine: `bios`, `efi`, or the XML's own word (`<os firmware=…>`, `<loader type=…>`).
  package var firmware: Observation<String>
  /// What runs the machine: `kvm`, `qemu` (emulation, TCG), `xen`, or the XML's own word (`<domain type=…>`).
  package var hypervisor: Observation<String>

  package init(_ unknown: Unknown) {
    state = unknown()
    stateReason = unknown()
    interruptions = unknown()
    emulator = unknown()
    libvirt = unknown()
    machine = unknown()
    osFamily = unknown()
    uptime = unknown()
    firmware = unknown()
    hypervisor = unknown()
  }
}

/// What the domain was configured to be: its XML, or QEMU's own settings. All sizes in bytes.
package struct ConfigurationEvidence: Codable, Hashable, Sendable {
  /// `<memory>`: the most that the guest can have. NVDIMMs, which libvirt and QEMU's sums count with it, are no RAM of
  /// the guest's and no part of it.
  package var maximum: Observation<UInt64>
  /// What somebody asked the balloon to become: the size that our own journal is to put back, else the persistent XML's
  /// `<currentMemory>`. libvirt's live currentMemory is the balloon's actual size and never stands here.
  package var target: Observation<UInt64>
  /// `<memballoon model=…>`: `virtio`, `virtio-transitional`, `virtio-non-transitional`, `xen`, `none`.
  package var model: Observation<String>
  /// `<stats period=…>` in seconds; absent when it is not set, 0 when collection is switched off.
  package var statsPeriod: Observation<UInt64>
  package var autodeflate: Observation<Bool>
  package var freePageReporting: Observation<Bool>
  /// `<address>` of the memballoon. Its bus is libvirt's controller index, not a bus number of the guest.
  package var address: Observation<PCIAddress>
  /// The bridge path that follows from the address and the controllers.
  package var path: Observation<PCIPath>
  /// Whether the guest's memory lies in huge pages: `<memoryBacking><hugepages/>`, or a page size above 4 KiB in
  /// QEMU's `info ramblock`.
  package var hugepages: Observation<Bool>
  /// Whether QEMU keeps its memory locked in RAM: `<memoryBacking><locked/>`, `-overcommit mem-lock=on`.
  package var locked: Observation<Bool>
  /// Where the guest's memory comes from: `anonymous`, `file` or `memfd` (`<memoryBacking><source type=…>`); absent
  /// when it is not said, which is anonymous as a rule.
  package var memorySource: Observation<String>
  /// Whether the guest's memory is mapped as shared (`<memoryBacking><access mode='shared'/>`); absent when it is not
  /// said, which is private.
  package var sharedMemory: Observation<Bool>
  /// The devices of the host that the guest was given and for which its memory is pinned, one word each: `pci` and
  /// `mdev` (VFIO), `nvme` (`<disk type='nvme'>`), `vdpa`; empty when it has none.
  package var pinningDevices: Observation<[String]>
  /// How much of ``maximum`` comes by virtio-mem, in bytes: it is resized apart from the balloon, whose size does not
  /// count it. Absent: none does.
  package var virtioMemory: Observation<UInt64>
  /// How much of ``maximum`` comes by DIMMs that are plugged in (pc-dimm), in bytes: the balloon's size counts it, but
  /// the guest has it only once its system has put it online. Absent: none does.
  package var dimmMemory: Observation<UInt64>
  /// What of ``maximum`` the machine is started with, in bytes: without DIMMs and virtio-mem. Absent: not told apart.
  package var baseMemory: Observation<UInt64>
  /// Confidential computing: `sev`, `sev-snp`, `s390-pv`, `tdx` (`<launchSecurity type=…>`); absent when there is none.
  package var launchSecurity: Observation<String>

  package init(_ unknown: Unknown) {
    maximum = unknown()
    target = unknown()
    model = unknown()
    statsPeriod = unknown()
    autodeflate = unknown()
    freePageReporting = unknown()
    address = unknown()
    path = unknown()
    hugepages = unknown()
    locked = unknown()
    memorySource = unknown()
    sharedMemory = unknown()
    pinningDevices = unknown()
    virtioMemory = unknown()
    dimmMemory = unknown()
    baseMemory = unknown()
    launchSecurity = unknown()
  }
}

/// The balloon device as QEMU has it.
package struct DeviceEvidence: Codable, Hashable, Sendable {
  /// The device's place in QEMU's object tree, `/machine/peripheral/balloon0`; absent: this machine has no balloon.
  package var qomPath: Observation<String>
  package var identity: Observation<PCIIdentity>
  /// The address under the bus number that firmware assigned (`query-pci`); absent when `query-pci` omits the device.
  package var address: Observation<PCIAddress>
  package var path: Observation<PCIPath>
  /// The virtio status bits, in QEMU's words without prefix and explanation: `ACKNOWLEDGE`, `DRIVER`, `FEATURES_OK`,
  /// `DRIVER_OK`, `NEEDS_RESET`, `FAILED`. An empty list was observed as such.
  package var status: Observation<[String]>
  /// The features that the guest's driver negotiated, in QEMU's words without prefix: `STATS_VQ`.
  package var guestFeatures: Observation<[String]>
  /// The features that the device offers.
  package var hostFeatures: Observation<[String]>
  /// `guest-stats-polling-interval` in seconds; 0 when polling is off.
  package var pollingInterval: Observation<UInt64>
  /// The machine's other virtio devices and their status.
  package var siblings: Observation<[VirtioSibling]>
  /// Every PCI function that a person could take for the balloon: memory controllers that are none.
  package var decoys: Observation<[HostFunction]>

  package init(_ unknown: Unknown) {
    qomPath = unknown()
    identity = unknown()
    address = unknown()
    path = unknown()
    status = unknown()
    guestFeatures = unknown()
    hostFeatures = unknown()
    pollingInterval = unknown()
    siblings = unknown()
    decoys = unknown()
  }
}

/// Another virtio device of the same machine.
package struct VirtioSibling: Codable, Hashable, Sendable {
  /// QEMU's device name: `virtio-serial`, `virtio-net`, `virtio-blk`.
  package var name: String
  package var qomPath: String
  /// As ``DeviceEvidence/status``.
  package var status: [String]
  package init(name: String, qomPath: String, status: [String]) {
    self.name = name
    self.qomPath = qomPath
    self.status = status
  }
  /// Whether its guest driver has finished starting.
  package var isDriverOK: Bool { status.contains("DRIVER_OK") }
  /// Whether only an operating system drives it. Firmware may drive block, SCSI, network and entropy devices, so their
  /// status proves nothing about the system.
  package var isNeverDrivenByFirmware: Bool {
    ["virtio-serial", "virtio-console", "virtio-gpu", "virtio-input", "virtio-vsock", "vhost-vsock", "virtio-9p"]
      .contains { name.hasPrefix($0) }
  }
}

/// A PCI function as the hypervisor lists it.
package struct HostFunction: Codable, Hashable, Sendable {
  package var address: PCIAddress
  package var path: PCIPath?
  package var identity: PCIIdentity
  package init(address: PCIAddress, path: PCIPath?, identity: PCIIdentity) {
    self.address = address
    self.path = path
    self.identity = identity
  }
}
