// SPDX-License-Identifier: GPL-3.0-or-later
import CLibarchive

/// What one gzip stream unpacks to, block by block: bounded, and checked to its last byte.
///
/// libarchive inflates. It reads on over streams that were put one behind another, ignores what follows the last of
/// them, and does not compare the checksum (3.6.2, archive_read_support_filter_gzip.c): that is done here.
final class GzipStream {
  /// The bundle's name as messages have it.
  let name: String
  private let compressed: UnsafeBufferPointer<UInt8>
  private let functions: ArchiveFunctions
  private let archive: OpaquePointer
  /// How many bytes may come out.
  private let limit: Int
  /// How many bytes came out.
  private(set) var count = 0
  /// Where the zeros begin that stand at the end of what came out.
  private(set) var zerosStart = 0
  private var checksum = CRC32()
  private var isAtEnd = false

  /// - Parameters:
  ///   - compressed: the whole file, which must stay as it is while this stream is used.
  ///   - name: as messages have it.
  init(_ compressed: UnsafeBufferPointer<UInt8>, name: String) throws(BundleError) {
    functions = try ArchiveFunctions.load()
    guard let archive = functions.readNew() else {
      throw BundleError(.system, "cannot read \(name): libarchive has no memory")
    }
    self.archive = archive
    self.name = name
    self.compressed = compressed
    limit = BundleLimits.unpacked(from: compressed.count)
    // Not ARCHIVE_OK where libarchive would have to run the gzip program.
    guard functions.readSupportFilterGzip(archive) == ARCHIVE_OK,
      functions.readSupportFormatRaw(archive) == ARCHIVE_OK
    else {
      throw BundleError(.libraryMissing, "cannot read \(name): this machine's libarchive cannot unpack gzip")
    }
    var entry: OpaquePointer?
    let isOpen =
      functions.readOpenMemory(archive, compressed.baseAddress, compressed.count) == ARCHIVE_OK
      && functions.readNextHeader(archive, &entry) == ARCHIVE_OK
    // The file's own bytes count as a filter that does nothing.
    let filters = functions.filterCount(archive)
    guard filters <= 2 else {
      throw BundleError(
        .refused, "\(name) is compressed by gzip more than once: unpack it once with gunzip, or ask for the original")
    }
    guard isOpen, filters == 2, functions.filterCode(archive, 0) == ARCHIVE_FILTER_GZIP else { throw damage() }
  }

  deinit { _ = functions.readFree(archive) }

  /// The next bytes, which are there until the next call; nil at the end, when all that the file says of itself holds.
  /// - Throws: ``BundleError/Code/damaged``, or ``BundleError/Code/refused`` for too much of it.
  func next() throws(BundleError) -> UnsafeRawBufferPointer? {
    guard !isAtEnd else { return nil }
    var start: UnsafeRawPointer?
    var size = 0
    var offset: Int64 = 0
    let status = functions.readDataBlock(archive, &start, &size, &offset)
    if status == ARCHIVE_EOF {
      isAtEnd = true
      try checkEnd()
      return nil
    }
    guard status == ARCHIVE_OK, let start, size > 0 else { throw damage() }
    let block = UnsafeRawBufferPointer(start: start, count: size)
    if let last = block.lastIndex(where: { $0 != 0 }) { zerosStart = count + last + 1 }
    count += size
    checksum.update(block)
    guard count <= limit else {
      throw BundleError(
        .refused,
        "\(name) has \(compressed.count) bytes and unpacks to more than \(limit): no bundle does; it was made to fill "
          + "a disk or memory")
    }
    return block
  }

  private func checkEnd() throws(BundleError) {
    let used = functions.filterBytes(archive, -1)
    guard used == compressed.count else {
      throw BundleError(
        .refused, "\(name) has \(Int64(compressed.count) - used) bytes behind its gzip stream: ask for the original")
    }
    guard compressed.count >= 18 else { throw damage() }
    let trailer = compressed.suffix(8).map { UInt32($0) }
    let number = { (at: Int) in trailer[at] | trailer[at + 1] << 8 | trailer[at + 2] << 16 | trailer[at + 3] << 24 }
    // Of several streams the last one's size is not that of all, unless the others are empty.
    guard number(0) == checksum.value, number(4) == UInt32(truncatingIfNeeded: count), !isFirstStreamEmpty else {
      throw BundleError(
        .damaged,
        "\(name) is damaged, or several gzip streams in one: the checksum at its end is not that of what it holds; "
          + "copy it again")
    }
  }

  /// Whether the file begins as `gzip </dev/null` writes it: a stream of one empty block.
  private var isFirstStreamEmpty: Bool {
    // Behind a header without a name: the last block, with fixed codes, of their end mark alone; or stored and empty.
    guard compressed.count > 38, compressed[3] == 0 else { return false }
    return compressed[10] == 3 && compressed[11] == 0 || compressed[10..<15].elementsEqual([1, 0, 0, 0xff, 0xff])
  }

  private func damage() -> BundleError {
    BundleError(
      .damaged,
      "\(name) is damaged: its gzip stream breaks off or cannot be unpacked "
        + "(\(functions.reason(archive))); copy it again"
    )
  }
}
