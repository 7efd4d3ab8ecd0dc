// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// What an hour of looking costs: `virt-balloon stats --watch` at one reading a second against what people type today,
/// `watch -n1 virsh dommemstat`, over the same domain, side by side.
@MainActor
enum BenchWatch {
  /// How long they run, in seconds.
  static let time = 40

  static func run() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    guard FileManager.default.isExecutableFile(atPath: BenchDiagnose.program) else {
      throw RigError(.program, "\(BenchDiagnose.program) is not built: run make bench")
    }
    if let missing = SessionLibvirt.missing { throw RigError(.program, "needs \(missing)") }
    return try await SessionLibvirt.with { host in
      // Paused, its processors take nothing of what is measured; QEMU and libvirtd answer all the same.
      try await host.startBareDomain("watched")
      let ours = [BenchDiagnose.program, "stats", "--watch", "--interval", "1s", "--connect", host.uri, "watched"]
      let virsh = ["watch", "-n1", "virsh", "--connect", host.uri, "dommemstat", "watched"]
      async let onTerminal = processorTime(of: ours, onTerminal: true)
      async let asLines = processorTime(of: ours, onTerminal: false)
      async let peer = processorTime(of: virsh, onTerminal: true)
      let (view, lines, watch) = try await (onTerminal, asLines, peer)
      // All had the same seconds; each of ours has to have used them.
      for (what, run) in [("the view", view), ("the lines", lines)] where run.readings < Double(time) * 0.8 {
        throw RigError(.program, "\(what) had \(Int(run.readings)) readings in \(time) s")
      }
      return figures(view.seconds, lines.seconds, watch.seconds)
    }
  }

  private static func figures(
    _ view: Double, _ lines: Double, _ watch: Double
  ) -> (figures: [BenchFigure], json: [String: Double]) {
    func perReading(_ seconds: Double) -> String { BenchFigure.milliseconds(seconds / Double(time) * 1e9) }
    let figures = [
      BenchFigure(
        name: "stats --watch against watch -n1 virsh dommemstat, processor time a second", ours: perReading(view),
        peer: perReading(watch), value: view / watch, noise: nil, target: .atMost(1)),
      BenchFigure(
        name: "  as lines", ours: perReading(lines), peer: perReading(watch), value: lines / watch, noise: nil,
        target: .atMost(1)),
    ]
    return (
      figures,
      [
        "watch_vs_virsh": view / watch, "watch_lines_vs_virsh": lines / watch, "watch_cpu_seconds": view,
        "watch_lines_cpu_seconds": lines, "virsh_watch_cpu_seconds": watch, "watch_seconds": Double(time),
      ]
    )
  }

  private struct Run: Sendable {
    /// User and system, of the program and of every child that it has waited for.
    var seconds: Double
    /// How many times it showed the clock, or wrote a line with it.
    var readings: Double
  }

  /// Runs a program for ``time``, start and end included, and measures it by wait4(2).
  private static func processorTime(of command: [String], onTerminal: Bool) async throws -> Run {
    let printed = try await GuestRig.Program.check(
      ["python3", "-c", script, onTerminal ? "terminal" : "pipe", "\(time)"] + command,
      within: .seconds(Int64(time) + 60))
    let numbers = printed.split(separator: " ").compactMap { Double($0.filter { $0.isNumber || $0 == "." }) }
    guard numbers.count == 2 else { throw RigError(.program, "no processor time: \(printed)") }
    return Run(seconds: numbers[0], readings: numbers[1])
  }

  /// A terminal of 80x24 or a pipe, read to the end; the reader's own time is not counted.
  private static let script = """
    import fcntl, os, pty, select, signal, struct, sys, termios, time
    kind, seconds, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
    if kind == "terminal":
        child, ours = pty.fork()
    else:
        ours, theirs = os.pipe()
        child = os.fork()
    if child == 0:
        if kind == "terminal":
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        else:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(theirs, 1)
        os.execvp(command[0], command)
    if kind != "terminal":
        os.close(theirs)
    end, text = time.monotonic() + seconds, b""
    while (left := end - time.monotonic()) > 0:
        if select.select([ours], [], [], left)[0]:
            try:
                text += os.read(ours, 65536)
            except OSError:
                break
    os.kill(child, signal.SIGTERM)
    _, _, usage = os.wait4(child, 0)
    print(usage.ru_utime + usage.ru_stime, text.count(b" UTC"))
    """
}
