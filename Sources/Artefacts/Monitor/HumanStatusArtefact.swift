// SPDX-License-Identifier: GPL-3.0-or-later

/// The human monitor's `info virtio-status PATH`: what `x-query-virtio-status` says, for people.
///
/// Source: QEMU hw/virtio/virtio-hmp-cmds.c, since 7.2; seen with 7.2.22.
enum HumanStatusArtefact {
  private enum Part { case fields, status, guest, host, other }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard !cursor.isPassed(by: "info virtio-status") else { return nil }
    var start = cursor.index
    // The path stands above; an excerpt may lack it.
    if cursor.line.hasSuffix(":"), cursor.line.trimmed.hasPrefix("/machine/") { start += 1 }
    guard let first = cursor.peek(start)?.trimmed, let rest = first.dropping("device_name:"), !rest.isEmpty,
      let name = rest.words.first, let next = cursor.peek(start + 1)?.trimmed,
      next.hasPrefix("device_id:")
    else { return nil }
    var words = MonitorArtefact.VirtioWords(name: String(name), status: [], guestFeatures: nil, hostFeatures: nil)
    var part = Part.fields
    var hasStatus = false
    var end = start + 1
    while let line = cursor.peek(end), end < start + 512 {
      let text = line.trimmed
      switch text {
      case "status:":
        (part, hasStatus) = (.status, true)
      case "Guest features:":
        (part, words.guestFeatures) = (.guest, [])
      case "Host features:":
        (part, words.hostFeatures) = (.host, [])
      case "Backend features:", "VHost:": part = .other
      default:
        guard belongs(text, part) else {
          return artefact(words, hasStatus, end, &cursor)
        }
        take(text, part, &words)
      }
      end += 1
    }
    return artefact(words, hasStatus, end, &cursor)
  }

  /// Whether a line can stand in this part.
  private static func belongs(_ text: Substring, _ part: Part) -> Bool {
    if text.isEmpty || text.hasPrefix("unknown-") { return true }
    if part == .fields || part == .other {
      return text.utf8.count < 256 && (text.has(":") || text.hasPrefix("VIRTIO") || text.hasPrefix("VHOST"))
        && !text.hasPrefix("/machine/") && !text.hasPrefix("(qemu)") && !text.hasPrefix("qm>")
    }
    return text.hasPrefix("VIRTIO_") || text.hasPrefix("VHOST_")
  }

  private static func take(_ text: Substring, _ part: Part, _ words: inout MonitorArtefact.VirtioWords) {
    guard text.hasPrefix("VIRTIO_") else { return }
    let name = text.halves(at: ":")?.0 ?? text
    switch part {
    case .status: words.status.append(word(name, behind: "_S_"))
    // The features that every device has are not asked for.
    case .guest where name.has("_BALLOON_"): words.guestFeatures?.append(word(name, behind: "_F_"))
    case .host where name.has("_BALLOON_"): words.hostFeatures?.append(word(name, behind: "_F_"))
    default: break
    }
  }

  private static func word(_ name: Substring, behind mark: StaticString) -> String {
    guard let place = name.place(of: mark) else { return String(name) }
    return String(Substring(name.utf8[place...].dropFirst(mark.utf8CodeUnitCount)))
  }

  private static func artefact(
    _ words: MonitorArtefact.VirtioWords, _ hasStatus: Bool, _ end: Int, _ cursor: inout ArtefactCursor
  ) -> (any ArtefactContent)? {
    guard hasStatus, words.guestFeatures != nil || words.hostFeatures != nil else {
      cursor.pass("info virtio-status", until: end)
      return nil
    }
    // A list that the paste ends in may go on: the next part's title shows that it is whole.
    var words = words
    if words.hostFeatures == nil { words.guestFeatures = nil }
    cursor.index = end
    cursor.monitorCommand = nil
    return MonitorArtefact("info virtio-status", .status(words))
  }
}
