// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import DomainXML

extension XMLFacts {
  /// How the host backs the guest's memory, and what of the host pins it.
  ///
  /// What `<qemu:commandline>` adds counts: libvirt knows nothing of it, and QEMU does it.
  func describeHost(_ evidence: inout ConfigurationEvidence) {
    let backing = live.memory.backing
    evidence.hugepages = .observed(backing.usesHugepages, source)
    evidence.locked = .observed(backing.isLocked || live.commandLine?.locksMemory == true, source)
    evidence.memorySource = observed(backing.source)
    switch backing.access {
    case "shared"?: evidence.sharedMemory = .observed(true, source)
    case "private"?: evidence.sharedMemory = .observed(false, source)
    default: evidence.sharedMemory = .absent(source)
    }
    let devices = live.hostDevices
    let kinds = [
      ("pci", devices.pci + (live.commandLine?.vfioArguments.count ?? 0)), ("mdev", devices.mediated),
      ("nvme", devices.nvme), ("vdpa", devices.vdpa),
    ]
    // A machine has some dozens at most; a document may name millions.
    evidence.pinningDevices = .observed(
      kinds.flatMap { kind, count in Array(repeating: kind, count: min(count, 64)) }, source)
    evidence.virtioMemory = observed(live.memory.virtio)
    evidence.dimmMemory = observed(live.memory.dimm)
    evidence.baseMemory = observed(live.memory.cells)
    evidence.launchSecurity = observed(live.launchSecurity)
  }
}
