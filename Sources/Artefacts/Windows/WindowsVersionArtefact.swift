// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The line that `ver` prints and a command prompt begins with: `Microsoft Windows [Version 10.0.19045.3803]`.
struct WindowsVersionArtefact: ArtefactContent {
  let kind = "ver"
  /// The registry tells the product's name besides.
  let rank = 55
  let version: String

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("Microsoft Windows"), rest.utf8.count < 128,
      rest.utf8.last == UInt8(ascii: "]"), rest.has("["), let version = rest.dropLast().words.last,
      version.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
      version.has(".")
    else { return nil }
    cursor.index += 1
    // A prompt's second line: `(c) Microsoft Corporation. All rights reserved.`
    let next = cursor.line.trimmed
    if next.utf8.count < 128, next.hasPrefix("(c) ") || next.hasPrefix("Copyright "), next.has("Microsoft") {
      cursor.index += 1
    }
    return WindowsVersionArtefact(version: String(version))
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let guest = place.provenance(kind, .guest)
    draft.tell(\.guest.osFamily, .observed("windows", guest))
    draft.tell(\.guest.osName, .observed("Microsoft Windows \(version)", guest))
    draft.tell(\.guest.kernel, .observed(version, guest))
  }
}
