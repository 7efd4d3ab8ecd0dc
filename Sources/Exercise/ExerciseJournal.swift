// SPDX-License-Identifier: GPL-3.0-or-later
package import Collectors
import Glibc

/// The journal of one machine, held by this process alone for as long as it lives.
///
/// `NAME.json` appears whole or not at all: it is written beside, synced, and renamed, and its directory is synced.
/// `NAME.lock` is locked with flock(2), which the kernel lets go of with this process. Another user has a journal of
/// their own in another place, so the name of the machine is also taken as an abstract unix socket (unix(7)), which
/// exists once in a network namespace, needs no file and no permission, and goes with this process too.
package final class ExerciseJournal: Sendable {
  package let path: String
  private let directory: String
  private let lock: Int32
  private let name: Int32

  /// Takes the machine for this process.
  ///
  /// - Throws: `.busy` while another exercise of it is under way, whoever runs it.
  package init(of key: String, in directory: String) throws(JournalError) {
    try Self.make(directory)
    self.directory = directory
    let file = directory + "/" + JournalFile.name(of: key)
    path = file + ".json"
    let busy = JournalError(
      .busy,
      "another exercise of this machine is under way: wait until it has ended, or end it (it puts back what it took)")
    let name = try Self.take(name: key, busy)
    let lock = open(file + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else {
      let failure = JournalError.system(at: file + ".lock")
      close(name)
      throw failure
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let failure = errno == EWOULDBLOCK ? busy : JournalError.system(at: file + ".lock")
      close(lock)
      close(name)
      throw failure
    }
    (self.lock, self.name) = (lock, name)
  }

  deinit {
    close(lock)
    close(name)
  }

  /// What is written there; `nil` when nothing is.
  package func read() throws(JournalError) -> JournalEntry? { try JournalFile.read(path) }

  /// Writes what is to be put back, so that it is on the disk when this returns.
  package func write(_ entry: JournalEntry) throws(JournalError) {
    let new = path + ".new"
    unlink(new)
    let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw JournalError.system(at: new) }
    defer { close(file) }
    var rest = entry.bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw JournalError.system(at: new) }
      rest = rest.dropFirst(count)
    }
    guard fsync(file) == 0 else { throw JournalError.system(at: new) }
    guard rename(new, path) == 0 else { throw JournalError.system(at: path) }
    try syncDirectory()
  }

  /// There is nothing to be put back any more.
  package func remove() throws(JournalError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw JournalError.system(at: path) }
    try syncDirectory()
  }

  private func syncDirectory() throws(JournalError) {
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw JournalError.system(at: directory) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw JournalError.system(at: directory) }
  }

  /// Makes a directory and those above it, for this user alone.
  private static func make(_ directory: String) throws(JournalError) {
    var path = ""
    for part in directory.split(separator: "/") {
      path += "/" + part
      guard mkdir(path, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
        throw JournalError.system(at: path)
      }
    }
    var status = stat()
    guard stat(directory, &status) == 0 else { throw JournalError.system(at: directory) }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
      throw JournalError(.system, "\(directory): is no directory of this user's, so no journal is kept there")
    }
  }

  /// Binds the machine's name as an abstract socket.
  private static func take(name key: String, _ busy: JournalError) throws(JournalError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw JournalError.system(at: "socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = [0] + Array(JournalFile.socketName(of: key).utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else {
      let failure = errno == EADDRINUSE ? busy : JournalError.system(at: "the abstract socket of the machine's name")
      close(descriptor)
      throw failure
    }
    return descriptor
  }
}
