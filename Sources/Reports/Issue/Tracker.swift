// SPDX-License-Identifier: GPL-3.0-or-later

/// To whom an issue is written.
package enum Tracker: String, CaseIterable, Hashable, Sendable {
  /// The drivers' own: https://github.com/virtio-win/kvm-guest-drivers-windows/issues
  case virtioWin = "virtio-win"
  /// Proxmox's forum or bugzilla.
  case proxmox
}
