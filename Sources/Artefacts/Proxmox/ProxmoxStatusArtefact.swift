// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence

/// A guest's status in Proxmox VE: `qm status VMID --verbose`, or `pvesh get /nodes/N/qemu/VMID/status/current` as JSON
/// or as a table.
///
/// Source: qemu-server PVE/CLI/qm.pm and PVE/QemuServer.pm, `vmstatus`; sizes are in bytes.
struct ProxmoxStatusArtefact: ArtefactContent {
  let kind: String
  let rank = 14
  let isProxmox = true
  private(set) var guestVMID: String?
  private(set) var guestName: String?
  /// QEMU's word where it answered, else `running` or `stopped`.
  private var state: String?
  private var machine: String?
  private var emulator: String?
  /// Seconds since QEMU's process was started.
  private var uptime: UInt64?
  /// In bytes.
  private var maximum: UInt64?
  private var actual: UInt64?
  private var balloon: ProxmoxBalloon?

  private init(_ kind: String) { self.kind = kind }

  // MARK: JSON

  /// Reads the object alone, or below `data` as the HTTP interface has it.
  static func read(_ json: JSON) -> ProxmoxStatusArtefact? {
    let json = json["data"] ?? json
    guard json["maxmem"]?.uint != nil, json["status"]?.string != nil || json["qmpstatus"]?.string != nil,
      json["ballooninfo"] != nil || json["balloon"] != nil || json["qmpstatus"] != nil
    else { return nil }
    var status = ProxmoxStatusArtefact("pvesh status/current")
    status.guestVMID = json["vmid"]?.uint.map { String($0) } ?? json["vmid"]?.string
    status.guestName = json["name"]?.string
    status.state = json["qmpstatus"]?.string ?? json["status"]?.string
    status.machine = json["running-machine"]?.string
    status.emulator = json["running-qemu"]?.string
    status.uptime = json["uptime"]?.uint
    status.maximum = json["maxmem"]?.uint
    status.actual = json["balloon"]?.uint
    status.balloon = json["ballooninfo"].flatMap { ProxmoxBalloon($0) }
    return status
  }

  // MARK: Text

  private static let balloonKeys: Set<Substring> = [
    "actual", "free_mem", "last_update", "major_page_faults", "max_mem", "mem_swapped_in", "mem_swapped_out",
    "minor_page_faults", "total_mem",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    if let table = readTable(&cursor) { return table }
    guard let (first, _) = pair(cursor.line), !cursor.isPassed(by: "qm status") else { return nil }
    var fields: [Substring: Substring] = [:]
    var info: [Substring: Substring] = [:]
    var isInfo = first == "ballooninfo"
    var end = cursor.index
    while let line = cursor.peek(end), end - cursor.index < 4_096, let (key, value) = pair(line) {
      if key == "ballooninfo" {
        isInfo = true
      } else if isInfo, balloonKeys.contains(key) {
        info[key] = value
      } else {
        isInfo = false
        if fields[key] == nil, fields.count < 512 { fields[key] = value }
      }
      end += 1
    }
    let balloon = ProxmoxBalloon(fields: info)
    guard fields["maxmem"]?.decimal != nil && fields["status"] != nil || balloon != nil else {
      cursor.pass("qm status", until: end)
      return nil
    }
    var status = ProxmoxStatusArtefact("qm status --verbose")
    status.take(fields)
    status.balloon = balloon
    status.guestVMID = status.guestVMID ?? cursor.proxmox.flatMap { cursor.index - $0.line <= 3 ? $0.vmid : nil }
    cursor.proxmox = nil
    cursor.index = end
    return status
  }

  private mutating func take(_ fields: [Substring: Substring]) {
    guestVMID = fields["vmid"].flatMap { $0.decimal == nil ? nil : String($0) }
    guestName = fields["name"].flatMap { $0.isEmpty ? nil : String($0) }
    state = (fields["qmpstatus"] ?? fields["status"]).map { String($0.prefix(32)) }
    machine = fields["running-machine"].map { String($0.prefix(64)) }
    emulator = fields["running-qemu"].map { String($0.prefix(32)) }
    uptime = fields["uptime"]?.decimal
    maximum = fields["maxmem"]?.decimal
    actual = fields["balloon"]?.decimal
  }

  /// `maxmem: 4294967296`, indented or not; a key without a value stands above its own.
  private static func pair(_ line: Substring) -> (Substring, Substring)? {
    guard line.utf8.count < 4_096, let (key, value) = line.trimmed.halves(at: ":"), !key.isEmpty, key.utf8.count < 64,
      value.isEmpty || value.utf8.first == UInt8(ascii: " "),
      key.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "{") })
    else { return nil }
    return (key, value.trimmed)
  }

  // MARK: Table

  /// `│ maxmem │ 4.00 GiB │`, with lines of box-drawing characters or `+-|` between. Sizes are rounded there, but
  /// `ballooninfo` is JSON, broken over rows where the terminal was narrow.
  private static func readTable(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard isRule(cursor.line) || cells(cursor.line) != nil, !cursor.isPassed(by: "pvesh") else { return nil }
    var fields: [Substring: String] = [:]
    var key: Substring?
    var end = cursor.index
    while let line = cursor.peek(end), end - cursor.index < 4_096 {
      if let cells = cells(line) {
        if !cells.0.isEmpty { key = cells.0 }
        if let key, fields.count < 512 { fields[key, default: ""] += cells.1 }
      } else if !isRule(line) {
        break
      }
      end += 1
    }
    guard fields["key"] == "value", fields["status"] != nil, fields["maxmem"] != nil else {
      cursor.pass("pvesh", until: end)
      return nil
    }
    var status = ProxmoxStatusArtefact("pvesh status/current")
    status.take(fields.mapValues { $0[...] })
    // Rounded, or with a unit.
    (status.uptime, status.maximum, status.actual) = (nil, nil, nil)
    if let info = fields["ballooninfo"], let json = try? JSON(parsing: Array(info.utf8), limits: .request) {
      status.balloon = ProxmoxBalloon(json)
    }
    cursor.proxmox = nil
    cursor.index = end
    return status
  }

  /// The two cells of a row.
  private static func cells(_ line: Substring) -> (Substring, Substring)? {
    let text = line.trimmed
    guard text.utf8.count < 4_096, text.hasPrefix("│") || text.hasPrefix("|") else { return nil }
    let parts = text.split(separator: text.hasPrefix("│") ? "│" : "|", omittingEmptySubsequences: false)
    // A cell of JSON has none of these characters.
    guard parts.count == 4 else { return nil }
    return (parts[1].trimmed, parts[2].trimmed)
  }

  private static func isRule(_ line: Substring) -> Bool {
    let text = line.trimmed
    return ["┌─", "├─", "╞═", "└─", "+--", "+=="].contains { text.hasPrefix($0) }
  }

  // MARK: What it tells

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    if let state { draft.tell(\.domain.state, .observed(state == "stopped" ? "shut off" : state, host)) }
    if let machine { draft.tell(\.domain.machine, .observed(machine, host)) }
    if let emulator { draft.tell(\.domain.emulator, .observed(emulator, host)) }
    guard state != "stopped" else { return }
    if let uptime, uptime > 0, uptime < 1 << 40 { draft.tell(\.domain.uptime, .observed(Double(uptime), host)) }
    if let balloon { return balloon.tell(&draft, place, "\(kind), ballooninfo") }
    if let maximum { draft.tell(\.configuration.maximum, .observed(maximum, host)) }
    // Without a balloon there is no such size (PVE/QemuServer.pm): 0 says so in JSON.
    guard let actual, actual > 0 else { return }
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "\(kind) does not tell", ask: draft.command.memoryStatistics), provenance: host))
    reading.actual = .observed(actual, host)
    draft.tell(reading)
  }
}
