// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import SupportBundle
import Testing

/// `collect` over real QEMUs that run their firmware.
@Suite("Collecting a bundle", .enabled(if: Machine.isInstalled, "needs \(Machine.emulator)"))
struct CollectTests {
  /// Runs `body` beside so many machines.
  private func withMachines<Result: Sendable>(
    _ count: Int = 1, isolation: isolated (any Actor)? = #isolation,
    _ body: (ScratchDirectory, [RunningMachine]) async throws -> Result
  ) async throws -> Result {
    try await ScratchDirectory.with { scratch in
      try await RunningMachine.with(count, in: scratch) { try await body(scratch, $0) }
    }
  }

  /// A bundle that is as it was written.
  private func bundle(_ path: String) throws -> Bundle {
    let bundle = try Bundle(reading: path)
    #expect(try bundle.faults().isEmpty)
    return bundle
  }

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  /// The files in a folder that are neither the machines' own nor `known`.
  private func leftovers(_ scratch: ScratchDirectory, besides known: [String] = []) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { name in
      !name.hasPrefix("machine") && !known.contains(name)
    }
  }

  // MARK: One guest

  @Test("Of one machine says what was written in a line, for the owner's eyes alone, and nothing else")
  func one() async throws {
    try await withMachines { scratch, machines in
      let path = scratch("one.tar.gz")
      let answer = try await Answer("collect", machines[0].target, "-o", path)
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(answer.complaint)")
      #expect(answer.output.hasPrefix("\(path): 1 guest, redacted\n  \(machines[0].monitor): "), "\(answer.output)")
      #expect(mode(path) == 0o600)
      let bundle = try bundle(path)
      #expect(bundle.manifest.state == .complete && bundle.manifest.form == .shareable)
      #expect(bundle.files.keys.contains { $0.hasPrefix("raw/") && $0.hasSuffix("-query-balloon.json") })

      let piped = try await Answer(
        "collect", machines[0].target, "-o", "-",
        wrapper: ["sh", "-c", #"out=$1; shift; "$@" >"$out""#, "sh", scratch("-")])
      #expect(piped.status == 0 && piped.complaint.isEmpty && piped.output.isEmpty, "\(piped.complaint)")
      #expect(try self.bundle(scratch("-")).manifest.guests.count == 1)
      #expect(try leftovers(scratch, besides: ["one.tar.gz", "-"]).isEmpty)
    }
  }

  @Test("Of a machine that goes in mid-run keeps what was had, marked partial", arguments: [1, 2])
  func vanishing(count: Int) async throws {
    try await withMachines(count) { scratch, machines in
      let path = scratch("bundle")
      async let answer = Answer(
        measuring: ["collect", "-o", path, "--duration", "8s", "--interval", "500ms"] + machines.map(\.target))
      try await Task.sleep(for: .seconds(4))
      try machines[0].kill()
      let done = try await answer
      #expect(done.status == 69, "\(done.complaint)")
      #expect(done.line?.contains("\(machines[0].monitor): ") == true, "\(done.complaint)")
      let bundle = try bundle(path)
      #expect(bundle.manifest.state == .partial)
      #expect(try bundle.collection().targets.map(\.outcome) == Array([.partial, .collected].prefix(count)))
      #expect(try bundle.guests().allSatisfy { $0.evidence.readings.contains { $0.actual.value != nil } })
    }
  }

  // MARK: Interrupted

  /// Sends the program signals: the first after a while, each other once the program has told that it minds the last.
  private static let signalling = """
    import signal, subprocess, sys, time
    program = subprocess.Popen(sys.argv[3:], stderr=subprocess.PIPE, bufsize=0)
    time.sleep(float(sys.argv[1]))
    for index, name in enumerate(sys.argv[2].split(",")):
        if index: sys.stderr.write(program.stderr.readline().decode())
        program.send_signal(getattr(signal, name))
    try:
        sys.stderr.write(program.communicate(timeout=20)[1].decode())
    except subprocess.TimeoutExpired:
        program.kill()
        sys.exit("it went on after the signal")
    # 137 would say that this test took too long.
    status = program.returncode if program.returncode >= 0 else 128 - program.returncode
    sys.exit(status if status != 137 else 9)
    """

  private func interrupted(_ signals: String, after seconds: Double, _ arguments: [String]) async throws -> Answer {
    try await Answer(arguments, wrapper: ["python3", "-c", Self.signalling, "\(seconds)", signals])
  }

  @Test(
    "Interrupted in mid-run ends soon, by the signal, with what was had",
    arguments: [("SIGINT", 130), ("SIGTERM", 143)])
  func interruption(signal: String, status: Int32) async throws {
    try await withMachines(2) { scratch, machines in
      let path = scratch("bundle")
      let answer = try await interrupted(
        signal, after: 4, ["collect", "-o", path, "--duration", "60s"] + machines.map(\.target))
      #expect(answer.status == status, "\(answer.complaint)")
      #expect(answer.line?.contains("interrupted: what was had is kept") == true, "\(answer.complaint)")
      let bundle = try bundle(path)
      #expect(bundle.manifest.state == .partial)
      #expect(try bundle.collection().interruption == "The collection was interrupted.")
      #expect(try bundle.collection().targets.map(\.outcome) == [.partial, .partial])
      #expect(try bundle.guests().allSatisfy { $0.evidence.readings.first?.actual.value == 32 << 20 })
      #expect(try leftovers(scratch, besides: ["bundle"]).isEmpty)
    }
  }

  @Test("Interrupted twice ends at once and leaves no file")
  func interruptedTwice() async throws {
    try await withMachines { scratch, machines in
      // A libvirtd that never speaks takes the whole second that an interrupted target has.
      try await FakePeer.with(at: scratch("machine-libvirt"), { _ in }) { libvirt in
        let answer = try await interrupted(
          "SIGINT,SIGINT", after: 3,
          [
            "collect", "-o", scratch("bundle"), "--deadline", "30", "--duration", "60s", "--connect",
            "qemu+unix:///system?socket=\(libvirt)", machines[0].target, "guest",
          ])
        #expect(answer.status == 130, "\(answer.complaint)")
        #expect(answer.line?.contains("interrupted: ") == true, "\(answer.complaint)")
        #expect(answer.output.isEmpty)
        #expect(try leftovers(scratch, besides: []).isEmpty)
      }
    }
  }

  @Test("Interrupted before anything was had leaves no file")
  func interruptedEarly() async throws {
    try await ScratchDirectory.with { scratch in
      let greeting =
        #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#
      try await FakePeer.with(at: scratch("machine"), { $0.send(greeting + "\r\n") }) { path in
        let answer = try await interrupted(
          "SIGTERM", after: 2, ["collect", "-o", scratch("bundle"), "--deadline", "30", "qmp:\(path)"])
        #expect(answer.status == 143, "\(answer.complaint)")
        #expect(answer.complaint.contains("\(path): interrupted before anything was had\n"), "\(answer.complaint)")
        #expect(try leftovers(scratch).isEmpty)
      }
    }
  }

  @Test("Killed in mid-run leaves the file that was there, and nothing beside it")
  func killed() async throws {
    try await withMachines { scratch, machines in
      try Data("old".utf8).write(to: URL(filePath: scratch("bundle")))
      let answer = try await interrupted(
        "SIGKILL", after: 2, ["collect", "-o", scratch("bundle"), "--duration", "60s", machines[0].target])
      #expect(answer.status == 9)
      #expect(scratch.tail("bundle") == "old")
      #expect(try leftovers(scratch, besides: ["bundle"]).isEmpty)
      let whole = try await Answer("collect", "-o", scratch("bundle"), machines[0].target)
      #expect(whole.status == 0, "\(whole.complaint)")
      #expect(try bundle(scratch("bundle")).manifest.state == .complete)
      #expect(mode(scratch("bundle")) == 0o600)
    }
  }

  // MARK: The output

  @Test("Refuses a place where no file can be before anything is asked")
  func places() async throws {
    try await ScratchDirectory.with { scratch in
      try FileManager.default.createDirectory(atPath: scratch("folder"), withIntermediateDirectories: false)
      try Data().write(to: URL(filePath: scratch("file")))
      symlink(scratch("file"), scratch("link"))
      symlink(scratch("nowhere"), scratch("dangling"))
      mkfifo(scratch("fifo"), 0o600)
      let before = try leftovers(scratch).sorted()
      for (place, reason) in [
        (scratch("missing/x"), "make the folder first"), (scratch("folder"), "no regular file"),
        (scratch("folder/"), "no regular file"), (scratch("file/x"), "is no folder"), ("/dev/full", "no regular file"),
        (scratch("fifo"), "no regular file"), (scratch("link"), "no regular file"),
        (scratch("dangling"), "no regular file"),
      ] {
        // Nobody is there: that would be another complaint.
        let answer = try await Answer("collect", "qmp:\(scratch("nobody"))", "-o", place)
        #expect(answer.status == 70 && answer.output.isEmpty, "\(place): \(answer.complaint)")
        let line = answer.line ?? ""
        #expect(line.contains("cannot write \(place): ") && line.contains(reason), "\(answer.complaint)")
      }
      #expect(try leftovers(scratch).sorted() == before)
    }
  }

  /// What takes root's rights away; nothing when they are not there.
  private static let unprivileged = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--clear-groups"] : []

  @Test(
    "Says so where the caller may not write",
    .enabled("needs setpriv(1), and the program readable for everybody, to show this as root") {
      try await Program.run(Self.unprivileged + [try Program.built("virt-balloon"), "--version"]).status == 0
    })
  func denied() async throws {
    try await ScratchDirectory.with { scratch in
      chmod(scratch.path, 0o555)
      defer { chmod(scratch.path, 0o755) }
      let answer = try await Answer(
        "collect", "--connect", "test:///default", "test", "-o", scratch("x"), wrapper: Self.unprivileged)
      #expect(answer.status == 70 && answer.output.isEmpty)
      #expect(
        answer.line?.contains("Permission denied; name a file where you may write") == true, "\(answer.complaint)")
    }
  }

  @Test("A full standard output is one line")
  func fullOutput() async throws {
    let answer = try await Answer(
      "collect", "--connect", "test:///default", "test", "-o", "-", wrapper: ["sh", "-c", #""$@" >/dev/full"#, "sh"])
    #expect(answer.status == 70)
    #expect(answer.line?.contains("No space left on device") == true, "\(answer.complaint)")
  }

  @Test(
    "A full disk is one line, and leaves nothing and the file that was there",
    .enabled("needs the right to mount, in a name space of its own") {
      try await Program.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status == 0
    })
  func fullDisk() async throws {
    try await ScratchDirectory.with { scratch in
      let script =
        #"mount -t tmpfs -o size=8k none "$1" && cd "$1" && echo old >x && shift && "$@"; s=$?; ls -A; cat x; exit $s"#
      let answer = try await Answer(
        "collect", "--connect", "test:///default", "test", "-o", "x",
        wrapper: ["unshare", "-m", "sh", "-c", script, "sh", scratch.path])
      #expect(answer.status == 70)
      #expect(answer.line?.contains("No space left on device; make room there") == true, "\(answer.complaint)")
      #expect(answer.output == "x\nold\n")
    }
  }
}
