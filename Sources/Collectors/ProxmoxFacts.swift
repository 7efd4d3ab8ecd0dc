// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink

/// What a machine's settings on Proxmox say, as evidence.
struct ProxmoxFacts {
  /// `nil` when the file could not be understood.
  let settings: ProxmoxConfiguration?
  /// The file, for provenances.
  let file: String
  let time: Double?

  private func source(_ key: String) -> Provenance { Provenance("\(file), \(key)", trust: .host, time: time) }

  private func observed<Value>(_ setting: ProxmoxConfiguration.Setting<Value>, _ key: String) -> Observation<Value> {
    switch setting {
    case .set(let value): .observed(value, source(key))
    case .unset: .absent(source(key))
    case .malformed(let text):
      .failed(Failure(.malformed, "\(key): \(text.prefix(40)) is not understood"), source(key))
    }
  }

  /// What the machine was configured to be.
  ///
  /// - Parameter machine: the machine type of the running QEMU, which names its version; `nil` for the settings' own.
  func configuration(machine: String?) -> ConfigurationEvidence {
    guard let settings else {
      return ConfigurationEvidence(
        Unknown(failure: Failure(.malformed, "the file is too long, or no text"), provenance: source("settings")))
    }
    let device = source("balloon")
    var evidence = ConfigurationEvidence(
      Unknown(failure: Failure(.unsupported, "Proxmox's settings do not tell"), provenance: device))
    evidence.maximum = observed(settings.memory, "memory")
    evidence.target = target(settings)
    evidence.hugepages = .observed(settings.hugepages != nil, source("hugepages"))
    evidence.pinningDevices = .observed(settings.pinningDevices, source("hostpciN"))
    if settings.current["args"]?.contains("mem-lock=on") == true { evidence.locked = .observed(true, source("args")) }
    switch settings.hasBalloon {
    case true?: evidence.model = .observed("virtio", device)
    case false?:
      evidence.model = .observed("none", device)
      return evidence
    case nil: evidence.model = observed(settings.balloon, "balloon").map { _ in nil }
    }
    evidence.statsPeriod = .observed(
      2, Provenance("Proxmox, which sets it at every start", trust: .host, time: time))
    evidence.autodeflate = .observed(
      settings.current["args"]?.contains("deflate-on-oom=on") == true,
      Provenance("Proxmox, which never asks for deflate-on-oom, and \(file), args", trust: .host, time: time))
    let type = machine ?? settings.machine.value
    let version = Provenance("Proxmox, by the version of the machine type", trust: .host, time: time)
    evidence.freePageReporting =
      type.flatMap(Self.version).map { .observed($0 >= (6, 2), version) }
      ?? .failed(Failure(.unsupported, "the machine type names no version"), version)
    return evidence
  }

  /// `balloon` where only a start or a person asks for it, `memory` where it is not set; what pvestatd asked for last
  /// is recorded nowhere.
  private func target(_ settings: ProxmoxConfiguration) -> Observation<UInt64> {
    switch (settings.isAutoBallooned, settings.balloon) {
    case (true?, _):
      .failed(
        Failure(
          .unsupported,
          "pvestatd moves the balloon between balloon and memory, and keeps no record of what it asked for last"),
        source("balloon, shares"))
    case (false?, .set(0)): .absent(source("balloon"))
    case (false?, .set(let size)):
      settings.memory.value.map { .observed(min(size, $0), source("balloon")) }
        ?? .observed(size, source("balloon"))
    case (false?, .unset): observed(settings.memory, "memory")
    case (_, .malformed): observed(settings.balloon, "balloon")
    case (nil, _):
      .failed(Failure(.malformed, "memory or shares is not understood"), source("memory, shares"))
    }
  }

  /// `9.0` of `pc-q35-9.0+pve0`; `nil` where the type names none.
  private static func version(_ machine: String) -> (major: Int, minor: Int)? {
    guard let last = machine.split(separator: "-").last else { return nil }
    let numbers = last.prefix { $0 != "+" }.split(separator: ".")
    guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]) else { return nil }
    return (major, minor)
  }

  /// An agent's port as the settings have it: for a machine that does not run, or does not tell.
  func channel(named name: String, unknown: Failure) -> ChannelEvidence {
    var evidence = ChannelEvidence(Unknown(failure: unknown, provenance: source("args")))
    guard let settings else { return evidence }
    let has = name == QGA.portName ? settings.hasQEMUGuestAgent : settings.hasPort(named: name)
    let key = source(name == QGA.portName ? "agent" : "args")
    switch has {
    case true?: evidence.port = .observed(name, key)
    case false?:
      (evidence.port, evidence.guestOpen, evidence.heldByAnother) = (.absent(key), .absent(key), .absent(key))
    case nil: break
    }
    return evidence
  }

  func describe(_ domain: inout DomainEvidence) {
    guard let settings else { return }
    if domain.machine.value == nil { domain.machine = observed(settings.machine, "machine") }
    // SeaBIOS unless OVMF is chosen. Source: Proxmox qemu-server, PVE/QemuServer.pm, `bios`.
    domain.firmware =
      switch settings.current["bios"] {
      case "ovmf"?: .observed("efi", source("bios"))
      case "seabios"?: .observed("bios", source("bios"))
      case nil: .absent(source("bios"))
      case _?: .failed(Failure(.malformed, "bios is neither seabios nor ovmf"), source("bios"))
      }
    domain.osFamily = settings.osFamily.map { .observed($0, source("ostype")) } ?? .absent(source("ostype"))
  }

  /// What a report must tell beside the leaves.
  var notices: [String] {
    guard let settings else { return [] }
    var notices: [String] = []
    if settings.isAutoBallooned == true, let least = settings.balloon.value, let most = settings.memory.value {
      let pause =
        settings.lock == "migrate" ? " The lock (migrate) keeps it from that for now." : ""
      notices.append(
        "pvestatd may move this balloon between \(least >> 20) MiB (balloon) and \(most >> 20) MiB (memory) as the "
          + "host's memory fills: every size in between is as it should be." + pause)
    }
    let pending = settings.pendingMemoryChanges
    if !pending.isEmpty {
      notices.append("Changed settings wait for a full stop and start: \(pending.joined(separator: ", ")).")
    }
    if let lock = settings.lock { notices.append("Proxmox has locked the machine (\(lock.prefix(32))).") }
    if settings.unreadableLines > 0 {
      let count = settings.unreadableLines
      notices.append("\(count) \(count == 1 ? "line" : "lines") of \(file) not understood.")
    }
    return notices
  }
}
