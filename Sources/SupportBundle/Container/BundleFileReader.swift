// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Reads a file that a person named.
enum BundleFileReader {
  static func bytes(of path: String) throws(BundleError) -> [UInt8] {
    let shown = QuotedName.file(path)
    // A pipe that nobody writes to must not hold this up, nor a terminal become this program's own.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard file >= 0 else { throw failure(shown, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(shown, errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      guard status.st_size <= BundleLimits.compressed else { throw Bundle.tooLarge(shown) }
    case S_IFIFO:
      // From here on whoever writes is waited for.
      let flags = fcntl(file, F_GETFL)
      guard flags >= 0, fcntl(file, F_SETFL, flags & ~O_NONBLOCK) == 0 else { throw failure(shown, errno) }
    default:
      throw BundleError(
        .system, "cannot read \(shown): it is \(FileKind.name(of: status.st_mode)); give a file or a pipe")
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(status.st_size))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { block.deallocate() }
    while true {
      let got = read(file, block.baseAddress, block.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(shown, errno) }
      guard got > 0 else { return bytes }
      guard bytes.count + got <= BundleLimits.compressed else { throw Bundle.tooLarge(shown) }
      bytes.append(contentsOf: UnsafeRawBufferPointer(start: block.baseAddress, count: got))
    }
  }

  private static func failure(_ shown: String, _ number: CInt) -> BundleError {
    BundleError(.system, "cannot read \(shown): \(String(cString: strerror(number)))")
  }
}
