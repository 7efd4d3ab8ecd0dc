// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc

/// Fetches a Windows' registry hives from the disks of a guest that is shut off, read-only, by guestfish.
///
/// Source: guestfish(1), `--ro`, `-a`, `--format`, `--domain`, `--connect`, `-i`, and `win:` paths, which find a file
/// whatever the case of its name. No word of the image is part of a command, and no shell is run.
package struct GuestDisk: Sendable {
  /// Where the disks are.
  package enum Place: Hashable, Sendable {
    /// The path of an image.
    case image(String)
    /// All disks of a libvirt domain (name or UUID), with the formats that its XML has.
    case domain(String, uri: String?)
  }

  package let place: Place
  /// How long guestfish may take: it builds an appliance on first use, and boots it each time.
  let time: Duration

  /// The most that the hives may have together, in bytes.
  static let byteLimit: Int64 = 512 << 20

  package init(_ place: Place, time: Duration) {
    self.place = place
    self.time = time
  }

  /// The place for people: an image's path, or a domain's name.
  package var name: String {
    switch place {
    case .image(let path): path
    case .domain(let name, _): name
    }
  }

  /// guestfish's words for the place; an image is neither an option nor a URI, and a domain's name no option.
  private func words() throws(TargetError) -> [String] {
    switch place {
    case .image(let path):
      ["--format=\(try imageFormat(path))", "-a", path.hasPrefix("/") ? path : "./" + path]
    case .domain(let name, let uri): (uri.map { ["--connect=\($0)"] } ?? []) + ["--domain=\(name)"]
    }
  }

  /// Runs `body` with the hives in a private directory, which is removed afterwards, also when this process is told to
  /// end meanwhile.
  /// - Throws: in one line, why there are none.
  package func withHives<Result>(
    _ body: (HiveCollector.Files) throws(TargetError) -> Result
  ) async throws(TargetError) -> Result {
    let words = try self.words()
    let interruption = Interruption()
    do throws(TargetError) {
      let result = try await withHives(of: words, unless: interruption, body)
      interruption.end()
      return result
    } catch {
      interruption.end()
      throw error
    }
  }

  private func withHives<Result>(
    of words: [String], unless interruption: borrowing Interruption,
    _ body: (HiveCollector.Files) throws(TargetError) -> Result
  ) async throws(TargetError) -> Result {
    let directory = try Self.privateDirectory()
    defer { Self.remove(directory) }
    func hive(_ name: String) -> String { "\(directory)/\(name)" }
    // Of these SYSTEM must be there; a minus takes a failure for an answer.
    let script = Self.hives.map { name in
      "\(name == "SYSTEM" ? "" : "-")download win:\\windows\\\(Self.folder(of: name))\\\(name) \(hive(name))\n"
    }.joined()
    let files = (script: hive("script"), errors: hive("errors"))
    try Self.write(script, to: files.script)
    let status = try await run(
      ["guestfish", "--ro"] + words + ["-i"], input: files.script, errors: files.errors,
      in: directory, unless: interruption)
    guard status == 0 else {
      let told = Self.firstLine(of: files.errors)
      throw error(.failed, told.isEmpty ? "guestfish ended with status \(status)" : told)
    }
    func there(_ name: String) -> String? { access(hive(name), R_OK) == 0 ? hive(name) : nil }
    return try body(
      HiveCollector.Files(
        system: hive("SYSTEM"), software: there("SOFTWARE"), drivers: there("DRIVERS"), amcache: there(Self.amcache)))
  }

  private static let hives = ["SYSTEM", "SOFTWARE", "DRIVERS", amcache]
  private static let amcache = "Amcache.hve"

  private static func folder(of hive: String) -> String {
    hive == amcache ? "appcompat\\programs" : "system32\\config"
  }

  private func error(_ reason: Failure.Reason, _ text: String) -> TargetError {
    TargetError("\(name): \(text)", Failure(reason, text))
  }

  /// The image's format by its own mark, so that nothing a guest wrote into a raw one is looked for.
  private func imageFormat(_ image: String) throws(TargetError) -> String {
    let descriptor = open(image, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      let denied = errno == EACCES || errno == EPERM
      throw error(denied ? .denied : .notFound, String(cString: strerror(errno)) + (denied ? "; run as root" : ""))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, [S_IFREG, S_IFBLK].contains(status.st_mode & S_IFMT) else {
      throw error(.malformed, "neither a file nor a block device, so no disk image")
    }
    var mark = [UInt8](repeating: 0, count: 8)
    guard pread(descriptor, &mark, mark.count, 0) == mark.count else {
      throw error(.malformed, "too short for a disk image")
    }
    if mark.starts(with: [0x51, 0x46, 0x49, 0xfb]) { return "qcow2" }
    if mark.starts(with: "KDMV".utf8) { return "vmdk" }
    if mark.starts(with: "vhdxfile".utf8) { return "vhdx" }
    return "raw"
  }

  // MARK: guestfish

  /// Runs a program with its output thrown away, watches its time and what it writes, and gives its exit status.
  private func run(
    _ arguments: [String], input: String, errors: String, in directory: String,
    unless interruption: borrowing Interruption
  ) async throws(TargetError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    guard failure == 0 else {
      throw error(
        failure == ENOENT ? .notFound : .failed,
        failure == ENOENT
          ? "guestfish fetches them, which is not installed: package libguestfs-tools in Debian and Ubuntu, "
            + "elsewhere the one of libguestfs that has guestfish; or copy Windows\\System32\\config\\SYSTEM out of "
            + "the image by other means and give it to virt-balloon analyze"
          : "guestfish cannot be run: \(String(cString: strerror(failure)))")
    }
    let deadline = ContinuousClock.now + time
    var status: Int32 = 0
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      if ended == process { break }
      guard ended == 0 || errno == EINTR else { throw error(.failed, "guestfish cannot be waited for") }
      let reason =
        interruption.hasCome
        ? "interrupted"
        : Self.excess(in: directory) ?? (ContinuousClock.now < deadline ? nil : "guestfish took too long")
      if let reason {
        kill(process, SIGTERM)
        try? await Task.sleep(for: .milliseconds(500))
        kill(process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        throw error(.timedOut, reason)
      }
      try? await Task.sleep(for: .milliseconds(20))
    }
    // As WIFEXITED and WEXITSTATUS have it.
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
  }

  /// Why the directory holds more than it may; `nil` when it does not.
  private static func excess(in directory: String) -> String? {
    var sum: Int64 = 0
    for name in hives + ["errors"] {
      var status = stat()
      if lstat("\(directory)/\(name)", &status) == 0 { sum += Int64(status.st_size) }
    }
    return sum > byteLimit ? "its registry hives have more than \(byteLimit >> 20) MiB, which no Windows' have" : nil
  }

  // MARK: Files

  /// A directory that only this user may enter, whose path is one plain word.
  private static func privateDirectory() throws(TargetError) -> String {
    let wanted = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let isPlain = wanted.hasPrefix("/") && ShellWord.quoted(wanted) == wanted
    let parent = isPlain ? wanted : "/var/tmp"
    var template = Array("\(parent)/virt-balloon.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = "\(parent): no temporary directory: \(String(cString: strerror(errno)))"
      throw TargetError(reason, Failure(.failed, reason))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func remove(_ directory: String) {
    for name in hives + ["script", "errors"] { unlink("\(directory)/\(name)") }
    rmdir(directory)
  }

  private static func write(_ text: String, to path: String) throws(TargetError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    let bytes = Array(text.utf8)
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count, close(descriptor) == 0 else {
      let reason = "\(path): \(String(cString: strerror(errno)))"
      throw TargetError(reason, Failure(.failed, reason))
    }
  }

  /// The first line that guestfish complained in, cut short.
  private static func firstLine(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = max(0, read(descriptor, &bytes, bytes.count))
    let line = bytes.prefix(count).split(separator: UInt8(ascii: "\n")).first ?? []
    return String(String(decoding: line, as: UTF8.self).prefix(300))
  }
}
