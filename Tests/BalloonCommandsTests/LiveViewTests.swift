// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// The built program in a real tmux, over a real QEMU without a guest: what a person sees there.
@Suite(
  "The live view in tmux", .timeLimit(.minutes(10)),
  .enabled("needs tmux") { try await Program.run(["sh", "-c", "command -v tmux"]).status == 0 },
  .enabled(if: Machine.isInstalled, "needs qemu-system-x86_64"))
struct LiveViewTests {
  @Test("Shows the guest at 80x24 and at 200x60, and gives the screen back when q is pressed")
  func sizes() async throws {
    try await Machine.with(["-name", "demo"] + Machine.balloon) { machine in
      try await Tmux.with(["stats", "--watch", "--interval", "250ms", machine.target]) { tmux in
        let small = try await tmux.screen { $0.contains("actual") && $0.contains("Events") }
        #expect(Self.recorded(small) == Self.recording80, "\(small)")
        #expect(try await tmux.ask("#{alternate_on} #{cursor_flag}") == "1 0")

        try await tmux.resize(200, 60)
        let large = try await tmux.screen { $0.contains(String(repeating: "█", count: 100)) }
        #expect(Self.recorded(large) == Self.recording200, "\(large)")

        try await tmux.resize(80, 24)
        let again = try await tmux.screen { $0.contains("recor…") }
        #expect(Self.recorded(again) == Self.recording80, "\(again)")

        try await tmux.press("q")
        let after = try await tmux.screen { $0.contains("status") }
        #expect(after == "before the view\nstatus 0")
        #expect(try await tmux.ask("#{alternate_on} #{cursor_flag}") == "0 1")
      }
    }
  }

  @Test(
    "Gives the screen back whatever ends it", arguments: ["C-c", "TERM", "HUP", "ABRT"])
  func ends(how: String) async throws {
    try await Machine.with { machine in
      try await Tmux.with(["stats", "--watch", "--interval", "250ms", machine.target]) { tmux in
        _ = try await tmux.screen { $0.contains("Events") }
        if how == "C-c" { try await tmux.press(how) } else { try await tmux.signal(how) }
        let after = try await tmux.screen { $0.contains("status") }
        #expect(after.hasPrefix("before the view\n"), "\(after)")
        #expect(!after.contains("status 0"), "\(after)")
        #expect(try await tmux.ask("#{alternate_on} #{cursor_flag}") == "0 1")
        // The line shows what is typed again.
        try await tmux.press("echoed")
        _ = try await tmux.screen { $0.hasSuffix("echoed") }
      }
    }
  }

  @Test("Tells that the machine is gone, and goes on trying")
  func gone() async throws {
    try await ScratchDirectory.with { scratch in
      try await RunningMachine.with(1, in: scratch) { machines in
        let machine = try #require(machines.first)
        try await Tmux.with(["stats", "--watch", "--interval", "250ms", machine.target]) { tmux in
          _ = try await tmux.screen { $0.contains("running") }
          try machine.kill()
          let screen = try await tmux.screen { $0.contains("No connection, trying again in 2 s") }
          #expect(screen.contains("actual"), "\(screen)")
          try await tmux.press("q")
          _ = try await tmux.screen { $0.contains("status 0") }
        }
      }
    }
  }

  @Test("Keeps to ASCII without UTF-8, and to lines on a dumb terminal")
  func plain() async throws {
    try await Machine.with { machine in
      let command = ["stats", "--watch", "--interval", "250ms", machine.target]
      try await Tmux.with(command, environment: ["LC_ALL=C", "NO_COLOR=1"]) { tmux in
        let screen = try await tmux.screen { $0.contains("actual") && $0.contains("###") }
        #expect(screen.utf8.allSatisfy { $0 < 0x80 }, "\(screen)")
        #expect(try await tmux.coloured().contains("\u{1B}[") == false)
      }
      try await Tmux.with(command, environment: ["TERM=dumb"]) { tmux in
        let screen = try await tmux.screen {
          $0.contains("a reading every 250 ms") && $0.contains("never updated")
        }
        #expect(screen.contains("prelaunch  actual 32 MiB"), "\(screen)")
        #expect(try await tmux.ask("#{alternate_on} #{cursor_flag}") == "0 1")
      }
    }
  }

  /// The screen without what differs from run to run: the clock, and the resident memory of QEMU with its bar.
  private static func recorded(_ screen: String) -> String {
    screen.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { index, line in
      if index == 0, line.hasSuffix(" UTC") { return line.dropLast(12) + "hh:mm:ss UTC" }
      if line.hasPrefix("  QEMU's resident") { return "  QEMU's resident …" }
      return String(line)
    }.joined(separator: "\n")
  }

  private static func of(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

  // Recorded from tmux 3.3a before QEMU 7.2.
  private static let recording80 = """
    demo                                                                hh:mm:ss UTC
    prelaunch; a reading every 250 ms, events as they come; q quits

    Sizes
      maximum                  32 MiB  █████████████████████████████████████████████
      target              not known (not found): a bare QEMU monitor keeps no recor…
      actual                   32 MiB  █████████████████████████████████████████████
      guest sees          not told
      QEMU's resident …

    Statistics  the guest has never answered; polling is off: the guest is never as…
      the guest's driver has delivered none

    Events
      none yet
    """

  private static let recording200 = """
    demo\(of(184, " "))hh:mm:ss UTC
    prelaunch; a reading every 250 ms, events as they come; q quits

    Sizes
      maximum                  32 MiB  \(of(100, "█"))
      target              not known (not found): a bare QEMU monitor keeps no record of what was asked of the balloon
      actual                   32 MiB  \(of(100, "█"))
      guest sees          not told
      QEMU's resident …

    Statistics  the guest has never answered; polling is off: the guest is never asked
      the guest's driver has delivered none

    Events
      none yet
    """
}

/// A tmux of one's own, in which a shell runs the program between two lines of its own.
struct Tmux: Sendable {
  private let socket: String

  static func with(
    _ arguments: [String], environment: [String] = [], isolation: isolated (any Actor)? = #isolation,
    _ body: (Tmux) async throws -> Void
  ) async throws {
    try await ScratchDirectory.with { scratch in
      let tmux = Tmux(socket: scratch("tmux"))
      let script = #"trap : INT; echo before the view; "$@"; echo status $?; cat"#
      let command =
        ["env", "-u", "LC_ALL", "-u", "NO_COLOR", "LC_CTYPE=C.UTF-8", "TERM=screen-256color"] + environment + [
          "sh", "-c", script, "sh", try Program.built("virt-balloon"),
        ] + arguments
      try await tmux.run(["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24"] + command)
      let result: Result<Void, any Error>
      do { result = .success(try await body(tmux)) } catch { result = .failure(error) }
      _ = try? await tmux.run(["kill-server"])
      try result.get()
    }
  }

  @discardableResult
  private func run(_ arguments: [String]) async throws -> String {
    // As a terminal that knows UTF-8 (-u).
    try await Program.check(["env", "LC_ALL=C.UTF-8", "tmux", "-u", "-S", socket] + arguments, within: .seconds(20))
  }

  /// What stands on the screen, without the blanks at its ends, as soon as it is as `isThere` wants it.
  func screen(_ isThere: (String) -> Bool) async throws -> String {
    var last = ""
    do {
      return try await waitUntil("the screen was there", within: .seconds(30), every: .milliseconds(50)) {
        let text = try await run(["capture-pane", "-p"])
        last = String(text.reversed().drop { $0 == "\n" }.reversed())
        return isThere(last) ? last : nil
      }
    } catch let error as RigError { throw RigError(error.code, "\(error.message):\n\(last)") }
  }

  /// The screen with its colours.
  func coloured() async throws -> String { try await run(["capture-pane", "-p", "-e"]) }

  /// One of tmux's formats.
  func ask(_ format: String) async throws -> String {
    try await run(["display-message", "-p", format]).filter { $0 != "\n" }
  }

  func resize(_ width: Int, _ height: Int) async throws {
    try await run(["resize-window", "-x", "\(width)", "-y", "\(height)"])
  }

  func press(_ key: String) async throws { try await run(["send-keys", key]) }

  /// Sends the program a signal.
  func signal(_ name: String) async throws {
    let shell = try await ask("#{pane_pid}")
    let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
    guard let pid = children.split(separator: " ").first else { throw RigError(.program, "nothing runs in the pane") }
    try await Program.check(["kill", "-s", name, String(pid)])
  }
}
