// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig
import Testing

@Suite("The command line")
struct UsageTests {
  @Test(
    "Is refused with status 64 and the reason before anything is asked",
    arguments: [
      (["rules", "nope"], "there is no rule"),
      (["diagnose", "test", "--format", "xml"], "--format"),
      (["diagnose", "test", "--deadline", "0"], "--deadline takes a number of seconds above 0"),
      (["diagnose", "test", "--deadline", "nan"], "--deadline takes a number of seconds above 0"),
      (["diagnose", "test", "--connect", ""], "--connect takes a libvirt URI"),
      (["diagnose", "test", "--nonsense"], "--nonsense"),
      (["diagnose", "test", "--agent-socket", "/x"], "a domain has its own channel"),
      (["diagnose", "--agent-socket", "/x"], "--agent-socket belongs to one qmp: or proxmox: target"),
      (
        ["diagnose", "qmp:/a", "qmp:/b", "--agent-socket", "/x"],
        "--agent-socket belongs to one qmp: or proxmox: target"
      ),
      (["diagnose", "qmp:"], "qmp: takes the path of a socket"),
      (["diagnose", "agent:"], "agent: takes the path of a socket or a terminal"),
      (["stats", "agent:"], "agent: takes the path of a socket or a terminal"),
      (["agent", "ping", "agent:"], "agent: takes the path of a socket or a terminal"),
      (["diagnose", "agent:/a", "--agent-socket", "/x"], "agent: names the channel"),
      (["agent", "info", "agent:/a", "--agent-socket", "/x"], "agent: names the channel"),
      (["diagnose", "test", "--qemu-ga-socket", "/x"], "--qemu-ga-socket belongs to one qmp: or proxmox: target"),
      (["diagnose", "qmp:/a", "--qemu-ga-socket", ""], "--qemu-ga-socket takes the path of a socket"),
      (["diagnose", "agent:/a", "--qemu-ga"], "agent: leads to no qemu-ga"),
      (["stats"], "name"),
      (["stats", "test", "--watch", "--interval", "0"], "--interval takes a time from 250ms to 24h"),
      (["stats", "test", "--interval", "2s"], "--interval belongs to --watch"),
      (["account"], "name a TARGET, or give files with --from"),
      (["account", "test", "--from", "/x"], "name a TARGET, or give files with --from"),
      (["account", "--from", "/x", "--monitor"], "--from reads files alone"),
      (["account", "--plan"], "--plan needs --maximum and --current"),
      (["account", "test", "--plan", "--maximum", "4G", "--current", "1G"], "--plan asks nobody"),
      (["account", "--plan", "--maximum", "4", "--current", "1G"], "'4' is invalid"),
      (["account", "--plan", "--maximum", "1G", "--current", "2G"], "no more than --maximum"),
      (["account", "test", "--maximum", "1G"], "belong to --plan"),
      (["account", "qmp:"], "qmp: takes the path of a socket"),
      (["agent", "ping"], "name a libvirt domain, or give --agent-socket PATH"),
      (["agent", "ping", "test", "--agent-socket", "/x"], "a domain has its own channel"),
      (["agent", "ping", "--agent-socket", "/x", "--count", "0"], "--count takes a number"),
      (["agent", "call", "--agent-socket", "/x", "--method", "guest.os", "--params", "[]"], "a JSON object"),
      (["frobnicate"], "frobnicate"),
    ])
  func usage(_ arguments: [String], _ reason: String) async throws {
    let outcome = try await Program.run([try Program.built("virt-balloon")] + arguments)
    #expect(outcome.status == 64, "\(outcome.errorOutput)")
    #expect(outcome.errorOutput.contains(reason), "\(outcome.errorOutput)")
    #expect(outcome.output.isEmpty)
  }

  @Test("May hold bytes that are no UTF-8: they name nothing that is there")
  func notUTF8() async throws {
    let script = #"exec "$0" "$@" "$(printf 'guest\377\376')""#
    let domain = try await Answer(
      "diagnose", "--connect", "test:///default", wrapper: ["sh", "-c", script], environment: [:])
    domain.expectUnavailable("test:///default")
    let socket = try await Answer("agent", "ping", "--agent-socket", wrapper: ["sh", "-c", script])
    socket.expectUnavailable("nothing is there")
    let rule = try await Answer("rules", wrapper: ["sh", "-c", script])
    #expect(rule.status == 64)
  }
}

@Suite("Standard output")
struct OutputTests {
  /// Runs the program with a pipe as its output that nobody reads any more.
  private static let unread = """
    import os, signal, sys
    reader, writer = os.pipe()
    os.close(reader)
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)],
      setsigdef=[signal.SIGPIPE] if sys.argv[1] == "default" else [])
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))
    """

  @Test(
    "A reader that has gone ends the program without a word and without a crash", arguments: ["default", "ignored"])
  func noReader(signal: String) async throws {
    let outcome = try await Program.run(
      ["python3", "-c", Self.unread, signal, try Program.built("virt-balloon"), "rules"])
    // Ended by SIGPIPE, as every filter is; or by its write, where the parent has switched that signal off.
    #expect(outcome.output == (signal == "default" ? "-\(SIGPIPE)\n" : "70\n"))
    #expect(outcome.errorOutput.isEmpty, "\(outcome.errorOutput)")
  }

  @Test("A full disk is told in one line, with status 70", .enabled(if: access("/dev/full", W_OK) == 0))
  func full() async throws {
    let answer = try await Answer("rules", wrapper: ["sh", "-c", #"exec "$0" "$@" >/dev/full"#])
    #expect(answer.status == 70)
    #expect(answer.line?.contains("the report cannot be written") == true, "\(answer.complaint)")
  }

  @Test("A pipe that does not block loses nothing of a long report")
  func nonBlocking() async throws {
    let script = """
      import os, subprocess, sys, time
      reader, writer = os.pipe()
      os.set_blocking(writer, False)
      child = subprocess.Popen(sys.argv[1:], stdout=writer)
      os.close(writer)
      text = b""
      while chunk := os.read(reader, 512):
          text += chunk
      sys.stdout.buffer.write(text)
      sys.exit(child.wait())
      """
    let program = try Program.built("virt-balloon")
    let whole = try await Program.run([program, "rules", "--format", "json"])
    let outcome = try await Program.run(["python3", "-c", script, program, "rules", "--format", "json"])
    #expect(outcome.status == 0 && whole.status == 0)
    #expect(outcome.output == whole.output)
  }

  @Test(
    "Colour comes on a terminal alone, and never with NO_COLOR",
    .enabled("needs script(1)") { try await Program.run(["sh", "-c", "command -v script"]).status == 0 })
  func colour() async throws {
    let command = "\(try Program.built("virt-balloon")) diagnose --quick --connect test:///default test"
    let terminal = ["TERM=xterm", "script", "-qec", command, "/dev/null"]
    let coloured = try await Program.run(["env", "-u", "NO_COLOR"] + terminal)
    let plain = try await Program.run(["env", "NO_COLOR=1"] + terminal)
    let piped = try await Program.run(["env", "-u", "NO_COLOR", "sh", "-c", command])
    #expect(coloured.output.contains("\u{1b}["))
    #expect(!plain.output.contains("\u{1b}") && plain.output.contains("balloon"))
    #expect(!piped.output.contains("\u{1b}") && piped.output.contains("balloon"))
  }
}
