// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc

/// The log that libvirt keeps of a domain's QEMU, where that is on this machine.
///
/// Source: libvirt, src/qemu/qemu_conf.c: `/var/log/libvirt/qemu` for the system's daemon, `libvirt/qemu/log` in the
/// user's cache directory for a session's; the file is the domain's name and `.log`.
struct HypervisorLog: Sendable {
  /// What stands before every path; empty, but for tests.
  let root: String
  /// The variables of the environment that say where a user's cache is.
  let environment: @Sendable (String) -> String?

  init(root: String = "", environment: @escaping @Sendable (String) -> String? = Self.environment) {
    self.root = root
    self.environment = environment
  }

  /// How much of the end of the log is read.
  static let tailLimit = 1 << 20
  /// How many lines are kept, and how much of one.
  static let lineLimit = 200
  static let lengthLimit = 2 << 10

  /// The lines of a log that have to do with the balloon.
  struct Lines: Hashable, Sendable {
    var bytes: [UInt8]
    /// Whether there was more than is kept.
    var isCut: Bool
  }

  /// The lines about the balloon in the log of the domain `name`.
  /// - Throws: why it cannot be read: the log is another machine's, not there, or somebody else's.
  func lines(of name: String, at uri: String) throws(Failure) -> Lines {
    let path = try path(of: name, at: uri)
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(.malformed, "\(path) is no regular file") }
    let start = max(0, Int(status.st_size) - Self.tailLimit)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < Self.tailLimit {
      let wanted = min(chunk.count, Self.tailLimit - bytes.count)
      let count = pread(descriptor, &chunk, wanted, off_t(start + bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, errno) }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    // The first line of a part is one only when the part begins where the log does.
    if start > 0 { bytes = Array(bytes[(bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex)...].dropFirst()) }
    var lines = Self.aboutBalloon(bytes)
    lines.isCut = lines.isCut || start > 0
    return lines
  }

  /// The last lines that name the balloon, in any case of letters.
  static func aboutBalloon(_ log: [UInt8]) -> Lines {
    let all = log.split(separator: UInt8(ascii: "\n")).filter(namesBalloon)
    var isCut = all.count > lineLimit
    var bytes: [UInt8] = []
    for line in all.suffix(lineLimit) {
      if line.count > lengthLimit { isCut = true }
      bytes += line.prefix(lengthLimit)
      bytes.append(UInt8(ascii: "\n"))
    }
    return Lines(bytes: bytes, isCut: isCut)
  }

  private static let word = Array("balloon".utf8)

  private static func namesBalloon(_ line: ArraySlice<UInt8>) -> Bool {
    guard line.count >= word.count else { return false }
    return line.indices.dropLast(word.count - 1).contains { start in
      // Bit 5 is what tells a small letter from a capital one.
      line[start] | 0x20 == word[0] && zip(line[start...], word).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  private func path(of name: String, at uri: String) throws(Failure) -> String {
    let place = LibvirtURI(uri)
    guard place.isHere else {
      throw Failure(
        .notAsked, "QEMU's log is on the guest's host", ask: "on that host: grep -i balloon /var/log/libvirt/qemu/*.log"
      )
    }
    guard place.driver == "qemu" else { throw Failure(.unsupported, "the log of \(place.driver) is not known") }
    guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 250,
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F })
    else { throw Failure(.malformed, "the domain's name cannot be that of a file") }
    switch place.path {
    case "/system": return "\(root)/var/log/libvirt/qemu/\(name).log"
    case "/session":
      if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") {
        return "\(root)\(cache)/libvirt/qemu/log/\(name).log"
      }
      guard let home = environment("HOME"), home.hasPrefix("/") else {
        throw Failure(.notFound, "neither XDG_CACHE_HOME nor HOME tells where the user's logs are")
      }
      return "\(root)\(home)/.cache/libvirt/qemu/log/\(name).log"
    default: throw Failure(.unsupported, "where this libvirt keeps its logs is not known")
    }
  }

  private func failure(_ path: String, _ number: CInt) -> Failure {
    switch number {
    case ENOENT, ENOTDIR: Failure(.notFound, "\(path): there is no such log")
    case EACCES, EPERM: Failure(.denied, "\(path): permission denied", ask: "collect as root")
    case ELOOP: Failure(.denied, "\(path) is a symbolic link, which is not followed")
    default: Failure(.failed, "\(path): \(String(cString: strerror(number)))")
    }
  }

  /// The environment of this process.
  static let environment: @Sendable (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
}
