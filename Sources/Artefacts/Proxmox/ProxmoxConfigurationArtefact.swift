// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import PCI

/// A guest's settings in Proxmox VE: `qm config VMID`, or the file /etc/pve/qemu-server/VMID.conf.
struct ProxmoxConfigurationArtefact: ArtefactContent {
  let kind = "qm config"
  let rank = 28
  let configuration: ProxmoxConfiguration
  let guestVMID: String?
  let isProxmox = true
  /// Whether the text begins where the settings do, so that what stands not there is not set.
  let isWhole: Bool
  var guestName: String? { configuration.name }
  var guestUUID: String? { configuration.uuid }

  private static let lineLimit = 4_096
  /// Settings that every machine has some of, and that no other list has together.
  private static let common: Set<Substring> = [
    "scsihw", "ostype", "smbios1", "vmgenid", "boot", "cores", "sockets", "numa", "meta", "bios", "machine", "agent",
    "cpu", "onboot", "scsi0", "virtio0", "sata0", "ide0", "ide2", "net0", "efidisk0", "vga", "memory", "balloon",
    "bootdisk", "tpmstate0", "tablet", "hotplug", "localtime",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let first = key(cursor.line), !cursor.isPassed(by: "qm config") else { return nil }
    var lines: [Substring] = []
    var keys: Set<Substring> = []
    var hasSection = false
    var end = cursor.index
    while let line = cursor.peek(end), lines.count < lineLimit {
      if let key = key(line) {
        if !hasSection { keys.insert(key) }
      } else if line.utf8.first == UInt8(ascii: "["), line.utf8.last == UInt8(ascii: "]") {
        hasSection = true
      } else if line.isEmpty {
        // Only a section comes behind a blank line.
        guard let next = cursor.peek(end + 1), next.utf8.first == UInt8(ascii: "[") else { break }
      } else if line.utf8.first != UInt8(ascii: "#") {
        break
      }
      lines.append(line)
      end += 1
    }
    if keys.contains("rootfs"), keys.contains("hostname"), keys.contains("memory") {
      cursor.index = end
      return QuietArtefact(kind: "pct config, an LXC container's: a container has no balloon")
    }
    guard keys.contains("memory") || keys.contains("balloon"), keys.intersection(common).count >= 4,
      // `qm status --verbose` has these, and its sizes are in bytes.
      keys.isDisjoint(with: ["maxmem", "qmpstatus", "status"]),
      let configuration = ProxmoxConfiguration(Array(lines.joined(separator: "\n").utf8))
    else {
      cursor.pass("qm config", until: end)
      return nil
    }
    let asked = cursor.proxmox.flatMap { cursor.index - $0.line <= 3 ? $0.vmid : nil }
    // The settings are sorted; what comes before `balloon` shows that it was not cut off.
    let isWhole = asked != nil || isFile(cursor) || first < "balloon"
    cursor.proxmox = nil
    cursor.index = end
    return ProxmoxConfigurationArtefact(
      configuration: configuration, guestVMID: asked ?? vmid(ofFile: cursor.text.name), isWhole: isWhole)
  }

  /// Whether the text is the file itself.
  private static func isFile(_ cursor: ArtefactCursor) -> Bool {
    cursor.index == 0 && vmid(ofFile: cursor.text.name) != nil
  }

  /// `memory` of `memory: 4096`.
  private static func key(_ line: Substring) -> Substring? {
    guard line.utf8.count < 8_192, let (key, rest) = line.halves(at: ":"), rest.utf8.first == UInt8(ascii: " "),
      key.utf8.count < 32, let first = key.utf8.first, (0x61...0x7a).contains(first),
      key.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f || $0 == 0x2d })
    else { return nil }
    return key
  }

  /// `100` of a file that is called `100.conf`.
  private static func vmid(ofFile name: String) -> String? {
    let file = name.split(separator: "/").last ?? ""
    guard file.hasSuffix(".conf"), file.dropLast(5).decimal != nil else { return nil }
    return String(file.dropLast(5))
  }

  /// Notes of which guest a line asks: `# qm config 100`, `cat /etc/pve/qemu-server/100.conf`, `qm status
  /// 100 --verbose` and `pvesh get /nodes/N/qemu/100/status/current`.
  static func note(_ line: Substring, _ cursor: inout ArtefactCursor) {
    guard line.utf8.count < 1_024, line.has("qm ") || line.has("/qemu-server/") || line.has("/qemu/") else { return }
    let words = line.words
    if let place = words.firstIndex(where: { $0 == "qm" || $0.hasSuffix("qm") && $0.hasPrefix("/") }),
      place + 2 < words.count, ["config", "status", "showcmd", "monitor"].contains(words[place + 1]),
      words[place + 2].decimal != nil
    {
      cursor.proxmox = (String(words[place + 2]), cursor.index)
    } else if let file = words.first(where: { $0.has("/qemu-server/") && $0.hasSuffix(".conf") }) {
      cursor.proxmox = vmid(ofFile: String(file)).map { ($0, cursor.index) }
    } else if let word = words.first(where: { $0.has("/qemu/") && $0.has("/status/current") }),
      let place = word.place(of: "/qemu/")
    {
      let vmid = word.utf8[place...].dropFirst(6).prefix { (0x30...0x39).contains($0) }
      if !vmid.isEmpty, vmid.count < 12 { cursor.proxmox = (String(Substring(vmid)), cursor.index) }
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    func host(_ key: String) -> Provenance { place.provenance("\(kind), \(key)", .host) }
    if configuration.current["memory"] != nil || isWhole, let maximum = configuration.memory.value {
      draft.tell(\.configuration.maximum, .observed(maximum, host("memory")))
    }
    if let machine = configuration.machine.value { draft.tell(\.domain.machine, .observed(machine, host("machine"))) }
    if let family = configuration.osFamily { draft.tell(\.domain.osFamily, .observed(family, host("ostype"))) }
    if isWhole || configuration.hugepages != nil {
      draft.tell(\.configuration.hugepages, .observed(configuration.hugepages != nil, host("hugepages")))
    }
    if isWhole || !configuration.passedThrough.isEmpty {
      draft.tell(\.configuration.pinningDevices, .observed(configuration.pinningDevices, host("hostpciN")))
    }
    guard configuration.current["balloon"] != nil || isWhole, let hasBalloon = configuration.hasBalloon else { return }
    guard hasBalloon else {
      return draft.tell(\.device.qomPath, .absent(place.provenance("\(kind), balloon: 0: no device", .host)))
    }
    let told = host("balloon")
    draft.tell(\.configuration.model, .observed("virtio", told))
    // Proxmox never switches it on, and asks for statistics from the start (qemu-server PVE/QemuServer.pm).
    draft.tell(\.configuration.autodeflate, .observed(false, told))
    let source = place.provenance("\(kind): Proxmox asks every 2 s where there is a balloon", .host)
    draft.tell(\.device.pollingInterval, .observed(ProxmoxBalloon.period, source))
    tellTarget(&draft, told)
    // On i440fx the balloon stands on the root bus; on q35 behind bridges that the settings do not show.
    if !(configuration.machine.value ?? "").contains("q35"), let path = PCIPath(parsing: "03.0") {
      draft.tell(\.configuration.path, .observed(path, told))
    }
  }

  /// What the balloon was asked to become, unless pvestatd moves it.
  private func tellTarget(_ draft: inout EvidenceDraft, _ source: Provenance) {
    switch configuration.isAutoBallooned {
    case false?:
      if let target = configuration.balloon.value ?? configuration.memory.value {
        draft.tell(\.configuration.target, .observed(target, source))
      }
    case true?:
      draft.tell(
        \.configuration.target,
        .failed(Failure(.unsupported, "Proxmox's auto-ballooning moves the target and keeps no record of it"), source))
    case nil: break
    }
  }
}
