// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc

/// A file of this machine that is too long to be held: read piece by piece, and given on line by line.
enum HostLines {
  /// The longest line that is kept whole; of a longer one the beginning.
  static let lineLimit = 64 << 10

  /// Gives each line to `body`, without its end, until that returns false.
  ///
  /// - Parameters:
  ///   - limit: how many bytes are read at most: a longer file fails, for its end would read as missing.
  ///   - separator: the byte that ends a line; a last line needs none.
  /// - Throws: `notFound`, `denied` or `failed` as the system says; `malformed` of a file that is too long; `timedOut`.
  static func read(
    _ path: String, limit: Int, separator: UInt8 = UInt8(ascii: "\n"), until deadline: ContinuousClock.Instant,
    _ body: (ArraySlice<UInt8>) -> Bool
  ) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var line: [UInt8] = []
    var total = 0
    while true {
      guard ContinuousClock.now < deadline else {
        throw Failure(.timedOut, "\(path): not read to its end within the time given")
      }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      guard count > 0 else { break }
      total += count
      guard total <= limit else { throw Failure(.malformed, "\(path): longer than \(limit) bytes") }
      var start = 0
      while let end = chunk[start..<count].firstIndex(of: separator) {
        line += chunk[start..<end].prefix(max(0, lineLimit - line.count))
        guard body(line[...]) else { return }
        line.removeAll(keepingCapacity: true)
        start = end + 1
      }
      line += chunk[start..<count].prefix(max(0, lineLimit - line.count))
    }
    if !line.isEmpty { _ = body(line[...]) }
  }

  private static func failure(_ path: String, _ number: CInt) -> Failure {
    let words = "\(path): \(String(cString: strerror(number)))"
    return switch number {
    case ENOENT, ENOTDIR, ESRCH: Failure(.notFound, words)
    case EACCES, EPERM: Failure(.denied, words, ask: "run virt-balloon as root, or as the user that QEMU runs as")
    default: Failure(.failed, words)
    }
  }
}
