// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

// What qemu-ga's list of devices carries: that a driver is installed, and no more. It leaves out devices without a
// driver, and others, without a word (QEMU qga/commands-win32.c, guest-get-devices).
extension EvidenceReader {
  /// The day of every driver that Windows brings itself, machine.inf's too. That qemu-ga shows a generic driver so was
  /// inferred from its code, and not seen.
  private static let windowsOwnDay = "2006-06-21"

  /// `driver VirtIO Balloon Driver, version 100.92.104.22900 of 2023-03-01, is installed for 1af4:1002`, cited.
  mutating func installedDriver(_ index: Int) -> String {
    let identity = read(qemuGADriver: index, \.identity)?.value
    var words = "driver"
    if let name = read(qemuGADriver: index, \.name)?.value { words += " \(EvidenceText.name(name))" }
    if let version = read(qemuGADriver: index, \.version)?.value { words += " version \(EvidenceText.name(version))" }
    let day = read(qemuGADriver: index, \.date)?.value
    if let day { words += " of \(EvidenceText.name(day))" }
    words += " is installed" + (identity.map { " for \($0.id)" } ?? "")
    if day == Self.windowsOwnDay {
      words += "; the day is that of Windows' own generic drivers (inferred from source code, not seen in a guest)"
    }
    return words
  }

  /// That a driver of the virtio-win package for the balloon or for virtio-serial is installed, cited; `nil` when
  /// qemu-ga does not say so, which means nothing.
  mutating func virtioWinDriver() -> String? {
    let drivers = peek(\.guest.qemuGA)?.devices.value ?? []
    let found = drivers.firstIndex { driver in
      guard let identity = driver.identity.value, let day = driver.date.value else { return false }
      return (identity.isBalloon || identity.isVirtioSerial) && day != Self.windowsOwnDay
    }
    return found.map { "qemu-ga says that " + installedDriver($0) }
  }
}
