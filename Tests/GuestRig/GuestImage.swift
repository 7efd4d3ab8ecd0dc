// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// The kernel and the initramfs that guests boot; see image/build.sh.
package struct GuestImage: Sendable {
  /// The cache that holds them.
  package let directory: String

  package var kernel: String { "\(directory)/vmlinuz" }
  package var initramfs: String { "\(directory)/initramfs.gz" }
  /// The same with qemu-ga.
  package var benchInitramfs: String { "\(directory)/initramfs-bench.gz" }
  /// The first with the Windows agents.
  package var wineInitramfs: String { "\(directory)/initramfs-wine.gz" }

  /// This checkout, which the rig is always run from.
  package static let checkout: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// The cache of the scripts in image/.
  static let cache = ProcessInfo.processInfo.environment["VB_CACHE"] ?? "\(checkout)/.cache/guest"

  /// The image, brought up to date first: the first time takes some seconds and a network, later ones nothing.
  package static func prepared() async throws -> GuestImage { try await preparation.value }

  private static let preparation = Task {
    let image = GuestImage(directory: cache)
    do {
      try await Program.check(["bash", "\(checkout)/Tests/GuestRig/image/build.sh"], within: .seconds(600))
    } catch {
      throw RigError(.image, "\(error)")
    }
    return image
  }

  /// The same with another of Debian's kernels, by the name of its package ("linux-image-6.12-cloud-amd64"), in a cache
  /// of its own.
  package static func prepared(kernelPackage: String) async throws -> GuestImage {
    let image = GuestImage(directory: "\(cache)-\(kernelPackage)")
    do {
      try await Program.check(
        [
          "env", "VB_CACHE=\(image.directory)", "VB_KERNEL=\(kernelPackage)", "bash",
          "\(checkout)/Tests/GuestRig/image/build.sh",
        ], within: .seconds(600))
    } catch {
      throw RigError(.image, "\(error)")
    }
    return image
  }

  /// Whether the agent is in it.
  package var hasAgent: Bool { FileManager.default.fileExists(atPath: "\(directory)/agent.cpio.gz") }
}
