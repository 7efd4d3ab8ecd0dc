// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Lines of /var/log/libvirt/qemu/NAME.log, or of QEMU's own messages elsewhere, that bear on the balloon.
///
/// Source: libvirt src/qemu/qemu_domain.c (the line of a start); QEMU hw/virtio/virtio-balloon.c (the warning).
struct HypervisorLogArtefact: ArtefactContent {
  let kind = "QEMU log"
  let rank = 36
  private let message: Message

  private enum Message: Sendable {
    case start(libvirt: String, emulator: String?)
    case largePages
    case stop(reason: String)
  }
  var key: String? {
    if case .start = message { "start of QEMU" } else { nil }
  }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.utf8.count < 4_096, let message = message(line) else { return nil }
    cursor.index += 1
    return HypervisorLogArtefact(message: message)
  }

  private static func message(_ line: Substring) -> Message? {
    if line.has("Balloon used with backing page size > 4kiB, this may not be reliable") { return .largePages }
    if let place = line.place(of: ": starting up libvirt version: ") {
      let words = line[place...].words
      guard words.count > 5 else { return nil }
      let emulator = line.place(of: "qemu version: ").map { version(line[$0...].words.dropFirst(2).first ?? "") }
      return .start(libvirt: version(words[5]) ?? "", emulator: emulator ?? nil)
    }
    if let place = line.place(of: ": shutting down, reason=") {
      return .stop(reason: String(line[place...].utf8.dropFirst(24).prefix(32).map { Character(Unicode.Scalar($0)) }))
    }
    return nil
  }

  /// `7.2.0` of `7.2.0qemu-kvm-7.2.0-6.el9,`.
  private static func version(_ word: Substring) -> String? {
    let number = word.utf8.prefix { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let parts = number.split(separator: UInt8(ascii: "."))
    return parts.count == 3 ? parts.map { String(Substring($0)) }.joined(separator: ".") : nil
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    switch message {
    case .start(let libvirt, let emulator):
      if !libvirt.isEmpty { draft.tell(\.domain.libvirt, .observed(libvirt, host)) }
      if let emulator { draft.tell(\.domain.emulator, .observed(emulator, host)) }
    case .largePages:
      // It says so of a block of memory whose pages are larger than 4 KiB (hw/virtio/virtio-balloon.c).
      draft.tell(\.configuration.hugepages, .observed(true, host))
    case .stop: break
    }
  }
}
