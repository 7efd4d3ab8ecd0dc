// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// The first bytes of a file, by which its kind is told.
enum FileHead {
  /// At most `count` bytes; none of what cannot be opened, which is left to whoever reads it, and none of a pipe.
  static func bytes(of path: String, count: Int) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: count)
    let had = pread(descriptor, &head, count, 0)
    return Array(head.prefix(max(0, had)))
  }
}
