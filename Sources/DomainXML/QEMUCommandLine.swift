// SPDX-License-Identifier: GPL-3.0-or-later

/// Arguments that `<qemu:commandline>` hands to QEMU past libvirt, which knows nothing of their devices.
package struct QEMUCommandLine: Sendable, Equatable {
  /// In the document's order, at most ``limit``.
  package var arguments: [String]

  /// The most arguments that are kept.
  package static let limit = 1024

  /// Those that concern a balloon: a device or a global property of one.
  package var balloonArguments: [String] { arguments.filter { $0.contains("virtio-balloon") } }
  /// Those that add shared memory, a decoy.
  package var sharedMemoryArguments: [String] { arguments.filter { $0.contains("ivshmem") } }
  /// Those that hand a device of the host to the guest.
  package var vfioArguments: [String] { arguments.filter { $0.contains("vfio-pci") } }
}
