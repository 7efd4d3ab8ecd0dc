// SPDX-License-Identifier: GPL-3.0-or-later
import CLibarchive
import Glibc

/// Reads the files of a tar: plain files and folders below the one root folder, and nothing else whatsoever.
final class TarReader {
  private let source: GzipStream
  private let name: String
  private let functions: ArchiveFunctions
  private let archive: OpaquePointer
  /// The first block, which was looked at to know what it is.
  private var ahead: UnsafeRawBufferPointer?
  /// Why the source could not go on; libarchive only knows that it could not.
  private var failure: BundleError?

  private var names = BundleNames()
  private var entries = 0
  private var total = 0
  private var files: [String: [UInt8]] = [:]

  /// The files by path below the root folder.
  static func files(of source: GzipStream) throws(BundleError) -> [String: [UInt8]] {
    let reader = try TarReader(source)
    return try reader.read()
  }

  private init(_ source: GzipStream) throws(BundleError) {
    self.source = source
    name = source.name
    functions = try ArchiveFunctions.load()
    guard let archive = functions.readNew() else {
      throw BundleError(.system, "cannot read \(name): libarchive has no memory")
    }
    self.archive = archive
    ahead = try source.next()
  }

  deinit { _ = functions.readFree(archive) }

  private func read() throws(BundleError) -> [String: [UInt8]] {
    try checkFormat()
    do throws(BundleError) {
      try open()
      while let entry = try nextEntry() { try take(entry) }
      try checkEnd()
    } catch {
      // A byte that fell over can make any of these; the checksum tells, where it is not far.
      if error.code == .refused, failure == nil { try drain(16 << 20) }
      throw error
    }
    return files
  }

  /// Tells what else the gzip stream holds, before libarchive is asked.
  private func checkFormat() throws(BundleError) {
    if let inner = ahead.flatMap({ ForeignFormat(of: $0) }), inner != .tar {
      throw BundleError(
        .refused, "\(name) is no bundle: its gzip stream holds \(inner.rawValue); give the bundle as collect wrote it")
    }
    guard let ahead, ForeignFormat(of: ahead) == .tar else {
      // Damage shows here first.
      try drain(16 << 20)
      throw BundleError(.notBundle, "\(name) is no support bundle: its gzip stream holds no tar archive")
    }
  }

  private func open() throws(BundleError) {
    let read:
      @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int =
        { _, reader, block in
          guard let reader, let block else { return -1 }
          return Unmanaged<TarReader>.fromOpaque(reader).takeUnretainedValue().give(block)
        }
    guard functions.readSupportFormatTar(archive) == ARCHIVE_OK,
      functions.readOpen(archive, Unmanaged.passUnretained(self).toOpaque(), nil, read, nil) == ARCHIVE_OK
    else { throw failure ?? damage("its tar archive cannot be opened") }
  }

  /// Hands libarchive the next block of the source; 0 bytes at its end, -1 when it cannot go on.
  private func give(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do throws(BundleError) {
      guard let bytes = try nextBlock() else { return 0 }
      block.pointee = bytes.baseAddress
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  private func nextBlock() throws(BundleError) -> UnsafeRawBufferPointer? {
    if let first = ahead {
      ahead = nil
      return first
    }
    return try source.next()
  }

  private func nextEntry() throws(BundleError) -> OpaquePointer? {
    var entry: OpaquePointer?
    let status = functions.readNextHeader(archive, &entry)
    if let failure { throw failure }
    switch status {
    case ARCHIVE_EOF: return nil
    case ARCHIVE_OK: break
    case ARCHIVE_WARN:
      throw BundleError(.refused, "\(name) is refused: \(functions.reason(archive))")
    default: throw damage("its tar archive cannot be read any further")
    }
    guard let entry else { throw damage("its tar archive cannot be read any further") }
    entries += 1
    guard entries <= BundleLimits.entries else {
      throw BundleError(.refused, "\(name) is refused: it has more than \(BundleLimits.entries) files and folders")
    }
    return entry
  }

  private func take(_ entry: OpaquePointer) throws(BundleError) {
    guard let pointer = functions.entryPathname(entry) else {
      throw BundleError(.refused, "\(name) is refused: an entry's name is no text")
    }
    // Longer than any path that may be, so that a longer one shows.
    let bytes = UnsafeRawBufferPointer(start: pointer, count: strnlen(pointer, 1024))
    var path = String(decoding: bytes, as: UTF8.self)
    let shown = QuotedName.entry(path)
    let refusal = { (reason: String) in
      BundleError(.refused, "\(self.name) is refused: \(shown): \(reason)")
    }
    // libarchive tells the form of the entry that it read last.
    switch functions.format(archive) {
    case ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FORMAT_TAR_GNUTAR: break
    case ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE:
      throw refusal("it has an extended header, which no file of a bundle needs; tar --format=ustar writes none")
    default: throw refusal("it is of a kind of tar that is not read; tar --format=ustar writes one that is")
    }
    guard functions.entryHardlink(entry) == nil else { throw refusal("it is a hard link") }
    let isFile: Bool
    switch functions.entryFiletype(entry) & S_IFMT {
    case S_IFREG: isFile = true
    case S_IFDIR: isFile = false
    case S_IFLNK: throw refusal("it is a symbolic link")
    case S_IFIFO: throw refusal("it is a named pipe")
    case S_IFCHR, S_IFBLK: throw refusal("it is a device")
    default: throw refusal("it is neither a file nor a folder")
    }
    guard functions.entrySparseCount(entry) == 0 else { throw refusal("it is a sparse file") }
    let size = functions.entrySize(entry)
    guard isFile || size == 0 else { throw refusal("it is a folder that has content") }

    if !isFile, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    if !isFile, path == BundlePath.root {
      if names.add(path, isFile: false) != nil { throw refusal("its name is there twice") }
      return
    }
    if path.utf8.first == UInt8(ascii: "/") { throw refusal("its path is absolute") }
    if path.split(separator: "/").contains("..") { throw refusal("its path leads out of the bundle") }
    guard path.hasPrefix(BundlePath.root + "/") else {
      throw refusal("it is not below \(BundlePath.root)/, the one folder of a bundle")
    }
    let below = String(path.dropFirst(BundlePath.root.utf8.count + 1))
    if let fault = BundlePath.fault(in: below) ?? names.add(path, isFile: isFile) { throw refusal(fault) }
    guard isFile else { return }
    guard 0...Int64(BundleLimits.file) ~= size else {
      throw refusal("it has \(size) bytes, more than the \(BundleLimits.file) that are read")
    }
    total += Int(size)
    guard total <= BundleLimits.total else {
      throw refusal("with it the files have more than the \(BundleLimits.total) bytes that are read")
    }
    files[below] = try content(Int(size), shown)
  }

  private func content(_ size: Int, _ shown: String) throws(BundleError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Memory that nothing is written to costs nothing.
    bytes.reserveCapacity(size)
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: Int64 = 0
      let status = functions.readDataBlock(archive, &start, &count, &offset)
      if let failure { throw failure }
      if status == ARCHIVE_EOF { break }
      guard status == ARCHIVE_OK, count >= 0 else { throw damage("\(shown) cannot be read to its end") }
      guard offset == bytes.count, size - bytes.count >= count else {
        throw BundleError(.refused, "\(name) is refused: \(shown): its content does not fit its size")
      }
      if let start { bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count)) }
    }
    guard bytes.count == size else { throw damage("\(shown) breaks off") }
    return bytes
  }

  /// Nothing but zeros may follow the last file, at least the two blocks of tar's end mark, and no more than any
  /// program writes.
  private func checkEnd() throws(BundleError) {
    let used = Int(functions.filterBytes(archive, -1))
    while source.count - used <= BundleLimits.tail, try nextBlock() != nil {}
    guard source.count - used <= BundleLimits.tail, source.zerosStart <= used else {
      throw BundleError(.refused, "\(name) is refused: more data follows the end of its tar archive")
    }
    guard source.count.isMultiple(of: 512), source.count - source.zerosStart >= 1024 else {
      throw damage("its tar archive has no end")
    }
  }

  /// Reads on, so that damage is told as such.
  private func drain(_ limit: Int) throws(BundleError) {
    let end = source.count + limit
    while source.count < end, try nextBlock() != nil {}
  }

  private func damage(_ what: String) -> BundleError {
    BundleError(.damaged, "\(name) is damaged: \(what) (\(functions.reason(archive))); copy it again")
  }
}
