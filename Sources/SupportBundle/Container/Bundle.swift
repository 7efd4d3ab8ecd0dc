// SPDX-License-Identifier: GPL-3.0-or-later

/// A support bundle as read: bounded and checked for harm, not yet for its digests.
///
/// A bundle may come from anybody. It is read whole or not at all, into memory alone: nothing is ever unpacked onto a
/// disk.
package struct Bundle: Sendable {
  /// The file's name, as messages have it.
  let name: String
  package let manifest: Manifest
  /// The files by path below the root folder, `manifest.json` and `SHA256SUMS` included.
  package let files: [String: [UInt8]]

  /// Reads a bundle from a regular file or a pipe.
  /// - Throws: ``BundleError``, also where the file cannot be read.
  package init(reading path: String) throws(BundleError) {
    try self.init(BundleFileReader.bytes(of: path), name: path)
  }

  /// Reads a bundle from its bytes.
  /// - Parameter name: what a person calls it.
  package init(_ bytes: [UInt8], name: String) throws(BundleError) {
    let shown = QuotedName.file(name)
    self.name = shown
    guard !bytes.isEmpty else { throw BundleError(.notBundle, "\(shown) is empty, and no support bundle") }
    guard bytes.count <= BundleLimits.compressed else { throw Self.tooLarge(shown) }
    guard Self.isHead(bytes) else {
      let kind = ForeignFormat(of: bytes).map { "it is \($0.rawValue), and a bundle is a gzip-compressed tar archive" }
      throw BundleError(
        .notBundle,
        "\(shown) is no support bundle: \(kind ?? "it does not begin as gzip does"); give the file as collect wrote it")
    }
    files = try bytes.withUnsafeBufferPointer { (bytes) throws(BundleError) in
      try TarReader.files(of: GzipStream(bytes, name: shown))
    }
    guard let text = files[BundlePath.manifest] else {
      throw BundleError(.notBundle, "\(shown) is no support bundle: it has no \(BundlePath.manifest)")
    }
    manifest = try Manifest(reading: text, of: shown)
  }

  /// Whether these first bytes may begin a bundle: gzip's magic, and deflate, the only method that there is.
  package static func isHead(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b, 0x08]) }

  static func tooLarge(_ shown: String) -> BundleError {
    BundleError(.refused, "\(shown) has more than \(BundleLimits.compressed) bytes, which no bundle has")
  }
}
