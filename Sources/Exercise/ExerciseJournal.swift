// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Why a journal cannot be kept.
package struct JournalError: Error, Hashable, Sendable {
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Another exercise of the same machine is under way.
    package static let busy = Code(rawValue: "busy")
    /// What stands in the file is no journal.
    package static let malformed = Code(rawValue: "malformed")
    /// Whatever the system said.
    package static let system = Code(rawValue: "system")
  }
  package let code: Code
  /// One line for a person: what, where, what to do.
  package let message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

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

  /// Where journals are kept: `/var/lib/virt-balloon` for root, else `$XDG_STATE_HOME/virt-balloon`, else
  /// `~/.local/state/virt-balloon`.
  ///
  /// - Throws: when there is neither.
  package static func directory(
    user: UInt32 = geteuid(), environment: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) throws(JournalError) -> String {
    if user == 0 { return "/var/lib/virt-balloon" }
    // A relative path is to be ignored: XDG Base Directory Specification.
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/virt-balloon" }
    if let home = environment("HOME"), home.hasPrefix("/") { return home + "/.local/state/virt-balloon" }
    throw JournalError(.system, "there is no place for a journal: neither XDG_STATE_HOME nor HOME is set")
  }

  /// A file's name for a machine: what is no letter, digit, `-` or `_` stands as `%XX`; a long one is cut and marked
  /// with its own sum.
  package static func fileName(of key: String) -> String {
    var name = ""
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    guard name.utf8.count > 180 else { return name }
    return "\(name.prefix(160))%%\(String(sum(of: key), radix: 16))"
  }

  /// FNV-1a, 64 bits: to tell names apart, not to keep a secret.
  private static func sum(of text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Takes the machine for this process.
  ///
  /// - Throws: `.busy` while another exercise of it is under way, whoever runs it.
  package init(of key: String, in directory: String) throws(JournalError) {
    try Self.make(directory)
    self.directory = directory
    let file = directory + "/" + Self.fileName(of: key)
    path = file + ".json"
    let busy = JournalError(
      .busy,
      "another exercise of this machine is under way: wait until it has ended, or end it (it puts back what it took)")
    let name = try Self.take(name: key, busy)
    let lock = open(file + ".lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else {
      let failure = Self.failed(file + ".lock")
      close(name)
      throw failure
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let failure = errno == EWOULDBLOCK ? busy : Self.failed(file + ".lock")
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
  package func read() throws(JournalError) -> JournalEntry? { try Self.read(path) }

  /// Writes what is to be put back, so that it is on the disk when this returns.
  package func write(_ entry: JournalEntry) throws(JournalError) {
    let new = path + ".new"
    unlink(new)
    let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw Self.failed(new) }
    defer { close(file) }
    var rest = entry.bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failed(new) }
      rest = rest.dropFirst(count)
    }
    guard fsync(file) == 0 else { throw Self.failed(new) }
    guard rename(new, path) == 0 else { throw Self.failed(path) }
    try syncDirectory()
  }

  /// There is nothing to be put back any more.
  package func remove() throws(JournalError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw Self.failed(path) }
    try syncDirectory()
  }

  private func syncDirectory() throws(JournalError) {
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw Self.failed(directory) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw Self.failed(directory) }
  }

  /// The journals in a directory: of exercises that were not ended, and of those that are under way.
  package static func all(in directory: String) throws(JournalError) -> [JournalEntry] {
    guard let stream = opendir(directory) else {
      guard errno == ENOENT else { throw failed(directory) }
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count < 10_000, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".json") { names.append(name) }
    }
    var entries: [JournalEntry] = []
    for name in names.sorted() {
      if let entry = try read(directory + "/" + name) { entries.append(entry) }
    }
    return entries
  }

  private static func read(_ path: String) throws(JournalError) -> JournalEntry? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      guard errno == ENOENT else { throw failed(path) }
      return nil
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failed(path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
      throw JournalError(.malformed, "\(path): is no file of this user's: look at it, and remove it")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: JournalEntry.byteLimit + 1)
    while bytes.count <= JournalEntry.byteLimit {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failed(path) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    guard bytes.count <= JournalEntry.byteLimit, let entry = JournalEntry(parsing: bytes) else {
      throw JournalError(
        .malformed,
        "\(path): is no journal of an exercise; see what the guest's size should be, set it, and remove the file")
    }
    return entry
  }

  /// Makes a directory and those above it, for this user alone.
  private static func make(_ directory: String) throws(JournalError) {
    var path = ""
    for part in directory.split(separator: "/") {
      path += "/" + part
      guard mkdir(path, 0o700) == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else { throw failed(path) }
    }
    var status = stat()
    guard stat(directory, &status) == 0 else { throw failed(directory) }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else {
      throw JournalError(.system, "\(directory): is no directory of this user's, so no journal is kept there")
    }
  }

  /// Binds the machine's name as an abstract socket.
  private static func take(name key: String, _ busy: JournalError) throws(JournalError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failed("socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array("\0virt-balloon/exercise/\(String(sum(of: key), radix: 16))".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0 else {
      let failure = errno == EADDRINUSE ? busy : failed("the abstract socket of the machine's name")
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  private static func failed(_ place: String) -> JournalError {
    JournalError(.system, "\(place): \(String(cString: strerror(errno)))")
  }
}
