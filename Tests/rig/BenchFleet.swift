// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig

/// One `diagnose` of many guests at once: agents behind sockets that answer after 100 ms, ten of which never do, five
/// real QEMUs, a thousand domains of libvirt's test driver, and a host that cannot be reached.
@MainActor
enum BenchFleet {
  static let crowds = [10, 100, 1_000]
  static let hung = 10
  /// Seconds that one source may take.
  static let deadline = 3
  static let machines = 5
  /// Seconds after which each agent answers a question.
  static let delay = 0.1

  static func run() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    var figures: [BenchFigure] = []
    var json: [String: Double] = [:]
    func tell(_ run: Run, of what: String, as key: String, beside alone: Run) {
      let allowed = 1.2 * alone.seconds + Double(deadline)
      figures.append(
        BenchFigure(
          name: "diagnose of \(what)", ours: "\(BenchFigure.decimal(run.seconds, places: 2)) s",
          peer: "\(BenchFigure.decimal(allowed, places: 2)) s allowed", value: run.seconds / allowed, noise: nil,
          target: .atMost(1)))
      figures.append(
        BenchFigure(
          name: "  its memory and open files", ours: BenchFigure.mebibytes(run.peak), peer: "\(run.files) files",
          value: run.peak / 1024, noise: nil, target: .none))
      json["fleet_\(key)_s"] = run.seconds
      json["fleet_\(key)_rss_kib"] = run.peak
      json["fleet_\(key)_files"] = Double(run.files)
    }
    let agent = try await measure(1, hung: 0, machines: 0)
    for count in crowds {
      let hung = min(hung, count / 2)
      let run = try await measure(count, hung: hung, machines: machines)
      tell(run, of: "\(count) guests, \(hung) of them hung, and \(machines) QEMUs", as: "\(count)", beside: agent)
    }
    let domain = try await measure(domains: 1, besideDeadHost: false)
    let domains = try await measure(domains: 1_000, besideDeadHost: true)
    tell(domains, of: "a libvirt of 1000 domains, and of a host that never answers", as: "domains", beside: domain)
    return (figures, json)
  }

  private struct Run: Sendable {
    let seconds: Double
    /// KiB.
    let peak: Double
    let files: Int
  }

  private static func measure(_ count: Int, hung: Int, machines: Int) async throws -> Run {
    try await ScratchDirectory.with { scratch in
      let script = "\(GuestImage.checkout)/Tests/rig/crowd.py"
      let agent = "\(GuestImage.checkout)/samples/agents/virt-balloon-agent.py"
      let server = ["python3", script, agent, scratch.path, "\(count)", "\(hung)", "\(delay)"]
      return try await Program.background(server, log: scratch("crowd.log")) {
        try await waitUntil("the agents stood: \(scratch.tail("crowd.log"))", within: .seconds(60)) {
          access(scratch("ready"), F_OK) == 0
        }
        return try await withMachines(machines, in: scratch) { monitors in
          try await diagnose((0..<count).map { "agent:\(scratch("\($0)"))" } + monitors.map { "qmp:\($0)" })
        }
      }
    }
  }

  /// Domains of libvirt's test driver, which knows the calls for all domains at once; the host that never answers takes
  /// the connection and says nothing.
  private static func measure(domains count: Int, besideDeadHost: Bool) async throws -> Run {
    try await ScratchDirectory.with { scratch in
      let domains = (0..<count).map { number in
        """
        <domain type="test"><name>guest\(number)</name><memory unit="GiB">2</memory>
        <currentMemory unit="GiB">1</currentMemory><os><type>hvm</type></os>
        <devices><memballoon model="virtio"><stats period="5"/></memballoon></devices></domain>
        """
      }
      let node = "<node>\(domains.joined(separator: "\n"))</node>"
      try node.write(toFile: scratch("node.xml"), atomically: false, encoding: .utf8)
      let here = ["--connect", "test://\(scratch("node.xml"))"]
      guard besideDeadHost else { return try await diagnose(here) }
      let script = """
        import socket, sys
        server = socket.create_server(("127.0.0.1", 0))
        with open(sys.argv[1], "w") as port: port.write(f"{server.getsockname()[1]}\\n")
        taken = []
        while True: taken.append(server.accept())
        """
      return try await Program.background(
        ["python3", "-c", script, scratch("port")], log: scratch("host.log")
      ) {
        try await waitUntil("the host stood: \(scratch.tail("host.log"))", within: .seconds(60)) {
          scratch.tail("port").contains("\n")
        }
        let port = scratch.tail("port").prefix { $0.isNumber }
        return try await diagnose(here + ["--connect", "qemu+tcp://127.0.0.1:\(port)/system"])
      }
    }
  }

  private static func diagnose(_ targets: [String]) async throws -> Run {
    // The most files are seen by looking at them all the time; the kernel keeps no such mark.
    let script = """
      import os, sys, threading, time
      null = os.open("/dev/null", os.O_RDWR)
      actions = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)]
      begun, most, done = time.monotonic(), 0, False
      child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
      def look():
          global most
          while not done:
              try: most = max(most, len(os.listdir(f"/proc/{child}/fd")))
              except OSError: pass
              time.sleep(0.01)
      watcher = threading.Thread(target=look)
      watcher.start()
      _, status, usage = os.wait4(child, 0)
      took, done = time.monotonic() - begun, True
      watcher.join()
      print(took, usage.ru_maxrss, most, os.waitstatus_to_exitcode(status))
      """
    let command =
      [BenchDiagnose.program, "diagnose", "--overview", "--quick", "--deadline", "\(deadline)"] + targets
    let printed = try await GuestRig.Program.run(["python3", "-c", script] + command, within: .seconds(120)).output
    let words = printed.split(whereSeparator: \.isWhitespace)
    guard words.count == 4, let seconds = Double(words[0]), let peak = Double(words[1]), let files = Int(words[2])
    else {
      throw RigError(.program, "diagnose of \(targets.count) guests was not measured: \(printed)")
    }
    return Run(seconds: seconds, peak: peak, files: files)
  }

  private static func withMachines<Result: Sendable>(
    _ count: Int, in scratch: ScratchDirectory, _ monitors: [String] = [],
    _ body: ([String]) async throws -> Result
  ) async throws -> Result {
    guard monitors.count < count else { return try await body(monitors) }
    let monitor = scratch("qmp\(monitors.count)")
    let arguments = [
      "qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults",
      "-no-user-config", "-S", "-qmp", "unix:\(monitor),server=on,wait=off", "-device", "virtio-balloon-pci",
    ]
    return try await Program.background(arguments, log: scratch("qmp\(monitors.count).log")) {
      try await waitUntil("a monitor stood at \(monitor)", within: .seconds(60)) { access(monitor, F_OK) == 0 }
      return try await withMachines(count, in: scratch, monitors + [monitor], body)
    }
  }
}
