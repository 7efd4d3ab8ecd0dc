// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Lines of a Linux guest's kernel log about its balloon, with whatever `dmesg`, `journalctl` or syslog puts in front.
///
/// Source: Linux drivers/virtio/virtio_balloon.c; the driver's messages begin with its name and its device's.
struct KernelLogArtefact: ArtefactContent {
  let kind = "kernel log"
  let rank = 40
  private let lines: [String]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var lines: [String] = []
    while lines.count < 256, let line = cursor.peek(cursor.index + lines.count), let text = message(line) {
      lines.append(text)
    }
    guard !lines.isEmpty else { return nil }
    cursor.index += lines.count
    return KernelLogArtefact(lines: lines)
  }

  /// The line, when the driver wrote it: `virtio_balloon virtio3: …`.
  private static func message(_ line: Substring) -> String? {
    guard line.utf8.count < 1_024, let place = line.place(of: "virtio_balloon virtio") else { return nil }
    let rest = line[place...].utf8.dropFirst(21)
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, digits.count < 5, rest.dropFirst(digits.count).starts(with: ": ".utf8) else { return nil }
    return String(line.trimmed.prefix(512))
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    draft.tell(\.guest.osFamily, .observed("linux", source))
    draft.tellLog(lines, source)
  }
}
