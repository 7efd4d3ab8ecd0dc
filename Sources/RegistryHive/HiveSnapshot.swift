// SPDX-License-Identifier: GPL-3.0-or-later
import CHivex
import Glibc

/// A copy of a hive's file in memory, for libhivex to map.
///
/// libhivex maps the file it opens, so that one cut short meanwhile would end the process; and it reads the fixed part
/// of a record, and the list of a large value's parts, without asking whether the record is that long (1.3.24,
/// node.c and value.c). The copy cannot change, and ends with as many zeros as such a read can reach.
struct HiveSnapshot: ~Copyable {
  /// The most bytes of pages that are read, so that all of it stays well under 256 MiB.
  static let limit = 192 << 20
  /// More than what a read of libhivex's can exceed a record by: 65,535 offsets of four bytes.
  private static let padding = 1 << 20
  /// The header's size, and that of all pages' unit.
  private static let headerSize = 4096

  private let descriptor: CInt
  /// Whether Windows had not finished writing when the file was copied: what its logs hold besides is not read.
  let isUnfinished: Bool

  /// - Throws: `not-found`, `denied`, `not-regular`, `not-a-hive`, `too-large`, `truncated`, or what the system said.
  init(of path: String) throws(HiveError) {
    let copy = try Self.copy(path)
    descriptor = copy.memory
    isUnfinished = copy.isUnfinished
  }

  private static func copy(_ path: String) throws(HiveError) -> (memory: CInt, isUnfinished: Bool) {
    let shown = path.debugDescription
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { throw failure(shown, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(shown, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw HiveError(.notRegular, "\(shown) is no regular file") }

    let header = try read(file, shown, atMost: headerSize)
    let pages = try checked(header, shown)
    let memory = vb_hive_memory("hive")
    guard memory >= 0 else { throw failure(shown, errno) }
    do throws(HiveError) {
      try write(header, to: memory, shown)
      var left = pages
      while left > 0 {
        let chunk = try read(file, shown, atMost: min(left, 1 << 20))
        guard !chunk.isEmpty else {
          throw HiveError(
            .truncated,
            "\(shown) is cut short: it lacks the last \(left) bytes of the hive; copy it again")
        }
        try write(chunk, to: memory, shown)
        left -= chunk.count
      }
      guard ftruncate(memory, off_t(headerSize + pages + padding)) == 0 else {
        throw failure(shown, errno)
      }
    } catch {
      close(memory)
      throw error
    }
    return (memory, number(header, at: 4) != number(header, at: 8))
  }

  deinit { close(descriptor) }

  /// Where libhivex opens it.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// The bytes of all pages behind the header.
  private static func checked(_ header: [UInt8], _ shown: String) throws(HiveError) -> Int {
    guard header.starts(with: "regf".utf8) else {
      throw HiveError(.notHive, "\(shown) is no registry hive: it does not begin with \"regf\"")
    }
    guard header.count == headerSize else {
      throw HiveError(.truncated, "\(shown) is cut short: it has not even a hive's header; copy it again")
    }
    let version = number(header, at: 20)
    guard version == 1 else {
      throw HiveError(.notHive, "\(shown) is a registry hive of version \(version), and 1 is the only one known")
    }
    let pages = Int(number(header, at: 40))
    guard pages > 0, pages.isMultiple(of: headerSize) else {
      throw HiveError(.malformed, "\(shown) is damaged: its header tells \(pages) bytes of pages")
    }
    guard pages <= limit else {
      throw HiveError(.tooLarge, "\(shown) has \(pages) bytes, more than the \(limit) that are read")
    }
    return pages
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    guard offset >= 0, bytes.count - 4 >= offset else { return 0 }
    return bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Fewer bytes only at the file's end.
  private static func read(_ file: CInt, _ shown: String, atMost count: Int) throws(HiveError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes[filled...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(shown, errno) }
      guard got > 0 else { break }
      filled += got
    }
    bytes.removeLast(count - filled)
    return bytes
  }

  private static func write(_ bytes: [UInt8], to memory: CInt, _ shown: String) throws(HiveError) {
    var written = 0
    while written < bytes.count {
      let put = bytes[written...].withUnsafeBytes { Glibc.write(memory, $0.baseAddress, $0.count) }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw failure(shown, errno) }
      written += put
    }
  }

  private static func failure(_ shown: String, _ number: CInt) -> HiveError {
    let code: HiveError.Code =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM: .denied
      default: .system
      }
    return HiveError(code, "cannot read \(shown): \(String(cString: strerror(number)))")
  }
}
