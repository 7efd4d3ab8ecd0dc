// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Short outputs of virsh: `list`, `domstate`, `version`, and the errors that only a machine without a balloon gives.
///
/// Source: libvirt tools/virsh-domain-monitor.c, tools/virsh-host.c, src/qemu/qemu_driver.c.
struct VirshArtefact: ArtefactContent {
  let kind: String
  let rank = 55
  private let word: Word

  private enum Word: Sendable {
    /// Names and states; a state is nil in another language.
    case list([(name: String, state: String?)])
    case state(String, reason: String?)
    case noBalloon
    case version(libvirt: String?, emulator: String?)
  }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.count < 1_024 else { return nil }
    return refusal(&cursor) ?? version(&cursor) ?? state(&cursor) ?? list(&cursor)
  }

  // MARK: Errors

  private static func refusal(_ cursor: inout ArtefactCursor) -> VirshArtefact? {
    let sentences: [(text: StaticString, command: String)] = [
      // QEMU said DeviceNotActive.
      (
        "Unable to change memory of active domain without the balloon device and guest OS balloon driver",
        "virsh setmem"
      ),
      ("No memory balloon device configured, can not set the collection period", "virsh dommemstat --period"),
    ]
    let line = cursor.line.trimmed
    for (text, command) in sentences {
      guard let place = line.place(of: text) else { continue }
      // The whole line, or behind the word that begins an error's.
      let before = line[..<place]
      guard before.isEmpty || before.has("error: ") || before.has("Error: ") || before.has("rror: ") else { return nil }
      cursor.index += 1
      return VirshArtefact(kind: command, word: .noBalloon)
    }
    return nil
  }

  // MARK: Versions

  private static func version(_ cursor: inout ArtefactCursor) -> VirshArtefact? {
    let line = cursor.line.trimmed
    let found: (String, Word)
    if let rest = line.dropping("Using library: libvirt "), let number = number(rest) {
      found = ("virsh version", .version(libvirt: number, emulator: nil))
    } else if let rest = line.dropping("Running hypervisor: QEMU "), let number = number(rest) {
      found = ("virsh version", .version(libvirt: nil, emulator: number))
    } else if let rest = line.dropping("QEMU emulator version "), let number = number(rest) {
      found = ("QEMU --version", .version(libvirt: nil, emulator: number))
    } else {
      return nil
    }
    cursor.index += 1
    return VirshArtefact(kind: found.0, word: found.1)
  }

  private static func number(_ text: Substring) -> String? {
    let word = text.utf8.prefix { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    let parts = word.split(separator: UInt8(ascii: "."))
    return parts.count == 3 && word.count < 16 ? String(Substring(word)) : nil
  }

  // MARK: States

  /// `running (booted)`, right behind the command.
  private static func state(_ cursor: inout ArtefactCursor) -> VirshArtefact? {
    guard let asked = cursor.stateAsked, cursor.index - asked <= 3 else { return nil }
    var text = cursor.line.trimmed
    var reason: String?
    if text.utf8.last == UInt8(ascii: ")"), let open = text.place(of: " (") {
      reason = String(text[open...].utf8.dropFirst(2).dropLast().prefix(64).map { Character(Unicode.Scalar($0)) })
      text = text[..<open]
    }
    guard DomainInfoArtefact.states.contains(String(text)) else { return nil }
    cursor.stateAsked = nil
    cursor.index += 1
    return VirshArtefact(kind: "virsh domstate", word: .state(String(text), reason: reason))
  }

  /// Notes that a line asks for a state.
  static func note(_ line: Substring, _ cursor: inout ArtefactCursor) {
    if line.utf8.count < 512, line.has("domstate ") { cursor.stateAsked = cursor.index }
  }

  /// ` Id   Name    State`, a rule, and a row for each domain.
  private static func list(_ cursor: inout ArtefactCursor) -> VirshArtefact? {
    guard (3...8).contains(cursor.line.words.count), cursor.line.trimmed.hasPrefix("Id") || cursor.line.has("ID"),
      let rule = cursor.peek(cursor.index + 1), rule.utf8.count > 16,
      rule.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") })
    else { return nil }
    var rows: [(name: String, state: String?)] = []
    var end = cursor.index + 2
    while let line = cursor.peek(end), rows.count < 10_000, let row = row(line) {
      rows.append(row)
      end += 1
    }
    cursor.index = end
    return VirshArtefact(kind: "virsh list", word: .list(rows))
  }

  private static func row(_ line: Substring) -> (name: String, state: String?)? {
    let words = line.words
    guard (3...64).contains(words.count), line.utf8.count < 512, words[0] == "-" || words[0].decimal != nil else {
      return nil
    }
    // A name may have spaces, and a state has up to two words.
    for count in [2, 1] where words.count > count + 1 {
      let state = words.suffix(count).joined(separator: " ")
      if DomainInfoArtefact.states.contains(state) {
        return (words[1..<(words.count - count)].joined(separator: " "), state)
      }
    }
    return (String(words[1]), words[0] == "-" ? "shut off" : nil)
  }

  // MARK: What it tells

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    switch word {
    case .list(let rows):
      // Which of them is meant another artefact says.
      guard let name = draft.evidence.target.name, let state = rows.first(where: { $0.name == name })?.state else {
        return
      }
      draft.tell(\.domain.state, .observed(state, host))
    case .state(let state, let reason):
      draft.tell(\.domain.state, .observed(state, host))
      if let reason { draft.tell(\.domain.stateReason, .observed(reason, host)) }
    case .noBalloon: draft.tell(\.device.qomPath, .absent(host))
    case .version(let libvirt, let emulator):
      if let libvirt { draft.tell(\.domain.libvirt, .observed(libvirt, host)) }
      if let emulator { draft.tell(\.domain.emulator, .observed(emulator, host)) }
    }
  }
}
