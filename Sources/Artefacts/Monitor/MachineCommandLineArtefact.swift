// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// QEMU's command line: from libvirt's log of the domain, `ps`, Proxmox's `qm showcmd`, or somebody's script.
struct MachineCommandLineArtefact: ArtefactContent {
  let kind = "QEMU command line"
  let rank = 35
  let line: MachineCommandLine
  /// A log has one for every start: the last one counts.
  let key: String? = "QEMU command line"

  var guestName: String? { line.name }
  var guestUUID: String? { line.uuid }
  var guestVMID: String? { line.vmid }

  private static let lineLimit = 2_000
  private static let byteLimit = 1 << 20

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard !cursor.isPassed(by: "QEMU"), let program = program(cursor.line) else { return nil }
    var text = String(cursor.line[program...])
    var end = cursor.index + 1
    while text.utf8.count < byteLimit, end - cursor.index < lineLimit, let next = cursor.peek(end) {
      if text.utf8.last == UInt8(ascii: "\\") {
        text.removeLast()
        text += " "
      } else if !isBroken(cursor.peek(end - 1) ?? "", next) {
        break
      }
      text += next
      end += 1
    }
    guard let line = MachineCommandLine(words: ShellWords.split(text)) else {
      cursor.pass("QEMU", until: end)
      return nil
    }
    cursor.index = end
    return MachineCommandLineArtefact(line: line)
  }

  /// Where the options begin: behind `qemu-system-x86_64`, `qemu-kvm` or `kvm`, when options follow.
  private static func program(_ line: Substring) -> Substring.Index? {
    guard line.has("qemu") || line.has("kvm"), line.utf8.count < byteLimit else { return nil }
    for word in line.words.prefix(64) {
      var name = word
      if name.utf8.last == UInt8(ascii: "'") || name.utf8.last == UInt8(ascii: "\"") { name = name.dropLast() }
      if let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) { name = Substring(name.utf8[slash...].dropFirst()) }
      guard name.hasPrefix("qemu-system-") || name == "qemu-kvm" || name == "kvm" else { continue }
      let rest = line[word.endIndex...].trimmed
      if rest.utf8.first == UInt8(ascii: "-") || rest == "\\" { return word.endIndex }
    }
    return nil
  }

  /// Whether a terminal broke the line here: it is full, and the next one begins neither a log's line nor a prompt.
  private static func isBroken(_ line: Substring, _ next: Substring) -> Bool {
    guard line.utf8.count >= 79, let first = next.utf8.first, first > UInt8(ascii: " ") else { return false }
    return !next.has("# ") && !next.has("$ ") && !next.has(": ") && !next.has("qemu-system-")
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    if let machine = line.machine { draft.tell(\.domain.machine, .observed(machine, host)) }
    if let memory = line.memory { draft.tell(\.configuration.maximum, .observed(memory, host)) }
    tellHost(&draft, host)
    guard let balloon = line.balloon else {
      if line.isWhole { draft.tell(\.device.qomPath, .absent(host)) }
      return
    }
    if let model = MachineCommandLine.model(ofDevice: balloon.driver[...]) {
      draft.tell(\.configuration.model, .observed(model, host))
    }
    // Devices with an id stand below this node.
    if let id = balloon.id { draft.tell(\.device.qomPath, .observed("/machine/peripheral/" + id, host)) }
    // Both are off unless they are switched on (QEMU hw/virtio/virtio-balloon.c).
    draft.tell(\.configuration.autodeflate, .observed(balloon.isOn("deflate-on-oom") ?? false, host))
    draft.tell(\.configuration.freePageReporting, .observed(balloon.isOn("free-page-reporting") ?? false, host))
    if let path = line.path(of: balloon) { draft.tell(\.configuration.path, .observed(path, host)) }
  }

  /// How the host backs the guest's memory; what is not on the line is not so only when all of the line is there.
  private func tellHost(_ draft: inout EvidenceDraft, _ host: Provenance) {
    if line.isWhole || line.usesHugepages {
      draft.tell(\.configuration.hugepages, .observed(line.usesHugepages, host))
    }
    if line.isWhole || line.isLocked { draft.tell(\.configuration.locked, .observed(line.isLocked, host)) }
    if line.isWhole || line.passedThrough > 0 {
      let devices = Array(repeating: "pci", count: min(line.passedThrough, 64))
      draft.tell(\.configuration.pinningDevices, .observed(devices, host))
    }
  }
}
