// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// The sos of this machine.
enum InstalledSos {
  /// Why it cannot be run here; `nil` when it can.
  static let missing: String? = {
    guard access("/usr/bin/python3", X_OK) == 0,
      ["dist-packages", "site-packages"].contains(where: { folder in
        (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/python3/\(folder)/sos/report")) != nil
      })
    else { return "needs sos (package sosreport or sos)" }
    return geteuid() == 0 ? nil : "sos report needs root"
  }()
}

/// `samples/sos/virt_balloon.py` in the sos that is installed, with a stand-in for `virt-balloon`; ``BundleTests`` has
/// it with the program itself.
@Suite("The plugin of sos", .enabled(if: InstalledSos.missing == nil, "\(InstalledSos.missing ?? "")"))
struct SosReportTests {
  /// sos with the plugin, which need not be installed for that. sos sets `PATH` by itself: the stand-in goes in front.
  private static let driver = """
    import os, sys
    import sos.policies, sos.report.plugins
    from sos import SoS
    plugins, programs = sys.argv[1:3]
    sos.report.plugins.__path__.append(plugins)
    def front(self): os.environ['PATH'] = programs + os.pathsep + self.PATH
    for name in ('Policy', 'LinuxPolicy'):
        policy = getattr(sos.policies, name, None)
        if hasattr(policy, 'set_exec_path'): policy.set_exec_path = front
    SoS(sys.argv[3:]).execute()
    """

  /// What the archive has of the plugin, by the names of the files, with the stand-in's behaviour as a shell script.
  static func report(_ standIn: String, _ options: [String] = []) async throws -> [String: Data] {
    try await ScratchDirectory.with { scratch in
      for folder in ["bin", "out", "plugins"] {
        try FileManager.default.createDirectory(atPath: scratch(folder), withIntermediateDirectories: true)
      }
      try FileManager.default.copyItem(
        atPath: "\(GuestImage.checkout)/samples/sos/virt_balloon.py", toPath: scratch("plugins/virt_balloon.py"))
      try Data("#!/bin/sh\n\(standIn)\n".utf8).write(to: URL(filePath: scratch("bin/virt-balloon")))
      chmod(scratch("bin/virt-balloon"), 0o755)
      try Data(Self.driver.utf8).write(to: URL(filePath: scratch("driver.py")))
      try await Program.check(
        ["/usr/bin/python3", scratch("driver.py"), scratch("plugins"), scratch("bin"), "report", "--batch", "-o"]
          + ["virt_balloon", "--tmp-dir", scratch("out"), "-z", "gzip"] + options, within: .seconds(120))
      try await Program.check(
        ["sh", "-c", "tar -xzf \(scratch("out"))/*.tar.gz -C \(scratch("out")) --strip-components=1"],
        within: .seconds(30))
      let folder = scratch("out/sos_commands/virt_balloon")
      var files: [String: Data] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        files[name] = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
      }
      return files
    }
  }

  private func text(_ standIn: String, _ options: [String] = []) async throws -> [String: String] {
    try await Self.report(standIn, options).mapValues { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes where it is told to, as `collect` does, and complains of a guest.
  private static let collects = """
    [ "$1" = --version ] && { echo 1.2.3; exit 0; }
    echo "virt-balloon: $*" >&2
    while [ $# -gt 0 ]; do
      [ "$1" = -o ] && { printf 'the bundle' >"$2"; exit 69; }
      shift
    done
    """

  @Test("takes the bundle along, shareable, and what the program said")
  func bundle() async throws {
    let files = try await text(Self.collects)
    #expect(files["virt-balloon.tar.gz"] == "the bundle")
    #expect(files["collect.txt"]?.hasPrefix("virt-balloon: collect --all -o /") == true, "\(files)")
    #expect(files["virt-balloon_--version"]?.hasPrefix("1.2.3") == true)
  }

  @Test("redacts nothing when it is told so")
  func full() async throws {
    let files = try await text(Self.collects, ["-k", "virt_balloon.full=on"])
    #expect(files["collect.txt"]?.hasPrefix("virt-balloon: collect --all --full -o /") == true, "\(files)")
  }

  @Test("says why there is no bundle")
  func failure() async throws {
    let files = try await text("echo 'virt-balloon: no libvirt here' >&2; exit 69")
    #expect(files["virt-balloon.tar.gz"] == nil)
    #expect(files["collect.txt"] == "virt-balloon: no libvirt here\n" || files["collect.txt"]?.contains("here") == true)
  }
}
