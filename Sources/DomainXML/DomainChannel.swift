// SPDX-License-Identifier: GPL-3.0-or-later

/// One `<channel>`: a port between guest and host.
package struct DomainChannel: Sendable, Equatable {
  /// The host's end: `unix`, `pty`, `spicevmc`, `tcp`…
  package var type: String?
  /// The guest's end: `virtio`, `guestfwd`, `xen`.
  package var targetType: String?
  /// The port's name in the guest, `org.qemu.guest_agent.0`.
  package var targetName: String?
  /// Whether a program in the guest holds the port open; only QEMU's live XML says so.
  package var state: State?
  /// `bind` or `connect`.
  package var sourceMode: String?
  /// The socket or terminal on the host.
  package var sourcePath: String?
  /// In live XML only.
  package var alias: String?
  /// Which controller and port carry it.
  package var port: VirtioSerialPort?

  /// A port's state; open, so that a state of a later libvirt is kept as it is written.
  package struct State: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package static let connected = State(rawValue: "connected")
    package static let disconnected = State(rawValue: "disconnected")
  }
}

/// A port's place on virtio-serial.
package struct VirtioSerialPort: Sendable, Hashable {
  /// The index of the virtio-serial controller.
  package let controller: UInt32
  package let bus: UInt32
  /// From 1; 0 is reserved for consoles and, in a definition, for "any".
  package let port: UInt32
}

/// One `<controller type='virtio-serial'>`: the device whose driver the guest needs for its channels.
package struct VirtioSerialController: Sendable, Equatable {
  package var index: UInt32?
  package var model: String?
  package var alias: String?
  package var address: DeviceAddress?
}
