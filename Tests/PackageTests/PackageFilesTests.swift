// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension PackageTests {
  @Suite("The packages' files")
  struct PackageFilesTests {
    @Test(
      "lintian finds no error",
      .enabled(if: BuiltPackages.has("lintian"), "needs lintian"), arguments: [BuiltPackages.host, BuiltPackages.agent])
    func lintian(package: String) async throws {
      let outcome = try await Program.run(
        ["lintian", "--fail-on", "error", BuiltPackages.path(package)], within: .seconds(300))
      #expect(outcome.status == 0, "\(outcome.output)")
    }

    @Test(
      "dpkg of ten years ago can read them: gzip or xz inside, no zstd",
      .enabled(if: BuiltPackages.has("ar"), "needs ar (binutils)"),
      arguments: [BuiltPackages.host, BuiltPackages.agent])
    func members(package: String) async throws {
      let members = try await Program.check(["ar", "t", BuiltPackages.path(package)]).split(separator: "\n")
      #expect(members == ["debian-binary", "control.tar.xz", "data.tar.xz"])
    }

    @Test(
      "The agent's package depends on nothing, the host's on no library that it opens on use",
      .enabled(if: BuiltPackages.has("dpkg-deb"), "needs dpkg-deb"))
    func dependencies() async throws {
      func field(_ name: String, _ package: String) async throws -> String {
        let text = try await Program.check(["dpkg-deb", "--field", BuiltPackages.path(package), name])
        return text.split(separator: "\n").joined()
      }
      for name in ["Depends", "Pre-Depends"] { #expect(try await field(name, BuiltPackages.agent).isEmpty) }
      let depends = try await field("Depends", BuiltPackages.host)
      #expect(depends.contains("libpci3 (>= 1:3.5") && depends.contains("libxml2-16 | libxml2"), "\(depends)")
      for library in ["libvirt", "libhivex", "libarchive", "libgnutls"] {
        #expect(!depends.contains(library), "\(depends)")
        #expect(try await field("Recommends", BuiltPackages.host).contains(library))
      }
    }

    @Test("Packed twice, with another umask, time zone, language and folder, they have the same bytes")
    func packedTwice() async throws {
      try await ScratchDirectory.with { scratch in
        let build = "\(GuestImage.checkout)/.build"
        let linux = [
          "\(GuestImage.checkout)/.build-release/release/virt-balloon",
          "\(build)/agents/x86_64-linux/virt-balloon-agent",
        ]
        let windows = ["x86_64", "i686"].map { "\(build)/agents/\($0)-windows/virt-balloon-agent.exe" }
        for (folder, surroundings) in [
          ("one", ["TZ=UTC", "LC_ALL=C", "TMPDIR=/tmp", "sh", "-c", "umask 022; exec \"$@\"", "sh"]),
          (
            "other",
            ["TZ=Asia/Tokyo", "LC_ALL=C.UTF-8", "TMPDIR=\(scratch.path)", "sh", "-c", "umask 077; exec \"$@\"", "sh"]
          ),
        ] {
          for (script, programs) in [("deb", linux), ("tarball", linux), ("windows-zip", windows)] {
            try await Program.check(
              ["env"] + surroundings + ["bash", "\(GuestImage.checkout)/packaging/\(script).sh"] + programs
                + [scratch(folder)], within: .seconds(300))
          }
        }
        for name in BuiltPackages.all {
          let outcome = try await Program.run(["cmp", scratch("one/\(name)"), scratch("other/\(name)")])
          #expect(outcome.status == 0, "\(outcome.output)")
        }
      }
    }

    @Test(
      "The zip for Windows is whole, and each kind's folder complete by itself",
      .enabled(if: BuiltPackages.has("python3"), "needs python3"))
    func windows() async throws {
      try await ScratchDirectory.with { scratch in
        try await Program.check(
          ["python3", "-m", "zipfile", "-e", BuiltPackages.path(BuiltPackages.windows), scratch.path])
        let folder = scratch("virt-balloon-agent-\(BuiltPackages.version)-windows")
        try await Program.check(["sh", "-c", "cd \(folder) && sha256sum --quiet --check SHA256SUMS"])
        let files = try await Program.check(["sh", "-c", "cd \(folder) && find . -type f -printf '%P\\n' | sort"])
        #expect(
          files.split(separator: "\n") == [
            "LICENSE.txt", "README.md", "SHA256SUMS", "channel.xml", "unattend.xml", "windows.md", "x64/install.cmd",
            "x64/virt-balloon-agent.exe", "x86/install.cmd", "x86/virt-balloon-agent.exe",
          ])
        for name in ["channel.xml", "unattend.xml"] {
          try await Program.check(
            ["python3", "-c", "import sys, xml.dom.minidom as d; d.parse(sys.argv[1])", "\(folder)/\(name)"])
        }
      }
    }

    @Test("The tarball's program runs where it was unpacked, and its agent too")
    func tarball() async throws {
      try await ScratchDirectory.with { scratch in
        try await Program.check(["tar", "-xzf", BuiltPackages.path(BuiltPackages.tarball), "-C", scratch.path])
        let folder = scratch("virt-balloon-\(BuiltPackages.version)-x86_64-linux")
        #expect(try await Program.check(["\(folder)/bin/virt-balloon", "--version"]) == "\(BuiltPackages.version)\n")
        #expect(
          try await Program.check(["\(folder)/bin/virt-balloon-agent", "--version"])
            == "virt-balloon-agent \(BuiltPackages.version)\n")
      }
    }
  }
}
