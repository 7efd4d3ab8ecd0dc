// SPDX-License-Identifier: GPL-3.0-or-later

extension Redactor {
  /// Proxmox's settings of a machine: the lines that bear on ballooning, by their keys; of disks, networks and host
  /// devices only that they are there. Comments, snapshots and all else are left out and counted at the end.
  mutating func redact(proxmoxConfiguration bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count <= 1 << 20, !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      return nil
    }
    var redaction = ProxmoxRedaction(redactor: self)
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) { redaction.take(line) }
    self = redaction.redactor
    return redaction.hasSettings ? Array(redaction.text.utf8) : nil
  }
}

/// Source of the keys and their values: Proxmox qemu-server, PVE/QemuServer.pm, `$confdesc`.
private struct ProxmoxRedaction {
  var redactor: Redactor
  private var output = ""
  private var section = Section.current
  private var leftOut = 0
  private(set) var hasSettings = false

  private enum Section { case current, pending, other }

  /// Stands for a value that is not told.
  private static let hidden = "left-out"

  init(redactor: Redactor) { self.redactor = redactor }

  var text: String { leftOut > 0 ? output + "#" + LeftOutLines(count: leftOut).text + "\n" : output }

  mutating func take(_ line: Substring) {
    let line = line.drop(while: \.isWhitespace)
    guard let first = line.first else { return }
    if first == "#", let count = LeftOutLines(line.dropFirst())?.count {
      leftOut = min(leftOut + count, LeftOutLines.most)
      return
    }
    if first == "[" {
      let name = line.dropFirst().prefix { $0 != "]" }
      section = name.lowercased() == "pending" ? .pending : .other
      if section == .pending { output += "\n[PENDING]\n" } else { leaveOut() }
      return
    }
    guard first != "#", section != .other, let colon = line.firstIndex(of: ":") else { return leaveOut() }
    let key = String(line[..<colon])
    let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
    let end = value.lastIndex { !$0.isWhitespace }.map { value.index(after: $0) } ?? value.startIndex
    guard let kept = setting(key, String(value[..<end])) else { return leaveOut() }
    output += "\(key): \(kept)\n"
    hasSettings = true
  }

  private mutating func leaveOut() { leftOut = min(leftOut + 1, LeftOutLines.most) }

  /// The value as it may be told; `nil` when the key is none of those that bear on ballooning.
  private mutating func setting(_ key: String, _ value: String) -> String? {
    let place = "proxmox-config " + key
    if let words = Self.words[key] {
      return words.contains(value) ? value : redactor.token(.text, for: value, at: place)
    }
    if Self.numbers.contains(key) {
      return FieldText.isNumber(value) ? value : redactor.token(.text, for: value, at: place)
    }
    switch key {
    case "name": return redactor.token(.guest, for: value, at: place)
    case "memory": return properties(value, bare: "current", ["current": FieldText.isNumber])
    case "machine":
      return properties(
        value, bare: "type", ["type": FieldText.isMachine, "viommu": { ["intel", "virtio"].contains($0) }])
    case "cpu":
      return properties(value, bare: "cputype", ["cputype": FieldText.isProcessor, "hidden": FieldText.isNumber])
    case "agent":
      return properties(
        value, bare: "enabled",
        [
          "enabled": { FieldText.isNumber($0) || ["on", "off", "yes", "no", "true", "false"].contains($0) },
          "fstrim_cloned_disks": FieldText.isNumber, "freeze-fs-on-backup": FieldText.isNumber,
          "type": { ["virtio", "isa"].contains($0) },
        ])
    case "vga":
      return properties(value, bare: "type", ["type": Self.displays.contains, "memory": FieldText.isNumber])
    case "smbios1": return smbios(value, place)
    case "args": return arguments(value)
    case "delete" where section == .pending: return deletions(value)
    default: return device(key, value)
    }
  }

  /// `a,b=c`: the properties that pass; what stands without a name is `bare`.
  private func properties(_ text: String, bare: String, _ known: [String: (String) -> Bool]) -> String {
    let kept = text.split(separator: ",").prefix(64).filter { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return halves.count == 2 ? known[halves[0]]?(halves[1]) == true : known[bare]?(halves[0]) == true
    }
    return kept.isEmpty ? Self.hidden : kept.joined(separator: ",")
  }

  private mutating func smbios(_ text: String, _ place: String) -> String {
    for part in text.split(separator: ",").prefix(64) {
      let value = part.hasPrefix("uuid=") ? part.dropFirst(5) : part.contains("=") ? "" : part
      if !value.isEmpty, value != Self.hidden { return "uuid=" + redactor.token(.uuid, for: String(value), at: place) }
    }
    return Self.hidden
  }

  /// What bears on ballooning of the arguments for QEMU.
  private func arguments(_ text: String) -> String {
    let kept = text.split { $0 == " " || $0 == "," || $0 == "'" || $0 == "\"" }.prefix(4_096).filter { part in
      Self.argumentParts.contains(String(part))
        || part.hasPrefix("name=") && FieldText.portNames.contains(String(part.dropFirst(5)))
    }
    return kept.isEmpty ? Self.hidden : kept.joined(separator: " ")
  }

  private static let argumentParts: Set<String> = ["mem-lock=on", "mem-lock=off", "deflate-on-oom=on"]

  /// Keys that will be gone.
  private func deletions(_ text: String) -> String? {
    let keys = text.split { $0 == "," || $0 == ";" || $0 == " " }.prefix(1_024).filter {
      isKnown($0.drop { $0 == "!" })
    }
    return keys.isEmpty ? nil : keys.joined(separator: ",")
  }

  private func isKnown(_ key: Substring) -> Bool {
    let key = String(key)
    return Self.words[key] != nil || Self.numbers.contains(key) || Self.named.contains(key) || Self.isDevice(key)
  }

  /// That a device is there; of one of the host also whether it is a mediated one, of a network card its model.
  private mutating func device(_ key: String, _ value: String) -> String? {
    guard Self.isDevice(key) else { return nil }
    if key.hasPrefix("hostpci") { return value.contains("mdev=") ? "mdev=" + Self.hidden : Self.hidden }
    guard key.hasPrefix("net"), let equals = value.firstIndex(of: "="),
      Self.networkModels.contains(String(value[..<equals]))
    else { return Self.hidden }
    let mac = value[value.index(after: equals)...].prefix { $0 != "," }
    return value[...equals] + redactor.token(.mac, for: String(mac), at: "proxmox-config " + key)
  }

  private static func isDevice(_ key: String) -> Bool {
    let stem = key.reversed().drop { $0.isASCII && $0.isNumber }.reversed()
    return key.utf8.count <= 12 && devices.contains(String(stem)) && stem.count < key.count
  }

  private static let devices: Set<String> = [
    "net", "scsi", "ide", "sata", "virtio", "hostpci", "usb", "serial", "parallel", "efidisk", "tpmstate", "unused",
    "audio", "rng", "numa", "virtiofs",
  ]
  private static let networkModels: Set<String> = [
    "virtio", "e1000", "e1000e", "rtl8139", "vmxnet3", "i82551", "pcnet",
  ]
  private static let named: Set<String> = ["name", "memory", "machine", "cpu", "agent", "smbios1", "args", "vga"]

  private static let numbers: Set<String> = [
    "balloon", "shares", "cores", "sockets", "vcpus", "cpulimit", "cpuunits", "numa", "keephugepages", "onboot",
    "protection", "tablet", "kvm", "acpi", "localtime", "freeze", "autostart", "template", "smp", "allow-ksm",
  ]

  private static let displays: Set<String> = [
    "cirrus", "none", "qxl", "qxl2", "qxl3", "qxl4", "serial0", "std", "virtio", "virtio-gl", "vmware",
  ]

  private static let words: [String: Set<String>] = [
    "ostype": [
      "other", "wxp", "w2k", "w2k3", "w2k8", "wvista", "win7", "win8", "win10", "win11", "l24", "l26", "solaris",
    ],
    "bios": ["seabios", "ovmf"], "hugepages": ["any", "2", "1024"], "arch": ["x86_64", "aarch64"],
    "lock": [
      "backup", "clone", "create", "migrate", "rollback", "snapshot", "snapshot-delete", "suspending", "suspended",
    ],
    "scsihw": ["lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"],
  ]
}
