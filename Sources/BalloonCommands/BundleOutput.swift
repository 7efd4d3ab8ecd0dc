// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import SupportBundle

/// Where a bundle goes: a file, or standard output.
struct BundleOutput {
  let path: String
  init(_ path: String) { self.path = path }

  private var isStandardOutput: Bool { path == "-" }

  /// Refuses what would only be found out after all the asking.
  func check() throws(BundleError) {
    if isStandardOutput {
      guard isatty(STDOUT_FILENO) == 0 else {
        throw BundleError(.system, "a bundle is not for a terminal: give -o FILE, or lead standard output elsewhere")
      }
      return
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw BundleError(.system, "cannot write \(path): it is no regular file; give a file's name")
    }
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard stat(folder, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      throw BundleError(.system, "cannot write \(path): \(folder): \(reason); make the folder first")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw BundleError(.system, "cannot write \(path): \(folder) is no folder; name a file in one")
    }
    guard access(folder, W_OK | X_OK) == 0 else {
      let reason = String(cString: strerror(errno))
      throw BundleError(.system, "cannot write \(path): \(folder): \(reason); name a file where you may write")
    }
  }

  /// Whether this is the very file that `other` is, by whatever path.
  func isSameFile(as other: String) -> Bool {
    guard !isStandardOutput else { return false }
    var (one, two) = (stat(), stat())
    guard stat(path, &one) == 0, stat(other, &two) == 0 else { return path == other }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  /// Writes it, or says why not and ends the program.
  func write(_ bytes: [UInt8]) throws {
    guard !isStandardOutput else { return try Console.write(bytes, as: "bundle") }
    do throws(BundleError) { try BundleContainer.write(bytes, to: path) } catch {
      throw Console.fail(error.message, .internalError)
    }
  }
}
