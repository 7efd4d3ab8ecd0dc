// SPDX-License-Identifier: GPL-3.0-or-later

/// Devices of the host given to the guest. Those by VFIO pin all of the guest's memory, which takes back what a
/// balloon gives. Source: QEMU hw/vfio/common.c (`ram_block_discard_disable`).
package struct HostDevices: Sendable, Equatable {
  /// `<hostdev type='pci'>`, and `<interface type='hostdev'>`, which is one by another name.
  package var pci = 0
  /// `<hostdev type='mdev'>`: mediated devices (vGPU), by VFIO too; some do not pin memory.
  package var mediated = 0
  /// `<disk type='nvme'>`: by VFIO in QEMU itself.
  package var nvme = 0
  /// `<interface type='vdpa'>`: vhost-vdpa pins memory as VFIO does (QEMU hw/virtio/vhost-vdpa.c).
  package var vdpa = 0
  /// USB, SCSI and other devices of the host, which pin nothing.
  package var other = 0

  /// No device of the host.
  package init() {}

  /// Whether QEMU holds a device by VFIO or vhost-vdpa for this guest.
  package var usesVFIO: Bool { pci > 0 || mediated > 0 || nvme > 0 || vdpa > 0 }
}
