// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Small files and directories of this machine: settings, and what the kernel tells in procfs and sysfs.
enum HostFiles {
  /// Why a file cannot be read: the system's own number.
  struct SystemNumber: Error { let code: Int32 }

  /// A file of at most `limit` bytes, and one more when it is longer.
  static func read(_ path: String, limit: Int) -> Result<[UInt8], SystemNumber> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return .failure(SystemNumber(code: errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limit + 1, 1 << 16))
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return .failure(SystemNumber(code: errno)) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return .success(bytes)
  }

  /// The names in a directory, 100,000 at most; `nil` when it cannot be read.
  static func names(in directory: String) -> [String]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < 100_000, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
