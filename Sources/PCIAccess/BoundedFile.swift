// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Reads a regular file whole, up to a limit.
enum BoundedFile {
  /// - Throws: `too-large` beyond `limit`, `not-found`, `denied`, or what the system said; a pipe, a device or a
  ///   folder is refused without waiting for it.
  static func read(_ path: String, limit: Int) throws(PCIAccessError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { throw failure(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PCIAccessError(.malformed, "\(path.debugDescription) is no regular file")
    }
    var result: [UInt8] = []
    while true {
      let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
      }
      guard !chunk.isEmpty else { return result }
      result += chunk
      guard result.count <= limit else {
        throw PCIAccessError(.tooLarge, "\(path.debugDescription) has more than the \(limit) bytes that are read")
      }
    }
  }

  private static func failure(_ path: String, _ number: CInt) -> PCIAccessError {
    let code: PCIAccessError.Code =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM: .denied
      default: .system
      }
    return PCIAccessError(code, "cannot read \(path.debugDescription): \(String(cString: strerror(number)))")
  }
}
