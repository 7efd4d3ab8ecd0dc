// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Places of the evidence in a reader's words.
enum EvidenceLabel {
  /// `virtio status` for `device.status`; a place without words is its own.
  static func describe(_ path: String, of evidence: Evidence) -> String {
    if let words = words[path] { return words }
    let steps = path.split(separator: ".").map(String.init)
    if steps.count >= 3, steps[0] == "readings", let index = Int(steps[1]), let words = reading[steps[2]] {
      return "\(words), reading \(index &+ 1)"
    }
    if let words = exercise(steps) { return words }
    if steps.starts(with: ["guest", "functions"]), let last = steps.last, let words = function[last],
      let index = steps.lazy.compactMap({ Int($0) }).first
    {
      return "\(words), function \(index &+ 1)"
    }
    if steps.starts(with: ["guest", "qemuGA", "devices"]), let last = steps.last, let words = installedDriver[last],
      let index = steps.lazy.compactMap({ Int($0) }).first
    {
      return "\(words), device \(index &+ 1) of qemu-ga"
    }
    if steps.starts(with: ["guest", "services"]), let last = steps.last, let words = service[last],
      let index = steps.lazy.compactMap({ Int($0) }).first
    {
      let services = evidence.guest.services.value ?? []
      guard services.indices.contains(index) else { return "\(words), service \(index &+ 1)" }
      return "\(words) of \(TerminalText.shortened(services[index].name, to: 60))"
    }
    return path
  }

  /// `actual size, step 3 of the exercise`.
  private static func exercise(_ steps: [String]) -> String? {
    guard steps.first == "exercise", let last = steps.last, let words = reading[last] else { return nil }
    if steps.count == 3, steps[1] == "before" { return "\(words) before the exercise" }
    guard steps.count == 6, steps[1] == "steps" else { return nil }
    return Int(steps[2]).map { "\(words), step \($0 &+ 1) of the exercise" } ?? "\(words) during the exercise"
  }

  /// The same of places with `*` in them, of whatever index.
  static func describe(anyOf path: String) -> String {
    if let words = words[path] { return words }
    let steps = path.split(separator: ".").map(String.init)
    guard let last = steps.last else { return path }
    if steps.first == "readings" { return reading[last] ?? path }
    if let words = exercise(steps) { return words }
    if steps.starts(with: ["guest", "functions"]) { return function[last] ?? path }
    if steps.starts(with: ["guest", "qemuGA", "devices"]) {
      return installedDriver[last].map { $0 + " by qemu-ga" } ?? path
    }
    if steps.starts(with: ["guest", "services"]) {
      return last == "*" ? "services in the guest" : service[last].map { $0 + " of a service" } ?? path
    }
    return path
  }

  private static let words = [
    "collection.sampled": "whether it was looked at twice",
    "readings": "readings of its size and statistics",
    "domain.state": "state of the guest",
    "domain.stateReason": "reason for the state",
    "domain.interruptions": "interruptions",
    "domain.emulator": "QEMU",
    "domain.libvirt": "libvirt",
    "domain.machine": "machine type",
    "domain.osFamily": "system by the host's records",
    "domain.uptime": "time since start",
    "domain.hypervisor": "hypervisor",
    "configuration.maximum": "maximum size",
    "configuration.target": "target size",
    "configuration.model": "memballoon model",
    "configuration.statsPeriod": "statistics period",
    "configuration.autodeflate": "autodeflate",
    "configuration.freePageReporting": "free page reporting",
    "configuration.address": "address by libvirt",
    "configuration.path": "bridge path by libvirt",
    "configuration.hugepages": "huge pages",
    "configuration.locked": "locked memory",
    "configuration.memorySource": "source of the memory",
    "configuration.sharedMemory": "shared memory",
    "configuration.pinningDevices": "devices of the host",
    "configuration.virtioMemory": "memory by virtio-mem",
    "configuration.dimmMemory": "memory by DIMMs",
    "configuration.baseMemory": "memory at start",
    "configuration.launchSecurity": "launch security",
    "journal.original": "size to be put back after an exercise",
    "journal.isUnderWay": "exercise under way",
    "device.qomPath": "balloon device",
    "device.identity": "ids by the hypervisor",
    "device.address": "address by the firmware",
    "device.path": "bridge path by QEMU",
    "device.status": "virtio status",
    "device.guestFeatures": "negotiated features",
    "device.hostFeatures": "offered features",
    "device.pollingInterval": "polling interval",
    "device.siblings": "other virtio devices",
    "device.decoys": "other memory controllers",
    "channel.port": "agent's port",
    "channel.guestOpen": "port opened by the guest",
    "channel.heldByAnother": "port held by another client",
    "guest.agent": "agent",
    "guest.osFamily": "system",
    "guest.osName": "system's name",
    "guest.kernel": "kernel",
    "guest.uptime": "time since boot",
    "guest.memory": "guest's memory",
    "guest.statistics": "statistics in the guest",
    "guest.functions": "PCI functions in the guest",
    "guest.services": "services in the guest",
    "guest.log": "system log",
    "guest.windows.secureBoot": "Secure Boot",
    "guest.qemuGA.version": "qemu-ga",
    "guest.qemuGA.commands": "commands of qemu-ga",
    "guest.qemuGA.osID": "system by qemu-ga",
    "guest.qemuGA.osName": "system's name by qemu-ga",
    "guest.qemuGA.osVersion": "system's version by qemu-ga",
    "guest.qemuGA.kernel": "kernel by qemu-ga",
    "guest.qemuGA.devices": "drivers by qemu-ga",
  ]
  private static let reading = [
    "actual": "actual size",
    "lastUpdate": "last update",
    "statistics": "statistics",
    "rss": "QEMU's resident memory",
    "guestRAM": "the guest's resident RAM",
  ]
  private static let function = [
    "address": "address in the guest",
    "path": "bridge path in the guest",
    "identity": "ids in the guest",
    "driver": "driver in the guest",
    "module": "module",
    "virtioDriver": "virtio driver in the guest",
    "virtioStatus": "virtio status by the guest",
    "provider": "driver's provider",
    "driverVersion": "driver's version",
    "driverDate": "driver's date",
    "problemCode": "problem code",
    "instanceID": "instance",
    "isPresent": "present",
    "originalINF": "INF in its package",
    "infSection": "INF section",
    "signer": "driver's signer",
    "problemStatus": "problem status",
    "configFlags": "ConfigFlags",
  ]
  private static let installedDriver = [
    "name": "device's name",
    "version": "driver's version",
    "date": "driver's date",
    "identity": "ids",
  ]
  private static let service = [
    "state": "state",
    "version": "version",
    "startType": "start type",
    "exitCode": "exit code",
    "serviceExitCode": "its own exit code",
    "binaryPath": "program",
    "binaryExists": "presence of the program",
  ]
}
