// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension EvidenceReader {
  /// `linux` or `windows`, by the guest's word or else the host's records; not cited.
  func guestFamily() -> String? { guestFamilyByItsWord() ?? peek(\.domain.osFamily).value }

  /// The same by the agent's word, or where that is silent by qemu-ga's; not cited.
  func guestFamilyByItsWord() -> String? { peek(\.guest.osFamily).value ?? peek(\.guest.qemuGA)?.osFamily }

  /// Cites what ``guestFamily()`` rests on.
  mutating func citeGuestFamily() {
    if peek(\.guest.osFamily).value != nil {
      _ = read(\.guest.osFamily)
    } else if peek(\.guest.qemuGA)?.osFamily != nil {
      _ = read(qemuGA: \.osID)
    } else {
      _ = read(\.domain.osFamily)
    }
  }
}
