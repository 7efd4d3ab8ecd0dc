// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Short answers of QEMU's human monitor, which `virsh qemu-monitor-command --hmp` and Proxmox's `qm monitor` print
/// too.
///
/// Source: QEMU hw/core/machine-hmp-cmds.c, monitor/hmp-cmds.c, hw/virtio/virtio-hmp-cmds.c; seen with 7.2.
enum HumanMonitorArtefact {
  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line.trimmed
    guard line.utf8.count < 512 else { return nil }
    let found =
      state(line) ?? refusal(line) ?? memory(line, &cursor) ?? answer(
        line, cursor.index - cursor.monitorLine <= 2 ? cursor.monitorCommand : nil)
      ?? devices(&cursor) ?? memoryDevice(&cursor)
    guard let found else { return nil }
    if found.isOneLine {
      cursor.index += 1
      cursor.monitorCommand = nil
    }
    return found.content
  }

  private typealias Found = (content: any ArtefactContent, isOneLine: Bool)

  /// `VM status: running`, `VM status: paused (prelaunch)`: the word in brackets is the state.
  private static func state(_ line: Substring) -> Found? {
    guard let rest = line.dropping("VM status: ") else { return nil }
    let words = rest.words
    guard let first = words.first, first == "running" || first == "paused", words.count <= 4 else { return nil }
    var state = String(first)
    if first == "paused", words.count == 2, words[1].utf8.first == UInt8(ascii: "("),
      words[1].utf8.last == UInt8(ascii: ")")
    {
      state = String(words[1].dropFirst().dropLast())
    }
    return (MonitorArtefact("info status", .state(state)), true)
  }

  /// Errors that only one command gives.
  private static func refusal(_ line: Substring) -> Found? {
    if line.hasPrefix("Error: No balloon device has been activated") || line == "No balloon device has been activated" {
      return (MonitorArtefact("info balloon", .noBalloon), true)
    }
    // Before 7.2 there is no such command.
    if line.has("unknown command: 'info virtio") {
      return (MonitorArtefact("info virtio", .unsupported("QEMU: " + line.prefix(200))), true)
    }
    return nil
  }

  /// `base memory: 4294967296` with `plugged memory: 0` below, of `info memory_size_summary`, in bytes.
  private static func memory(_ line: Substring, _ cursor: inout ArtefactCursor) -> Found? {
    guard let base = line.dropping("base memory: ")?.decimal else { return nil }
    var total = base
    if let next = cursor.peek(cursor.index + 1)?.trimmed, let plugged = next.dropping("plugged memory: ")?.decimal {
      let (sum, overflow) = base.addingReportingOverflow(plugged)
      guard !overflow else { return nil }
      total = sum
      cursor.index += 1
    }
    return (MonitorArtefact("info memory_size_summary", .memory(total)), true)
  }

  /// What says nothing of what it answers: a version, a name.
  private static func answer(_ line: Substring, _ question: MonitorQuestion?) -> Found? {
    switch question?.command {
    case "info version"?:
      // `7.2.22Debian 1:7.2+dfsg-7`: the package stands right behind the number.
      let number = line.utf8.prefix { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard Substring(number).utf8.split(separator: UInt8(ascii: ".")).count == 3 else { return nil }
      return (MonitorArtefact("info version", .version(String(Substring(number)))), true)
    case "info name"?:
      guard line.words.count == 1 else { return nil }
      return (NamedArtefact(kind: "info name", guestName: String(line)), true)
    default: return nil
    }
  }

  /// `info virtio`: lines such as `/machine/peripheral/balloon0/virtio-backend [virtio-balloon]`.
  private static func devices(_ cursor: inout ArtefactCursor) -> Found? {
    if cursor.line.trimmed == "No VirtIO devices" {
      return (MonitorArtefact("info virtio", .devices([], isWhole: true)), true)
    }
    var list: [(name: String, carrier: String)] = []
    var end = cursor.index
    while let line = cursor.peek(end), list.count < 1_024, let device = device(line) {
      list.append(device)
      end += 1
    }
    guard !list.isEmpty else { return nil }
    // Only behind its command, and with nothing sorted out, are these all.
    let isWhole = cursor.monitorCommand?.command == "info virtio" && cursor.monitorCommand?.property == nil
    cursor.monitorCommand = nil
    cursor.index = end
    return (MonitorArtefact("info virtio", .devices(list, isWhole: isWhole)), false)
  }

  private static func device(_ line: Substring) -> (name: String, carrier: String)? {
    let words = line.words
    guard words.count == 2, words[0].hasPrefix("/machine/"), words[1].utf8.first == UInt8(ascii: "["),
      words[1].utf8.last == UInt8(ascii: "]"), line.utf8.count < 512
    else { return nil }
    let name = words[1].dropFirst().dropLast()
    guard name.hasPrefix("virtio") || name.hasPrefix("vhost") else { return nil }
    let path = words[0]
    let end = "/virtio-backend"
    return (String(name), String(path.hasSuffix(end) ? path.dropLast(end.count) : path))
  }

  /// `Memory device [dimm]: "dimm0"` of `info memory-devices`, with its indented lines.
  private static func memoryDevice(_ cursor: inout ArtefactCursor) -> Found? {
    guard cursor.line.trimmed.hasPrefix("Memory device ["), cursor.line.has("]: \"") else { return nil }
    cursor.index += 1
    while let line = cursor.peek(cursor.index), line.utf8.first == UInt8(ascii: " "), line.has(": ") {
      cursor.index += 1
    }
    return (QuietArtefact(kind: "info memory-devices"), false)
  }
}

/// Something that names the guest and tells nothing else.
struct NamedArtefact: ArtefactContent {
  let kind: String
  let guestName: String?
  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {}
}
