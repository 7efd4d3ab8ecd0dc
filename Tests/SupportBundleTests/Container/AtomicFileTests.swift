// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import Subprocess
import Testing

@testable import SupportBundle

@Suite("A bundle's file")
struct AtomicFileTests {
  @Test("is there whole, for its owner alone, and nothing beside it", arguments: [true, false])
  func written(unnamed: Bool) throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/bundle.tar.gz"
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    try AtomicFile(path).write(bytes, unnamed: unnamed)
    #expect(try folder.read("bundle.tar.gz") == bytes)
    #expect(try folder.names() == ["bundle.tar.gz"])
    var status = stat()
    try #require(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
    // An older one, open to all, is replaced by one that is not.
    chmod(path, 0o644)
    try AtomicFile(path).write([1], unnamed: unnamed)
    #expect(try folder.read("bundle.tar.gz") == [1])
    try #require(stat(path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o600)
  }

  @Test("is written only where a regular file may stand")
  func targets() throws {
    let folder = try ScratchFolder()
    let path = folder.path
    try folder.write("file", [7])
    mkdir(path + "/folder", 0o755)
    mkfifo(path + "/pipe", 0o600)
    symlink("file", path + "/link")
    let refused = [
      (path + "/folder", "a folder"), (path + "/pipe", "a named pipe"), (path + "/link", "a symbolic link"),
      ("/dev/null", "a device"), (path + "/", "names a folder"), (path + "/.", "names a folder"),
      ("", "names a folder"),
      (path + "/..", "names a folder"), (path + "/a\0b", "no file has such a name"),
    ]
    for (target, reason) in refused {
      let error = #expect(throws: BundleError.self) { try BundleContainer.write([1], to: target) }
      #expect(error?.code == .refused)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
    for (target, reason) in [(path + "/none/x", "make the folder first"), (path + "/file/x", "Not a directory")] {
      let error = #expect(throws: BundleError.self) { try BundleContainer.write([1], to: target) }
      #expect(error?.code == .system)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
    #expect(try folder.names() == ["file", "folder", "link", "pipe"])
    #expect(try folder.read("file") == [7])
  }

  @Test("is written into the current folder by its name alone")
  func currentFolder() async throws {
    let folder = try ScratchFolder()
    await #expect(processExitsWith: .success) { [path = folder.path as String] in
      guard chdir(path) == 0 else { exit(3) }
      try BundleContainer.write([1, 2], to: "bundle")
    }
    #expect(try folder.read("bundle") == [1, 2])
  }

  @Test("is not there when it would be larger than a file may be, and the old one still is", arguments: [true, false])
  func sizeLimit(unnamed: Bool) async throws {
    let folder = try ScratchFolder()
    try folder.write("bundle", [7])
    await #expect(processExitsWith: .success) { [path = folder.path as String, unnamed = unnamed as Bool] in
      signal(SIGXFSZ, SIG_IGN)
      guard AtomicFileTests.limitFiles() else { exit(3) }
      do throws(BundleError) {
        try AtomicFile(path + "/bundle").write([UInt8](repeating: 1, count: 1 << 20), unnamed: unnamed)
      } catch {
        exit(error.code == .system && error.message.contains("File too large; raise the limit") ? 0 : 4)
      }
      exit(5)
    }
    #expect(try folder.names() == ["bundle"])
    #expect(try folder.read("bundle") == [7])
  }

  /// Whether the file system of the tests' folders has files without names.
  static func hasUnnamedFiles() -> Bool {
    let file = open(FileManager.default.temporaryDirectory.path, 0o20000000 | O_DIRECTORY | O_WRONLY, 0o600)
    if file >= 0 { close(file) }
    return file >= 0
  }

  @Test(
    "is not there, nor anything else, when the program is killed while it writes",
    .enabled("needs a file system with O_TMPFILE for temporary files") { AtomicFileTests.hasUnnamedFiles() })
  func killed() async throws {
    let folder = try ScratchFolder()
    try folder.write("bundle", [7])
    await #expect(processExitsWith: .signal(SIGXFSZ)) { [path = folder.path as String] in
      // Whoever started this may have blocked the signal.
      var signals = sigset_t()
      sigemptyset(&signals)
      sigaddset(&signals, SIGXFSZ)
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      signal(SIGXFSZ, SIG_DFL)
      guard AtomicFileTests.limitFiles() else { exit(3) }
      try BundleContainer.write([UInt8](repeating: 1, count: 1 << 20), to: path + "/bundle")
    }
    #expect(try folder.names() == ["bundle"])
    #expect(try folder.read("bundle") == [7])
  }

  /// Lets this process make no file larger than 64 KiB, nor a core.
  static func limitFiles() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    var small = rlimit(rlim_cur: 64 << 10, rlim_max: 64 << 10)
    return setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
      && setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small) == 0
  }

  /// Whether a small disk can be mounted where no other process sees it.
  static func canMount() async -> Bool {
    let result = try? await Subprocess.run(
      .name("unshare"), arguments: ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"], output: .discarded,
      error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }

  /// A disk of 64 KiB that this thread alone sees.
  static func mountSmallDisk() -> String? {
    // Glibc's module leaves unshare out.
    guard let symbol = dlsym(nil, "unshare") else { return nil }
    let unshare = unsafeBitCast(symbol, to: (@convention(c) (CInt) -> CInt).self)
    let newMounts: CInt = 0x20000
    guard unshare(newMounts) == 0, mount("none", "/", nil, UInt(Int(MS_REC) | Int(MS_PRIVATE)), nil) == 0,
      mount("tmpfs", "/mnt", "tmpfs", 0, "size=64k") == 0
    else { return nil }
    return "/mnt"
  }

  @Test(
    "is not there when the disk is full, and the old one still is",
    .enabled("needs to be root, to mount a small disk") { await AtomicFileTests.canMount() }, arguments: [true, false])
  func fullDisk(unnamed: Bool) async throws {
    await #expect(processExitsWith: .success) { [unnamed = unnamed as Bool] in
      guard let disk = AtomicFileTests.mountSmallDisk() else { exit(3) }
      try BundleContainer.write([7], to: disk + "/bundle")
      do throws(BundleError) {
        try AtomicFile(disk + "/bundle").write([UInt8](repeating: 1, count: 1 << 20), unnamed: unnamed)
        exit(5)
      } catch {
        guard error.code == .system, error.message.contains("No space left on device; make room there") else { exit(4) }
      }
      guard try FileManager.default.contentsOfDirectory(atPath: disk) == ["bundle"],
        try Data(contentsOf: URL(filePath: disk + "/bundle")) == Data([7])
      else { exit(6) }
      exit(0)
    }
  }
}
