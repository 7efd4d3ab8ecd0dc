// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// The hives are the fuzzer's seeds, which hivexregedit made from synthesised keys.
@Suite("diagnose --disk")
struct DiskTests {
  private static let hives = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/fuzz-hive/seeds")

  /// Puts a script in guestfish's place, which notes its arguments and its input. `$fetch` copies hives where a
  /// download wants them.
  private func withGuestfish(
    _ body: String, _ test: (_ scratch: ScratchDirectory, _ path: String) async throws -> Void
  ) async throws {
    try await ScratchDirectory.with { scratch in
      try FileManager.default.createDirectory(atPath: scratch("bin"), withIntermediateDirectories: true)
      let script = """
        #!/bin/sh
        input='\(scratch("input"))'
        printf '%s\\n' "$@" >'\(scratch("arguments"))'
        cat >"$input"
        place() { awk -v hive="$1\\$" '$2 ~ hive { print $3 }' "$input"; }
        fetch() { for hive in "$@"; do
          cp '\(Self.hives.path)'/$(echo $hive | tr A-Z a-z) "$(place $hive)"
        done; }
        \(body)
        """
      try Data(script.utf8).write(to: URL(filePath: scratch("bin/guestfish")))
      chmod(scratch("bin/guestfish"), 0o755)
      try await test(scratch, scratch("bin") + ":/usr/bin:/bin")
    }
  }

  private func image(_ scratch: ScratchDirectory, _ name: String, _ mark: String = "") throws -> String {
    try FileManager.default.createDirectory(atPath: scratch("images"), withIntermediateDirectories: true)
    var bytes = Array(mark.utf8)
    bytes += [UInt8](repeating: 0, count: 512)
    try Data(bytes).write(to: URL(filePath: scratch("images") + "/" + name))
    return name
  }

  /// Whatever was left in the place for temporary files.
  private func leftovers(_ scratch: ScratchDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch("tmp"))
  }

  private func diagnose(_ scratch: ScratchDirectory, _ path: String, _ image: String) async throws -> Answer {
    try FileManager.default.createDirectory(atPath: scratch("tmp"), withIntermediateDirectories: true)
    let line = #"cd "\#(scratch("images"))" && PATH='\#(path)' TMPDIR='\#(scratch("tmp"))' exec "$0" "$@""#
    return try await Answer("diagnose", "--format", "json", "--disk=\(image)", wrapper: ["sh", "-c", line])
  }

  @Test("Judges the hives that guestfish fetched, and leaves nothing behind")
  func fetched() async throws {
    try await withGuestfish("fetch SYSTEM SOFTWARE") { scratch, path in
      let answer = try await diagnose(scratch, path, try image(scratch, "win.img"))
      #expect(answer.complaint.isEmpty, "\(answer.complaint)")
      let evidence = try answer.document().evidence
      #expect(evidence.guest.osName.value?.contains("Windows 11") == true)
      #expect(evidence.guest.functions.value?.isEmpty == false)
      #expect(evidence.collection.notices.first?.hasPrefix("The hives were fetched from win.img by guestfish") == true)
      #expect(
        scratch.tail("arguments").split(separator: "\n") == ["--ro", "--format=raw", "-a", "./win.img", "-i"])
      #expect(scratch.tail("input").contains("download win:\\windows\\system32\\config\\SYSTEM \(scratch("tmp"))/"))
      #expect(try leftovers(scratch).isEmpty)
    }
  }

  @Test("Takes Amcache.hve along where it is there, and does without one that is no hive")
  func amcache() async throws {
    // Synthesised, as those of AmcacheTests.
    let made = """
      cat >"$0.reg" <<'END'
      Windows Registry Editor Version 5.00

      [\\Root]

      [\\Root\\InventoryDevicePnp]

      [\\Root\\InventoryDevicePnp\\acpi/qemu0002/3&267a616a&0]
      "ProblemCode"="28"
      END
      cp '\(Self.hives.path)'/software "$(place Amcache.hve)"
      hivexregedit --merge "$(place Amcache.hve)" "$0.reg"
      """
    for (how, isTaken) in [(made, true), (#"printf 'no hive' >"$(place Amcache.hve)""#, false)] {
      try await withGuestfish("fetch SYSTEM\n\(how)") { scratch, path in
        let answer = try await diagnose(scratch, path, try image(scratch, "win.img"))
        #expect(answer.complaint.isEmpty, "\(answer.complaint)")
        let notices = try answer.document().evidence.collection.notices
        #expect(notices.contains { $0.hasPrefix("Amcache.hve, which has") } == !isTaken, "\(notices)")
        #expect(notices.contains { $0.contains("days ago") || $0.contains("inventory") } == isTaken, "\(notices)")
        #expect(scratch.tail("input").contains("-download win:\\windows\\appcompat\\programs\\Amcache.hve "))
        #expect(try leftovers(scratch).isEmpty)
      }
    }
  }

  @Test("An interrupt ends guestfish, leaves nothing behind, and ends the program", arguments: ["INT", "TERM", "HUP"])
  func interrupted(_ signal: String) async throws {
    try await withGuestfish("echo $$ >\"${0%/*}/../process\"; exec sleep 60") { scratch, path in
      let name = try image(scratch, "win.img")
      try FileManager.default.createDirectory(atPath: scratch("tmp"), withIntermediateDirectories: true)
      // A shell ignores SIGINT for what it runs in the background; python3 gives it back.
      let line = """
        cd "\(scratch("images"))"; export PATH='\(path)' TMPDIR='\(scratch("tmp"))'
        python3 -c 'import os, signal, sys
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP: signal.signal(number, signal.SIG_DFL)
        os.execv(sys.argv[1], sys.argv[1:])' "$0" "$@" &
        while [ ! -s "\(scratch("process"))" ]; do sleep 0.05; done
        kill -\(signal) $!; wait $!
        """
      let answer = try await Answer("diagnose", "--disk=\(name)", wrapper: ["bash", "-c", line])
      let number: [String: Int32] = ["INT": SIGINT, "TERM": SIGTERM, "HUP": SIGHUP]
      #expect(answer.status == 128 + (number[signal] ?? 0), "\(answer.complaint)")
      #expect(try leftovers(scratch).isEmpty)
      let process = try #require(Int32(scratch.tail("process").prefix { $0 != "\n" }))
      #expect(kill(process, 0) != 0 && errno == ESRCH)
    }
  }

  @Test("Passes any path on as one argument, that is neither an option nor a URI, and names the image's format")
  func paths() async throws {
    try await withGuestfish("fetch SYSTEM") { scratch, path in
      for name in ["-a odd,n=ame; touch x 'y\".img", "ssh:x", "--ro", "$(id).img"] {
        let answer = try await diagnose(scratch, path, try image(scratch, name))
        #expect(answer.status <= 2, "\(name): \(answer.complaint)")
        #expect(scratch.tail("arguments").contains("\n-a\n./\(name)\n-i\n"), "\(scratch.tail("arguments"))")
      }
      for (mark, format) in [("vhdxfile", "vhdx"), ("KDMV", "vmdk")] {
        _ = try await diagnose(scratch, path, try image(scratch, "marked", mark))
        #expect(scratch.tail("arguments").contains("--format=\(format)\n"))
      }
      #expect(access(scratch("images") + "/x", F_OK) != 0)
    }
  }

  @Test("Leaves the search for a domain's disks to guestfish, and no name or URI becomes an option of its own")
  func domain() async throws {
    try await withGuestfish("fetch SYSTEM SOFTWARE") { scratch, path in
      try FileManager.default.createDirectory(atPath: scratch("tmp"), withIntermediateDirectories: true)
      let wrapper = ["sh", "-c", #"PATH='\#(path)' TMPDIR='\#(scratch("tmp"))' exec "$0" "$@""#]
      let plain = try await Answer("diagnose", "--format", "json", "--disk-of=win10", wrapper: wrapper)
      #expect(plain.complaint.isEmpty, "\(plain.complaint)")
      #expect(scratch.tail("arguments") == "--ro\n--domain=win10\n-i\n")
      let evidence = try plain.document().evidence
      #expect(evidence.target.name == "win10")
      #expect(evidence.guest.osName.value?.contains("Windows 11") == true)
      #expect(evidence.collection.notices.first?.contains("from the disks of win10 by guestfish") == true)
      _ = try await Answer(
        "diagnose", "--disk-of=--help me", "--connect", "qemu:///session", wrapper: wrapper)
      #expect(
        scratch.tail("arguments") == "--ro\n--connect=qemu:///session\n--domain=--help me\n-i\n")
      #expect(try leftovers(scratch).isEmpty)
    }
    for words in [["--disk-of", ""], ["--disk-of", "a", "b"], ["--disk-of", "a", "--disk", "b"]] {
      #expect(try await Answer(measuring: ["diagnose"] + words).status == 64, "\(words)")
    }
    try await withGuestfish("echo \"libguestfs: error: no libvirt domain called 'x'\" >&2; exit 1") { scratch, path in
      let answer = try await Answer(
        "diagnose", "--disk-of", "x", wrapper: ["sh", "-c", #"PATH='\#(path)' exec "$0" "$@""#])
      answer.expectUnavailable("x: libguestfs: error: no libvirt domain called 'x'")
    }
  }

  @Test("Says in one line what keeps it from them")
  func refused() async throws {
    let complaint = "echo 'guestfish: no operating system was found on this disk' >&2; echo more >&2; exit 1"
    try await withGuestfish(complaint) { scratch, path in
      let name = try image(scratch, "win.img")
      try await diagnose(scratch, path, name).expectUnavailable("win.img: guestfish: no operating system was found")
      #expect(try leftovers(scratch).isEmpty)
      try await diagnose(scratch, "/nowhere", name).expectUnavailable("libguestfs-tools in Debian and Ubuntu")
      try await diagnose(scratch, path, "missing").expectUnavailable("missing: No such file")
      try await diagnose(scratch, path, ".").expectUnavailable("neither a file nor a block device")
      try Data("x".utf8).write(to: URL(filePath: scratch("images") + "/short"))
      try await diagnose(scratch, path, "short").expectUnavailable("too short")
      for flags in [["--qemu-ga"], ["--guest-exec"], ["--monitor"], ["somebody"]] {
        let answer = try await Answer(measuring: ["diagnose", "--disk", "x"] + flags)
        #expect(answer.status == 64, "\(flags): \(answer.complaint)")
      }
    }
    try await withGuestfish("printf '\\033[31mred\\n' >&2; exit 3") { scratch, path in
      let answer = try await diagnose(scratch, path, try image(scratch, "win.img"))
      answer.expectUnavailable("red")
    }
    try await withGuestfish("true") { scratch, path in
      try await diagnose(scratch, path, try image(scratch, "win.img")).expectUnavailable("SYSTEM")
    }
    try await withGuestfish("kill -9 $$") { scratch, path in
      try await diagnose(scratch, path, try image(scratch, "win.img")).expectUnavailable("ended with status 137")
    }
  }

  @Test("Ends a guestfish whose hives have no end")
  func endless() async throws {
    try await withGuestfish(
      "truncate -s 600M \"$(place SYSTEM)\"; sleep 60"
    ) { scratch, path in
      let start = ContinuousClock.now
      try await diagnose(scratch, path, try image(scratch, "win.img")).expectUnavailable("more than 512 MiB")
      #expect(ContinuousClock.now - start < .seconds(30))
      #expect(try leftovers(scratch).isEmpty)
    }
  }

  /// libguestfs boots a kernel of the host's, or the one that its environment names.
  private static let hasGuestfish: Bool = {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let isInstalled = path.split(separator: ":").contains { access("\($0)/guestfish", X_OK) == 0 }
    let kernels = (try? FileManager.default.contentsOfDirectory(atPath: "/boot")) ?? []
    return isInstalled && (getenv("SUPERMIN_KERNEL") != nil || kernels.contains { $0.hasPrefix("vmlinuz") })
  }()

  @Test(
    "Fetches the hives of a real NTFS image, whatever the case of their names",
    .enabled(if: hasGuestfish, "needs guestfish (libguestfs-tools) and a kernel for its appliance"))
  func real() async throws {
    try await ScratchDirectory.with { scratch in
      let lines = [
        "part-disk /dev/sda mbr", "part-set-mbr-id /dev/sda 1 7", "mkfs ntfs /dev/sda1", "mount /dev/sda1 /",
        "mkdir-p /WINDOWS/system32/Config", "upload \(Self.hives.path)/system /WINDOWS/system32/Config/system",
        "upload \(Self.hives.path)/software /WINDOWS/system32/Config/SOFTWARE",
        "upload /bin/true /WINDOWS/system32/cmd.exe",
      ]
      let made = try await Program.run(
        ["guestfish", "-N", scratch("win.img") + "=disk:32M", "version"]
          + lines.flatMap { [":"] + $0.split(separator: " ").map(String.init) },
        within: .seconds(300))
      try #require(made.status == 0, "\(made.errorOutput)")
      let answer = try await Answer(
        "diagnose", "--format", "json", "--disk", scratch("win.img"), within: .seconds(300))
      #expect(answer.complaint.isEmpty, "\(answer.complaint)")
      let evidence = try answer.document().evidence
      #expect(evidence.guest.osName.value?.contains("Windows 11") == true)
      #expect(evidence.guest.functions.value?.isEmpty == false)

      let other = try await Answer("diagnose", "--disk", Self.hives.path + "/system", within: .seconds(300))
      other.expectUnavailable("no operating system was found")
    }
  }
}
