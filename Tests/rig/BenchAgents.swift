// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig

/// Our agent against qemu-ga and a raw echo, each on a port of its own, in one guest and one run.
@MainActor
enum BenchAgents {
  static let echoPort = "org.virt-balloon.echo.0"
  static let warmUp = 200
  static let rounds = 2000
  /// The rounds are looked at in this many parts, to see how much a ratio wavers.
  static let parts = 20
  static let idle = Duration.seconds(10)

  static let ping = "\u{1E}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"agent.ping\"}\n"
  static let guestPing = "{\"execute\":\"guest-ping\"}\n"
  /// What a diagnosis asks of ours, and the likes of it of qemu-ga: each has then done its work once.
  static let ourWork = [
    "guest.os", "guest.memory", "balloon.stats", "pci.functions", "driver.services", "log.balloon",
  ].map { "\u{1E}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\($0)\"}\n" }
  static let theirWork = ["guest-info", "guest-get-osinfo", "guest-get-vcpus", "guest-get-memory-block-info"].map {
    "{\"execute\":\"\($0)\"}\n"
  }

  static func run() async throws -> (figures: [BenchFigure], json: [String: Double]) {
    let configuration = GuestConfiguration {
      $0.ports = [GuestConfiguration.qemuGuestAgentPort, echoPort]
      $0.echoPorts = [echoPort]
      $0.bench = true
    }
    return try await Guest.with(configuration) { guest in
      let pings = try roundTrips(guest)
      let (ours, theirs) = (try await memory(of: .ours, guest), try await memory(of: .qemuGA, guest))
      // `roundTrips` has closed its connections, and the guests' agents have seen it before the window begins.
      let away = try await wakeUps(guest)
      let present = try await whileConnected(guest) { try await wakeUps(guest) }
      return figures(pings, (ours, theirs), away: away, present: present)
    }
  }

  // MARK: - Round trips

  struct RoundTrips {
    var ours = Sample()
    var echo = Sample()
    var qemuGA = Sample()
  }

  /// Ours, echo, qemu-ga; ours, qemu-ga, echo; and so on: whatever drifts meets all three alike.
  private static func roundTrips(_ guest: Guest) throws -> RoundTrips {
    let ours = try BenchPort(path: guest.agentSocketPath, request: ping)
    let echo = try BenchPort(path: guest.socket(ofPort: echoPort), request: ping)
    let qemuGA = try BenchPort(
      path: guest.socket(ofPort: GuestConfiguration.qemuGuestAgentPort), request: guestPing)
    try check("agent.ping", try ours.ask(ping)) { $0.contains("\"result\":{}") }
    try check("the echo", try echo.ask(ping)) { $0 == ping }
    try check("guest-ping", try qemuGA.ask(guestPing)) { $0 == "{\"return\": {}}\n" }
    for request in ourWork { try check(request, try ours.ask(request)) { $0.contains("\"result\":") } }
    for request in theirWork { _ = try qemuGA.ask(request) }

    var trips = RoundTrips()
    for round in -warmUp..<rounds {
      // What a guest's program does after its reply delays whoever is asked next. With every other round turned around,
      // each comes after each of the others equally often.
      let first, second, third: Double
      if round.isMultiple(of: 2) {
        (first, second, third) = (try ours.roundTrip(), try echo.roundTrip(), try qemuGA.roundTrip())
      } else {
        first = try ours.roundTrip()
        third = try qemuGA.roundTrip()
        second = try echo.roundTrip()
      }
      guard round >= 0 else { continue }
      trips.ours.values.append(first)
      trips.echo.values.append(second)
      trips.qemuGA.values.append(third)
    }
    return trips
  }

  private static func check(_ what: String, _ reply: String, _ isRight: (String) -> Bool) throws(RigError) {
    if !isRight(reply) { throw RigError(.guest, "\(what) was answered by \(reply)") }
  }

  private static func whileConnected<Value: Sendable>(
    _ guest: Guest, _ body: () async throws -> Value
  ) async throws -> Value {
    let ours = try BenchPort(path: guest.agentSocketPath, request: ping)
    let qemuGA = try BenchPort(
      path: guest.socket(ofPort: GuestConfiguration.qemuGuestAgentPort), request: guestPing)
    // One request each: a guest's program may learn of its host by its first bytes only.
    _ = (try ours.roundTrip(), try qemuGA.roundTrip())
    let value = try await body()
    _ = (try ours.roundTrip(), try qemuGA.roundTrip())
    return value
  }

  // MARK: - In the guest

  enum Program: String, CaseIterable {
    case ours = "agent"
    case qemuGA = "qemu-ga"
  }

  /// Kibibytes, from /proc/PID/status.
  struct Memory {
    var resident: Double
    var peak: Double
  }

  private static func memory(of program: Program, _ guest: Guest) async throws -> Memory {
    let status = try await guest.control("vb \(program.rawValue) status")
    return Memory(resident: try sum("VmRSS", in: status), peak: try sum("VmHWM", in: status))
  }

  /// How often each was scheduled while nobody asked it anything: the context switches of all its threads.
  private static func wakeUps(_ guest: Guest) async throws -> [Program: Double] {
    // The last request's end, or the host's going away, is over.
    try await Task.sleep(for: .seconds(1))
    let before = try await contextSwitches(guest)
    try await Task.sleep(for: idle)
    return try await contextSwitches(guest).merging(before) { $0 - $1 }
  }

  private static func contextSwitches(_ guest: Guest) async throws -> [Program: Double] {
    var switches: [Program: Double] = [:]
    for program in Program.allCases {
      let status = try await guest.control("cat /proc/$(vb \(program.rawValue) pid)/task/*/status")
      switches[program] =
        try sum("voluntary_ctxt_switches", in: status) + sum("nonvoluntary_ctxt_switches", in: status)
    }
    return switches
  }

  /// Adds up what the lines "NAME: NUMBER" say.
  private static func sum(_ name: String, in status: String) throws(RigError) -> Double {
    let values = status.split(separator: "\n").compactMap { line -> Double? in
      let parts = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
      return parts.count > 1 && parts[0] == name ? Double(parts[1]) : nil
    }
    guard !values.isEmpty else { throw RigError(.guest, "no \(name) in \(status)") }
    return values.reduce(0, +)
  }

  // MARK: - Figures

  private static func figures(
    _ pings: RoundTrips, _ memory: (ours: Memory, qemuGA: Memory), away: [Program: Double], present: [Program: Double]
  ) -> (figures: [BenchFigure], json: [String: Double]) {
    let (ours, echo, qemuGA) = (pings.ours.median, pings.echo.median, pings.qemuGA.median)
    let toQemuGA = pings.ours.ratios(to: pings.qemuGA, parts: parts).spread
    let toEcho = pings.ours.ratios(to: pings.echo, parts: parts).spread
    func idle(_ host: String, _ switches: [Program: Double]) -> BenchFigure {
      let (ours, theirs) = (switches[.ours] ?? .nan, switches[.qemuGA] ?? .nan)
      return BenchFigure(
        name: "context switches in 10 s idle, host \(host)", ours: BenchFigure.decimal(ours, places: 0),
        peer: BenchFigure.decimal(theirs, places: 0), value: ours, noise: nil, target: .atMost(0))
    }
    let figures = [
      BenchFigure(
        name: "agent.ping against qemu-ga's guest-ping", ours: BenchFigure.microseconds(ours),
        peer: BenchFigure.microseconds(qemuGA), value: ours / qemuGA, noise: toQemuGA, target: .atMost(0.5)),
      BenchFigure(
        name: "agent.ping against a raw echo", ours: BenchFigure.microseconds(ours),
        peer: BenchFigure.microseconds(echo), value: ours / echo, noise: toEcho, target: .ambition(1.5)),
      BenchFigure(
        name: "resident memory against qemu-ga", ours: BenchFigure.mebibytes(memory.ours.resident),
        peer: BenchFigure.mebibytes(memory.qemuGA.resident), value: memory.ours.resident / memory.qemuGA.resident,
        noise: nil, target: .atMost(0.5)),
      BenchFigure(
        name: "  its peak", ours: BenchFigure.mebibytes(memory.ours.peak),
        peer: BenchFigure.mebibytes(memory.qemuGA.peak), value: memory.ours.peak / memory.qemuGA.peak, noise: nil,
        target: .none),
      idle("present", present), idle("away", away),
    ]
    var json = [
      "ping_vs_qemu_ga": ours / qemuGA, "ping_vs_echo": ours / echo,
      "rss_vs_qemu_ga": memory.ours.resident / memory.qemuGA.resident,
      "rss_peak_vs_qemu_ga": memory.ours.peak / memory.qemuGA.peak,
      "ping_vs_qemu_ga_noise": toQemuGA, "ping_vs_echo_noise": toEcho,
      "ping_us": ours / 1e3, "echo_us": echo / 1e3, "qemu_ga_ping_us": qemuGA / 1e3,
      "rss_kib": memory.ours.resident, "qemu_ga_rss_kib": memory.qemuGA.resident,
    ]
    for (host, switches) in [("present", present), ("away", away)] {
      json["idle_wakeups_\(host)"] = switches[.ours]
      json["qemu_ga_idle_wakeups_\(host)"] = switches[.qemuGA]
    }
    json["idle_wakeups"] = (present[.ours] ?? .nan) + (away[.ours] ?? .nan)
    json["qemu_ga_idle_wakeups"] = (present[.qemuGA] ?? .nan) + (away[.qemuGA] ?? .nan)
    return (figures, json)
  }
}
