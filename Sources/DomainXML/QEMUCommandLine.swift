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
  /// Whether they lock the machine's memory: `-overcommit mem-lock=on` (or `on-fault`), in older versions
  /// `-realtime mlock=on`.
  package var locksMemory: Bool {
    zip(arguments, arguments.dropFirst()).contains { option, value in
      let words = value.split(separator: ",")
      switch option {
      case "-overcommit", "--overcommit": return words.contains { $0.hasPrefix("mem-lock=on") }
      case "-realtime", "--realtime": return words.contains("mlock=on")
      default: return false
      }
    }
  }
}
