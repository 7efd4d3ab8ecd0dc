// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Why a journal cannot be kept, or not be read.
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

  /// What the system said of a place; the number is errno's.
  package static func system(at place: String) -> JournalError {
    JournalError(.system, "\(place): \(String(cString: strerror(errno)))")
  }
}

/// Where the journals of exercises are and what they say: to be read by whoever may.
///
/// They are written by the module Exercise, which holds a machine while it moves its balloon.
package enum JournalFile {
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
  package static func name(of key: String) -> String {
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

  /// The abstract socket (unix(7)) that stands for a machine while it is exercised, without the zero before it.
  package static func socketName(of key: String) -> String {
    "virt-balloon/exercise/\(String(sum(of: key), radix: 16))"
  }

  /// The journals in a directory: of exercises that were not ended, and of those that are under way.
  package static func all(in directory: String) throws(JournalError) -> [JournalEntry] {
    guard let stream = opendir(directory) else {
      guard errno == ENOENT else { throw .system(at: directory) }
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

  /// What is written in the file of one journal; `nil` when there is none. A link is not followed, and another user's
  /// file not believed.
  package static func read(_ path: String) throws(JournalError) -> JournalEntry? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else {
      guard errno == ENOENT else { throw .system(at: path) }
      return nil
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .system(at: path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid() else {
      throw JournalError(.malformed, "\(path): is no file of this user's: look at it, and remove it")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: JournalEntry.byteLimit + 1)
    while bytes.count <= JournalEntry.byteLimit {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system(at: path) }
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
}
