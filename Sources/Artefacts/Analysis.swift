// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What several files say together of one guest.
package struct Analysis: Sendable {
  package let evidence: Evidence
  /// What was recognised, in the files' order.
  package let artefacts: [FoundArtefact]
  /// The lines that were not understood: their place and their text. Blank lines and decoration are not among them.
  package let unread: [(place: ArtefactPlace, text: String)]

  /// The most lines that are kept as not understood.
  private static let unreadLimit = 10_000
  private static let artefactLimit = 20_000

  /// Looks through the files.
  /// - Parameters:
  ///   - now: seconds since 1970; when this was done.
  ///   - readers: in order; whoever fuzzes one of them spends no time on the others.
  /// - Throws: `several-guests` when they name different ones.
  package init(
    _ texts: [ArtefactText], tool: String, now: Double, readers: [ArtefactReader] = ArtefactReader.all
  ) throws(ArtefactError) {
    var found: [FoundArtefact] = []
    var unread: [(place: ArtefactPlace, text: String)] = []
    for text in texts { Self.look(through: text, readers, &found, &unread) }
    try Self.checkOneGuest(found)

    let name = found.compactMap(\.content.guestName).first
    let uuid = found.compactMap(\.content.guestUUID).first
    let vmid = found.compactMap(\.content.guestVMID).first
    let isProxmox = found.contains(where: \.content.isProxmox)
    let target = Target(
      kind: .artefacts, name: name, uuid: uuid, location: texts.map(\.name).joined(separator: ", "),
      pastedVMID: vmid ?? (isProxmox ? "VMID" : nil))
    let commands = GuestCommands(name: name, vmid: target.vmid)
    var draft = EvidenceDraft(commands.nothing(target: target, tool: tool, now: now), command: commands, now: now)
    // The sort is stable by the place in the list.
    let ordered = Self.current(found).enumerated().sorted {
      ($0.element.content.rank, $0.offset) < ($1.element.content.rank, $1.offset)
    }
    for (_, artefact) in ordered { artefact.content.tell(&draft, artefact.place) }
    evidence = draft.finished()
    artefacts = found
    self.unread = unread
  }

  /// Without what a later part of the same file replaces: a log has every start of the guest.
  private static func current(_ found: [FoundArtefact]) -> [FoundArtefact] {
    var seen: Set<[String]> = []
    return found.reversed().filter { artefact in
      artefact.content.key.map { seen.insert([artefact.place.document, $0]).inserted } ?? true
    }.reversed()
  }

  private static func look(
    through text: ArtefactText, _ readers: [ArtefactReader], _ found: inout [FoundArtefact],
    _ unread: inout [(place: ArtefactPlace, text: String)]
  ) {
    var cursor = ArtefactCursor(text)
    while !cursor.isAtEnd {
      let start = cursor.index
      let line = cursor.line
      if line.isEmpty {
        cursor.index += 1
        continue
      }
      if let (reader, content) = read(&cursor, readers) {
        cursor.index = max(cursor.index, start + 1)
        guard found.count < artefactLimit else { continue }
        var last = min(cursor.index, text.lines.count)
        while last > start + 1, text.lines[last - 1].isEmpty { last -= 1 }
        found.append(
          FoundArtefact(
            place: ArtefactPlace(document: text.name, lines: (start + 1)...last), reader: reader, content: content))
        continue
      }
      cursor.index = start + 1
      if let mark = ProbeMark(line) {
        cursor.section = mark
        cursor.isSectionWhole = true
        continue
      }
      if let question = MonitorQuestion(line: line) { (cursor.monitorCommand, cursor.monitorLine) = (question, start) }
      ServiceQueryArtefact.note(line, &cursor)
      MemoryStatisticsArtefact.note(line, &cursor)
      DriverLinkArtefact.note(line, &cursor)
      VirshArtefact.note(line, &cursor)
      ProxmoxConfigurationArtefact.note(line, &cursor)
      guard !isDecoration(line) else { continue }
      cursor.isSectionWhole = false
      guard unread.count < unreadLimit else { continue }
      unread.append((ArtefactPlace(document: text.name, lines: (start + 1)...(start + 1)), String(line.prefix(200))))
    }
  }

  /// What the first reader that recognises something here makes of it.
  private static func read(
    _ cursor: inout ArtefactCursor, _ readers: [ArtefactReader]
  ) -> (reader: String, content: any ArtefactContent)? {
    for reader in readers {
      if let content = reader.read(&cursor) { return (reader.name, content) }
    }
    return nil
  }

  /// Fences and rules that forums and mail put around text.
  private static func isDecoration(_ line: Substring) -> Bool {
    let text = line.trimmed
    let bytes = text.utf8
    if bytes.allSatisfy({ "`~-=_*#+|>".utf8.contains($0) }) { return true }
    if isPrompt(text) || text.hasPrefix("rem ") || text.hasPrefix("[SC] ") { return true }
    if text.hasPrefix("```") { return true }
    return bytes.count <= 8 && ["[code]", "[/code]", "[quote]", "[/quote]"].contains(text.lowercased())
  }

  /// A command as it was typed, with its prompt: `C:\>sc qc X`, `PS C:\> …`, `root@host:~# virsh …`, `(qemu) info
  /// balloon`, `virsh # dommemstat 3`. That its output is understood is what counts.
  private static func isPrompt(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8.prefix(256))
    if ["(qemu) ", "(QEMU) ", "qm> ", "PS ", "virsh # ", "$ ", "# "].contains(where: { text.hasPrefix($0) }) {
      return true
    }
    if bytes.count > 3, bytes[1] == UInt8(ascii: ":"), bytes[2] == UInt8(ascii: "\\") {
      return bytes.contains(UInt8(ascii: ">"))
    }
    // user@host:~$
    let word = Substring(text.utf8.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") })
    guard let last = word.utf8.last else { return false }
    return word.has("@") && (last == UInt8(ascii: "#") || last == UInt8(ascii: "$"))
  }

  /// Two names, or two UUIDs, are two guests: what would come of mixing them is worth nothing.
  private static func checkOneGuest(_ found: [FoundArtefact]) throws(ArtefactError) {
    var names: [(String, ArtefactPlace)] = []
    var uuids: [(String, ArtefactPlace)] = []
    var vmids: [(String, ArtefactPlace)] = []
    for artefact in found {
      if let name = artefact.content.guestName { names.append((name, artefact.place)) }
      if let vmid = artefact.content.guestVMID { vmids.append((vmid, artefact.place)) }
      if let uuid = artefact.content.guestUUID { uuids.append((uuid.lowercased(), artefact.place)) }
    }
    for list in [uuids, names, vmids] {
      guard let first = list.first, let other = list.first(where: { $0.0 != first.0 }) else { continue }
      throw ArtefactError(
        .severalGuests,
        "these are of different guests, which are looked at one at a time: \(first.1) has \(first.0.prefix(80)), "
          + "\(other.1) has \(other.0.prefix(80))")
    }
  }
}
