// SPDX-License-Identifier: GPL-3.0-or-later
import Reports

/// The container of a support bundle: a gzip-compressed pax tar with one root folder.
package enum BundleContainer {
  /// Packs a bundle. The same input gives the same bytes.
  ///
  /// - Parameters:
  ///   - files: in any order, without `manifest.json` and `SHA256SUMS`, which are added.
  ///   - manifest: its list of files is made here, whatever it holds.
  /// - Throws: ``BundleError/Code/refused`` for what ``Bundle`` would not read again: a path outside the grammar, a
  ///   name twice, too many or too large files.
  package static func bytes(_ files: [BundleFile], _ manifest: Manifest) throws(BundleError) -> [UInt8] {
    try check(files)
    var manifest = manifest
    var listed: [Manifest.File] = []
    for file in files.sorted(by: { BundlePath.precedes($0.path, $1.path) }) {
      listed.append(
        Manifest.File(
          path: file.path, category: file.category, bytes: file.bytes.count, sha256: try SHA256.hex(file.bytes)))
    }
    manifest.files = listed
    if let fault = manifest.fault() { throw refusal("its manifest \(fault)") }

    let document: [UInt8]
    do throws(ReportError) {
      document = try JSONDocument.encode(manifest)
    } catch {
      throw refusal("its manifest cannot be written: \(error.message)")
    }
    var digests = listed.map { DigestList.Line(path: $0.path, sha256: $0.sha256) }
    digests.append(DigestList.Line(path: BundlePath.manifest, sha256: try SHA256.hex(document)))
    let sums = DigestList(digests).text
    guard max(document.count, sums.count) <= BundleLimits.list else {
      throw refusal("the list of its files has more than \(BundleLimits.list) bytes")
    }

    var contents = Dictionary(files.map { ($0.path, $0.bytes) }) { first, _ in first }
    contents[BundlePath.manifest] = document
    contents[BundlePath.digests] = sums
    return try pack(contents, created: manifest.created)
  }

  /// Writes a bundle, or anything else, so that at `path` there is either what was there before or all of `bytes`.
  ///
  /// It is written beside `path` under another name, mode 0600, synced, then renamed over it; on failure nothing is
  /// left.
  /// - Throws: ``BundleError/Code/system``, and ``BundleError/Code/refused`` where `path` is there and no regular file.
  package static func write(_ bytes: [UInt8], to path: String) throws(BundleError) {
    try AtomicFile(path).write(bytes)
  }

  /// The archive of these files, by path below the root folder.
  static func pack(_ contents: [String: [UInt8]], created: Double) throws(BundleError) -> [UInt8] {
    let writer = try TarWriter(created: created)
    try writer.addFolder(BundlePath.root)
    let first = [BundlePath.readme, BundlePath.manifest, BundlePath.digests].filter { contents[$0] != nil }
    let rest = contents.keys.filter { !first.contains($0) }.sorted(by: BundlePath.precedes)
    for path in first + rest {
      try writer.addFile(BundlePath.root + "/" + path, contents[path] ?? [])
    }
    let bytes = try writer.finish()
    guard bytes.count <= BundleLimits.compressed else {
      throw refusal("it has \(bytes.count) bytes, more than the \(BundleLimits.compressed) that are read")
    }
    // Each file is padded to 512 bytes, behind a header of as many.
    let unpacked = contents.values.reduce(0) { $0 + $1.count + 1024 }
    guard unpacked + BundleLimits.tail <= BundleLimits.unpacked(from: bytes.count) else {
      throw refusal("its \(unpacked) bytes shrink to \(bytes.count), which would not be read for fear of a bomb")
    }
    return bytes
  }

  private static func check(_ files: [BundleFile]) throws(BundleError) {
    // With the root folder, the manifest and the digests.
    guard files.count <= BundleLimits.entries - 3 else {
      throw refusal("it would have more than \(BundleLimits.entries) files")
    }
    var names = BundleNames()
    for own in [BundlePath.manifest, BundlePath.digests] { _ = names.add(own, isFile: true) }
    var total = 0
    for file in files {
      if let fault = BundlePath.fault(in: file.path) ?? names.add(file.path, isFile: true) {
        throw refusal("\(QuotedName.entry(file.path)): \(fault)")
      }
      guard file.bytes.count <= BundleLimits.file else {
        throw refusal("\(file.path) has \(file.bytes.count) bytes, more than the \(BundleLimits.file) that are read")
      }
      total += file.bytes.count
    }
    guard total <= BundleLimits.total - 2 * BundleLimits.list else {
      throw refusal("its files have \(total) bytes, more than the \(BundleLimits.total) that are read")
    }
  }

  private static func refusal(_ reason: String) -> BundleError {
    BundleError(.refused, "the bundle cannot be packed: \(reason)")
  }
}
