// SPDX-License-Identifier: GPL-3.0-or-later
import CLibarchive
import Glibc

/// Writes a gzip-compressed tar whose bytes depend on nothing but what is put into it.
final class TarWriter {
  private let functions: ArchiveFunctions
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  /// Of all entries, in seconds since 1970.
  private let time: time_t
  private var bytes: [UInt8] = []

  /// - Parameter created: seconds since 1970. What a plain header of libarchive's cannot hold becomes the nearest that
  ///   it can: an extended header would be the only one in the bundle.
  init(created: Double) throws(BundleError) {
    functions = try ArchiveFunctions.load()
    time = created.isFinite ? time_t(min(max(created.rounded(.down), 0), 0x7fff_fffe)) : 0
    guard let archive = functions.writeNew() else { throw Self.noMemory }
    guard let entry = functions.entryNew() else {
      _ = functions.writeFree(archive)
      throw Self.noMemory
    }
    self.archive = archive
    self.entry = entry

    let write: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int = {
      _, context, start, count in
      guard let context, let start, count >= 0 else { return -1 }
      let writer = Unmanaged<TarWriter>.fromOpaque(context).takeUnretainedValue()
      writer.bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
      return count
    }
    // Neither the time of writing nor a name stands in the gzip header; no zeros pad the end.
    try check(functions.writeSetFormatPaxRestricted(archive))
    try check(functions.writeAddFilterGzip(archive))
    try check(functions.writeSetFilterOption(archive, "gzip", "compression-level", "9"))
    try check(functions.writeSetFilterOption(archive, "gzip", "timestamp", nil))
    try check(functions.writeSetBytesInLastBlock(archive, 1))
    try check(functions.writeOpen(archive, Unmanaged.passUnretained(self).toOpaque(), nil, write, nil))
  }

  deinit {
    functions.entryFree(entry)
    _ = functions.writeFree(archive)
  }

  func addFolder(_ path: String) throws(BundleError) {
    try addHeader(path + "/", S_IFDIR, 0o755, size: 0)
  }

  func addFile(_ path: String, _ content: [UInt8]) throws(BundleError) {
    try addHeader(path, S_IFREG, 0o644, size: content.count)
    var written = 0
    while written < content.count {
      let count = content.withUnsafeBytes {
        functions.writeData(archive, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      guard count > 0 else { throw failure() }
      written += count
    }
  }

  /// Ends the archive and gives its bytes.
  func finish() throws(BundleError) -> [UInt8] {
    try check(functions.writeClose(archive))
    return bytes
  }

  private func addHeader(_ path: String, _ type: mode_t, _ mode: mode_t, size: Int) throws(BundleError) {
    _ = functions.entryClear(entry)
    functions.entrySetPathname(entry, path)
    functions.entrySetFiletype(entry, type)
    functions.entrySetPerm(entry, mode)
    functions.entrySetSize(entry, Int64(size))
    functions.entrySetMtime(entry, time, 0)
    functions.entrySetUid(entry, 0)
    functions.entrySetGid(entry, 0)
    functions.entrySetUname(entry, "root")
    functions.entrySetGname(entry, "root")
    try check(functions.writeHeader(archive, entry))
  }

  private func check(_ status: CInt) throws(BundleError) {
    guard status == ARCHIVE_OK else { throw failure() }
  }

  private func failure() -> BundleError {
    BundleError(.system, "the bundle cannot be packed (\(functions.reason(archive)))")
  }

  private static let noMemory = BundleError(.system, "the bundle cannot be packed: libarchive has no memory")
}
