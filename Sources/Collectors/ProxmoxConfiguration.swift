// SPDX-License-Identifier: GPL-3.0-or-later

/// A virtual machine's settings as Proxmox VE writes them to `/etc/pve/qemu-server/VMID.conf`, and as `qm config`
/// prints them: one `key: value` a line, descriptions behind `#`, then the sections `[PENDING]` and one a snapshot.
///
/// Source: Proxmox qemu-server, PVE/QemuServer.pm, `parse_vm_config`: a key is lower-case letters, `_` and `-`, then
/// digits; of two lines with one key the later counts; what does not parse is skipped with a warning.
package struct ProxmoxConfiguration: Hashable, Sendable {
  /// One setting: not there, there, or there and not to be understood.
  package enum Setting<Value: Hashable & Sendable>: Hashable, Sendable {
    case unset
    case set(Value)
    case malformed(String)

    /// The value, when there is one.
    package var value: Value? { if case .set(let value) = self { value } else { nil } }
  }

  /// The settings by their keys: those of the running or next start, pending ones and snapshots apart.
  package let current: [String: String]
  /// What was changed and waits for a full stop and start.
  package let pending: [String: String]
  /// The keys that will be gone after a full stop and start.
  package let pendingDeletions: Set<String>
  /// The snapshots' names, in order.
  package let snapshots: [String]
  /// How many lines were not understood.
  package let unreadableLines: Int

  /// The longest file: the cluster file system's own limit is 1 MiB.
  package static let byteLimit = 1 << 20
  /// The most settings and snapshots; a machine with every slot taken has some hundreds.
  private static let settingLimit = 4_096

  /// Reads a whole file.
  /// - Returns: `nil` when it is too long, or is not text.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.byteLimit, !bytes.contains(0) else { return nil }
    var reader = Reader()
    for line in bytes.split(whereSeparator: { $0 == UInt8(ascii: "\n") }) { reader.take(line) }
    current = reader.current
    pending = reader.pending
    pendingDeletions = reader.deletions
    snapshots = reader.snapshots
    unreadableLines = reader.unreadable
  }

  private struct Reader {
    enum Section { case current, pending, other }
    var section = Section.current
    var current: [String: String] = [:]
    var pending: [String: String] = [:]
    var deletions: Set<String> = []
    var snapshots: [String] = []
    var unreadable = 0
    private var settings = 0

    mutating func take(_ line: ArraySlice<UInt8>) {
      let line = Self.trimmed(line)
      guard let first = line.first, first != UInt8(ascii: "#") else { return }
      guard first != UInt8(ascii: "[") else {
        enter(line)
        return
      }
      guard settings < ProxmoxConfiguration.settingLimit, let colon = line.firstIndex(of: UInt8(ascii: ":")),
        Self.isKey(line[..<colon])
      else {
        if section != .other { unreadable += 1 }
        return
      }
      let key = String(decoding: line[..<colon], as: UTF8.self)
      let value = String(decoding: Self.trimmed(line[(colon + 1)...]), as: UTF8.self)
      settings += 1
      switch section {
      case .current: current[key] = value
      case .pending where key == "delete":
        // A key that is deleted by force has an exclamation mark before it.
        for key in value.split(whereSeparator: { $0 == "," || $0 == ";" || $0 == " " }).prefix(1_024) {
          deletions.insert(String(key.drop { $0 == "!" }))
        }
      case .pending: pending[key] = value
      case .other: break
      }
    }

    private mutating func enter(_ line: ArraySlice<UInt8>) {
      guard line.last == UInt8(ascii: "]") else {
        unreadable += 1
        return
      }
      let name = String(decoding: line.dropFirst().dropLast(), as: UTF8.self)
      if name.lowercased() == "pending" {
        section = .pending
        return
      }
      section = .other
      // `[special:cloudinit]` and their like are no snapshots.
      if !name.contains(":"), snapshots.count < ProxmoxConfiguration.settingLimit {
        snapshots.append(String(name.prefix(64)))
      }
    }

    private static func isKey(_ bytes: ArraySlice<UInt8>) -> Bool {
      guard bytes.count <= 64, let first = bytes.first, isLetter(first) else { return false }
      let digits = bytes.reversed().prefix { 0x30...0x39 ~= $0 }.count
      return bytes.dropLast(digits).allSatisfy { isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
      let start = bytes.drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
      let spaces = start.reversed().prefix { $0 == 0x20 || 0x09...0x0D ~= $0 }.count
      return start.dropLast(spaces)
    }
  }
}

extension ProxmoxConfiguration {
  /// `memory`: what the guest has at most, in bytes; 512 MiB when it is not set.
  ///
  /// In MiB, as `4096` or `current=4096`. Source: PVE/QemuServer/Memory.pm, `$memory_fmt`.
  package var memory: Setting<UInt64> {
    guard let text = current["memory"] else { return .set(512 << 20) }
    return Self.mebibytes(Self.properties(text, bare: "current")["current"] ?? "")
  }

  /// `balloon`: what the balloon is asked to become when the guest starts, and the least that auto-ballooning leaves
  /// it, in bytes; 0 when the machine has no balloon device; unset when it is `memory`.
  package var balloon: Setting<UInt64> { current["balloon"].map(Self.mebibytes) ?? .unset }

  /// Whether the machine gets a balloon device (`balloon0`) at its next start; `nil` when `balloon` cannot be read.
  package var hasBalloon: Bool? {
    switch balloon {
    case .unset: true
    case .set(let size): size > 0
    case .malformed: nil
    }
  }

  /// `shares`: the weight in auto-ballooning; 0 leaves the guest out; unset is 1000.
  package var shares: Setting<UInt64> {
    guard let text = current["shares"] else { return .unset }
    return Self.number(text).map(Setting.set) ?? .malformed(text)
  }

  /// Whether pvestatd moves this guest's balloon between `balloon` and `memory` as the host's memory fills: where
  /// `balloon` is set, below `memory`, and `shares` is not 0. `nil` when one of them cannot be read.
  ///
  /// Source: Proxmox pve-manager, PVE/AutoBalloon.pm, `compute_alg1`. A `lock: migrate` only holds it for a while.
  package var isAutoBallooned: Bool? {
    let least: UInt64
    switch balloon {
    case .unset, .set(0): return false
    case .malformed: return nil
    case .set(let size): least = size
    }
    guard let most = memory.value else { return nil }
    switch shares {
    case .malformed: return nil
    case .set(0): return false
    case .set, .unset: return least < most
    }
  }

  /// `machine` without its options, such as `q35` or `pc-i440fx-9.0+pve0`; unset is the newest i440fx.
  package var machine: Setting<String> {
    guard let text = current["machine"] else { return .unset }
    return Self.properties(text, bare: "type")["type"].map(Setting.set) ?? .unset
  }

  /// `windows` or `linux`, by `ostype` (`win11`, `w2k8`, `l26`); `nil` for `other`, `solaris`, and when it is not set.
  package var osFamily: String? {
    guard let type = current["ostype"] else { return nil }
    if type.hasPrefix("win") || type.hasPrefix("w2k") || type == "wxp" || type == "wvista" { return "windows" }
    return type == "l24" || type == "l26" ? "linux" : nil
  }

  /// Whether the machine has qemu-ga's port (`agent: 1`); `nil` when that cannot be read.
  package var hasQEMUGuestAgent: Bool? {
    guard let text = current["agent"] else { return false }
    switch (Self.properties(text, bare: "enabled")["enabled"] ?? "0").lowercased() {
    case "1", "on", "yes", "true": return true
    case "0", "off", "no", "false": return false
    default: return nil
    }
  }

  /// The keys `hostpci0`, `hostpci1`, … in order: devices of the host that the guest holds.
  package var passedThrough: [String] {
    current.keys.filter { $0.hasPrefix("hostpci") && $0.utf8.count > "hostpci".utf8.count }
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// Each of ``passedThrough`` as evidence has it, at most 64: `mdev` for a mediated one (`mdev=TYPE`), else `pci`.
  package var pinningDevices: [String] {
    passedThrough.prefix(64).map { current[$0]?.contains("mdev=") == true ? "mdev" : "pci" }
  }

  /// `hugepages`: the guest's memory is of huge pages, of `any` size, or `2` or `1024` MiB each.
  package var hugepages: String? { current["hugepages"] }

  /// `lock`: what is being done with the machine, such as `migrate`, `backup`, `snapshot`.
  package var lock: String? { current["lock"] }

  /// `name`.
  package var name: String? { current["name"] }

  /// The UUID in `smbios1`, which QEMU's machine has too.
  package var uuid: String? { current["smbios1"].flatMap { Self.properties($0, bare: "uuid")["uuid"] } }

  /// Whether `args` gives the machine a port of that name.
  package func hasPort(named name: String) -> Bool {
    (current["args"] ?? "").split(whereSeparator: { $0 == " " || $0 == "," || $0 == "'" || $0 == "\"" })
      .contains { $0 == "name=\(name)" }
  }

  /// The keys of memory and balloon that wait for a full stop and start, in order.
  package var pendingMemoryChanges: [String] {
    let keys: Set = ["memory", "balloon", "shares", "hugepages", "machine", "agent", "args", "ostype"]
    return (Set(pending.keys).union(pendingDeletions)).intersection(keys).sorted()
  }

  // MARK: Values

  /// `a,b=c` as properties, the part without a name under `bare`. Source: PVE/JSONSchema.pm, `parse_property_string`.
  private static func properties(_ text: String, bare: String) -> [String: String] {
    var properties: [String: String] = [:]
    for part in text.split(separator: ",").prefix(64) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 {
        properties[String(halves[0])] = String(halves[1])
      } else {
        properties[bare] = String(part)
      }
    }
    return properties
  }

  private static func mebibytes(_ text: String) -> Setting<UInt64> {
    guard let count = number(text) else { return .malformed(text) }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: 1 << 20)
    return overflow ? .malformed(text) : .set(bytes)
  }

  /// Decimal digits and nothing else.
  private static func number(_ text: String) -> UInt64? {
    text.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? UInt64(text) : nil
  }
}
