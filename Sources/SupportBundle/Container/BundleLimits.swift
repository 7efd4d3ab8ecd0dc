// SPDX-License-Identifier: GPL-3.0-or-later

/// What a bundle may hold, written or read.
package enum BundleLimits {
  /// The largest bundle, in bytes as compressed.
  package static let compressed = 64 << 20
  /// The most files and folders: those of a thousand guests.
  package static let entries = 65_536
  /// The largest file within, in bytes.
  package static let file = 32 << 20
  /// All files within together, in bytes.
  package static let total = 256 << 20
  /// The longest path below the root folder, in bytes: what a plain tar header holds with room to spare.
  package static let path = 128
  /// The longest part of a path.
  package static let pathPart = 64
  /// The longest manifest, and the longest list of digests, in bytes.
  package static let list = 16 << 20

  /// How many bytes of tar a bundle of `compressed` bytes may unpack to.
  ///
  /// A bundle of JSON and text shrinks to a tenth or a thirtieth, gzip at its best to a 1032nd: a small file that
  /// unpacks to hundreds of megabytes is made for that. A log of one line over and over is allowed for by the constant
  /// part.
  package static func unpacked(from compressed: Int) -> Int {
    // A header and padding for each file, and the end of the tar.
    min(total + entries * 1024 + tail, 32 << 20 + 128 * compressed)
  }

  /// The most bytes of zeros after the last file: tar's end mark, and the rest of the largest block that is in use.
  static let tail = 1 << 20
}
