// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// A file that is written whole or not at all.
package struct AtomicFile {
  private let path: String
  private let folder: String
  private let name: String
  private let shown: String

  /// - Throws: ``BundleError/Code/refused`` when the path names a folder.
  package init(_ path: String) throws(BundleError) {
    self.path = path
    shown = QuotedName.file(path)
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard !path.utf8.contains(0) else { throw BundleError(.refused, "cannot write \(shown): no file has such a name") }
    guard !name.isEmpty, name != ".", name != ".." else {
      throw BundleError(.refused, "cannot write \(shown): it names a folder; give the name of a file in it")
    }
  }

  /// Writes the bytes to a file that has no name yet, or to one beside it where the file system has no such files. Once
  /// they are on the disk that file is renamed over this one.
  /// - Parameters:
  ///   - unnamed: whether a file without a name is tried; whoever is killed while writing leaves nothing then.
  ///   - mode: who may read it, whatever the umask.
  package func write(_ bytes: [UInt8], unnamed: Bool = true, mode: UInt32 = 0o600) throws(BundleError) {
    let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { throw failure("its folder cannot be opened", errno) }
    defer { close(parent) }
    try checkTarget(parent)

    var temporary: String?
    var file = unnamed ? openUnnamed(parent) : -1
    if file < 0 {
      temporary = try makeBeside { name in
        file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o600)
        return file >= 0
      }
    }
    var isOpen = true
    do throws(BundleError) {
      guard mode == 0o600 || fchmod(file, mode) == 0 else { throw failure("its mode cannot be set", errno) }
      try fill(file, bytes)
      let name: String
      if let temporary {
        name = temporary
      } else {
        name = try makeBeside { name in
          linkat(AT_FDCWD, Self.link(to: file), parent, name, AT_SYMLINK_FOLLOW) == 0
        }
        temporary = name
      }
      isOpen = false
      // Some file systems only say now that there was no room.
      guard close(file) == 0 || errno == EINTR else { throw failure(nil, errno) }
      guard renameat(parent, name, parent, self.name) == 0 else { throw failure("it cannot be put in place", errno) }
    } catch {
      if isOpen { close(file) }
      if let temporary { unlinkat(parent, temporary, 0) }
      throw error
    }
    // Some file systems have nothing to sync a folder for.
    if fsync(parent) != 0, errno != EINVAL, errno != EROFS, errno != ENOTSUP {
      throw BundleError(
        .system,
        "\(shown) was written, but may be lost if the power fails now: its folder cannot be synced "
          + "(\(String(cString: strerror(errno))))")
    }
  }

  private func checkTarget(_ parent: CInt) throws(BundleError) {
    var status = stat()
    guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return }
      throw failure(nil, errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw BundleError(
        .refused, "cannot write \(shown): it is \(FileKind.name(of: status.st_mode)); give the name of a file")
    }
  }

  /// A file that ends with this program unless it is given a name; -1 where there is no such thing.
  private func openUnnamed(_ parent: CInt) -> CInt {
    // O_TMPFILE, which Glibc's module leaves out.
    let file = openat(parent, ".", 0o20000000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { return -1 }
    // The name is given by way of /proc.
    if access(Self.link(to: file), F_OK) == 0 { return file }
    close(file)
    return -1
  }

  private static func link(to file: CInt) -> String { "/proc/self/fd/\(file)" }

  /// Gives `make` names that nobody else has until it succeeds.
  private func makeBeside(_ make: (String) -> Bool) throws(BundleError) -> String {
    for _ in 0..<16 {
      let name = ".virt-balloon-\(String(UInt64.random(in: .min ... .max), radix: 16)).part"
      if make(name) { return name }
      guard errno == EEXIST || errno == EINTR else { break }
    }
    throw failure("no file can be made in its folder", errno)
  }

  private func fill(_ file: CInt, _ bytes: [UInt8]) throws(BundleError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(nil, count == 0 ? EIO : errno) }
      written += count
    }
    while fsync(file) != 0 {
      guard errno == EINTR else { throw failure(nil, errno) }
    }
  }

  private func failure(_ what: String?, _ number: CInt) -> BundleError {
    let remedy =
      switch number {
      case ENOSPC, EDQUOT: "; make room there, or name a file on another disk"
      case EFBIG: "; raise the limit of a file's size (ulimit -f), or name a file elsewhere"
      case EACCES, EPERM, EROFS: "; name a file where you may write"
      case ENOENT, ENOTDIR: "; make the folder first"
      default: ""
      }
    let words = String(cString: strerror(number))
    return BundleError(.system, "cannot write \(shown): \(what.map { "\($0): " } ?? "")\(words)\(remedy)")
  }
}
