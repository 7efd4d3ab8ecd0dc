// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// What qemu-ga, QEMU's own guest agent, says. All of it is the guest's word, and only what it lists counts: a device
/// that it does not list may still have a driver.
package struct QEMUGuestAgentEvidence: Codable, Hashable, Sendable {
  /// The agent's version, QEMU's; failed with `timed-out`, `disconnected`, `busy` or `denied` when nobody answered.
  package var version: Observation<String>
  /// Which of the commands that this program uses the agent knows, and whether they are switched on.
  package var commands: Observation<[String: Bool]>
  /// `mswindows`, or the ID of os-release, such as `debian`.
  package var osID: Observation<String>
  /// `Windows Server 2022 Datacenter`, `Debian GNU/Linux 12 (bookworm)`.
  package var osName: Observation<String>
  package var osVersion: Observation<String>
  /// The kernel's release; on Windows the build number.
  package var kernel: Observation<String>
  /// The drivers that `guest-get-devices` lists, on Windows alone.
  package var devices: Observation<[InstalledDriver]>

  package init(_ unknown: Unknown) {
    version = unknown()
    commands = unknown()
    osID = unknown()
    osName = unknown()
    osVersion = unknown()
    kernel = unknown()
    devices = unknown()
  }
}

/// A device of Windows with its driver, as `guest-get-devices` has it.
package struct InstalledDriver: Codable, Hashable, Sendable {
  /// The device's display name, in the guest's language.
  package var name: Observation<String>
  package var version: Observation<String>
  /// `2025-06-17`.
  package var date: Observation<String>
  /// Vendor and device id alone.
  package var identity: Observation<PCIIdentity>

  package init(
    name: Observation<String>, version: Observation<String>, date: Observation<String>,
    identity: Observation<PCIIdentity>
  ) {
    self.name = name
    self.version = version
    self.date = date
    self.identity = identity
  }
}

extension QEMUGuestAgentEvidence {
  /// `windows`, `linux`, or the id of a system that is neither; `nil` when the agent did not tell.
  ///
  /// Windows' agent says `mswindows`; elsewhere it is os-release's ID (QEMU qga/qapi-schema.json, GuestOSInfo), which
  /// every system but the BSDs and Solaris' kin uses with Linux.
  package var osFamily: String? {
    guard let id = osID.value else { return nil }
    if id == "mswindows" { return "windows" }
    return Self.others.contains(id) ? id : "linux"
  }

  private static let others: Set<String> = [
    "freebsd", "openbsd", "netbsd", "dragonfly", "solaris", "illumos", "omnios", "openindiana", "haiku", "macos",
  ]
}
