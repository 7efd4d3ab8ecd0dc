// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// `export` as Prometheus and node_exporter meet it, with libvirt's test driver.
@Suite("Export")
struct ExportTests {
  private static let dead = "qemu+unix:///system?socket=/nonexistent/libvirt"
  private static let promtool = "/usr/bin/promtool"

  /// Sends each request, as it is, over a connection of its own, and prints the answers as JSON: status line, headers
  /// and body. So many more stay open meanwhile that have sent half a request; it is counted how many are cut off.
  private static let client = """
    import json, socket, sys
    port, slow, requests = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    def connect():
        s = socket.create_connection(("127.0.0.1", port)); s.settimeout(60); return s
    waiting = []
    for _ in range(slow):
        s = connect(); s.sendall(b"GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n"); waiting.append(s)
    answers = []
    for request in requests:
        s = connect()
        answer = b""
        try:
            s.sendall(request.encode())
            while True:
                part = s.recv(65536)
                if not part: break
                answer += part
        except ConnectionError: pass
        answers.append(answer.decode("utf-8", "replace"))
    cut = 0
    for s in waiting:
        try:
            while s.recv(4096): pass
        except ConnectionError: pass
        cut += 1
    print(json.dumps({"answers": answers, "cut": cut}))
    """

  private struct Outcome: Decodable {
    let answers: [String]
    let cut: Int
  }

  private func ask(_ port: String, slow: Int = 0, _ requests: [String]) async throws -> Outcome {
    let output = try await Program.check(
      ["python3", "-c", Self.client, port, "\(slow)"] + requests, within: .seconds(120))
    return try JSONDecoder().decode(Outcome.self, from: Data(output.utf8))
  }

  private static func get(_ path: String, _ headers: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost\r\n" + headers.map { "\($0)\r\n" }.joined() + "\r\n"
  }

  /// Runs `body` beside an endpoint at a free port.
  private func serve(
    _ scratch: ScratchDirectory, _ arguments: [String], _ body: (String) async throws -> Void
  ) async throws {
    let command = [try Program.built("virt-balloon"), "export", "--listen", "0"] + arguments
    try await Program.background(command, log: scratch("export.log")) {
      let port = try await waitUntil("the endpoint stood") { () -> String? in
        let log = scratch.tail("export.log")
        guard let start = log.firstRange(of: "127.0.0.1:"), let end = log.firstRange(of: "/metrics") else { return nil }
        return String(log[start.upperBound..<end.lowerBound])
      }
      try await body(port)
    }
  }

  @Test("The endpoint serves /metrics in the form that is asked for, and nothing else but a way there")
  func endpoint() async throws {
    try await ScratchDirectory.with { scratch in
      try await serve(scratch, ["--connect", "test:///default", "--connect", Self.dead]) { port in
        let told = try await ask(
          port,
          [
            Self.get("/metrics"), Self.get("/metrics", "Accept: application/openmetrics-text;version=1.0.0"),
            Self.get("/"), Self.get("/metrics/../etc/passwd"),
            "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
            Self.get("/metrics", "Content-Length: 3"),
            Self.get("/metrics", "X: " + String(repeating: "x", count: 100_000)),
            "\u{1}garbage\r\n\r\n", Self.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: -1e999"),
            Self.get("/metrics?a=b", "X-Prometheus-Scrape-Timeout-Seconds: 3"),
          ])
        let statuses = told.answers.map { $0.split(separator: " ").dropFirst().first.map(String.init) ?? "closed" }
        #expect(statuses.prefix(7) == ["200", "200", "200", "404", "405", "200", "413"], "\(told.answers)")
        #expect(["413", "431", "closed"].contains(statuses[7]), "\(told.answers[7])")
        #expect(["400", "closed"].contains(statuses[8]), "\(told.answers[8])")
        #expect(statuses.suffix(2) == ["200", "200"])
        let plain = told.answers[0]
        #expect(plain.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(
          plain.contains("\nvirt_balloon_up{domain=\"test\",uuid=\"") && plain.contains("\nvirt_balloon_guests 1\n"))
        #expect(plain.contains("\nvirt_balloon_host_up{kind=\"libvirt\",location=\"test:///default\"} 1\n"))
        #expect(plain.contains("\nvirt_balloon_host_up{kind=\"libvirt\",location=\"\(Self.dead)\"} 0\n"))
        #expect(!plain.contains("# EOF"))
        #expect(
          told.answers[1].contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
        #expect(told.answers[1].hasSuffix("\n# EOF\n"))
        #expect(told.answers[4].contains("\r\nAllow: GET, HEAD\r\n"))
        #expect(told.answers[2].contains("<a href=\"/metrics\">"), "a person finds the way")
        #expect(told.answers[5].hasSuffix("\r\n\r\n"), "no body for HEAD")
        #expect(plain.contains("\nprocess_resident_memory_bytes ") && plain.contains("\nprocess_open_fds "))
      }
    }
  }

  @Test("Clients that dawdle keep nobody waiting, and are cut off")
  func slowClients() async throws {
    try await ScratchDirectory.with { scratch in
      try await serve(scratch, ["--connect", "test:///default"]) { port in
        let told = try await ask(port, slow: 20, [Self.get("/metrics"), Self.get("/metrics")])
        #expect(told.answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200 ") })
        #expect(told.cut == 20)
        // More of them than are served at once: those that come after wait for their turn.
        let crowd = try await ask(port, slow: 40, [Self.get("/metrics")])
        #expect(crowd.answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200 ") })
      }
    }
  }

  @Test("A scrape keeps to the time that Prometheus gives it, though a host hangs")
  func hungHost() async throws {
    try await ScratchDirectory.with { scratch in
      // Takes connections, and says nothing.
      try await FakePeer.with(at: scratch("hung"), FakeAgent.neverAnswers.serve) { path in
        let hung = "qemu+unix:///system?socket=\(path)"
        try await serve(scratch, ["--connect", "test:///default", "--connect", hung, "--deadline", "600"]) { port in
          let told = try await ask(port, [Self.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 5")])
          #expect(told.answers[0].contains("location=\"test:///default\"} 1\n"), "\(told.answers)")
          #expect(told.answers[0].contains("location=\"\(hung)\"} 0\n"))
          let duration = told.answers[0].split(separator: "\n").first {
            $0.hasPrefix("virt_balloon_collection_duration_seconds ")
          }
          // By its own account; what the machine makes of it is another matter.
          #expect(duration.flatMap { Double($0.split(separator: " ")[1]) }.map { $0 < 5 } == true, "\(duration ?? "")")
        }
      }
    }
  }

  @Test("The file for node_exporter is whole, for everybody to read, and as promtool wants it")
  func textfile() async throws {
    try await ScratchDirectory.with { scratch in
      let path = scratch("virt-balloon.prom")
      try Data("virt_balloon_up 1\n".utf8).write(to: URL(filePath: path))
      let command = ["export", "--quick", "--connect", "test:///default", "--connect", Self.dead, "--textfile"]
      let answer = try await Answer(command + [path], wrapper: ["sh", "-c", "umask 077; exec \"$0\" \"$@\""])
      #expect(answer.status == 0 && answer.output.isEmpty, "\(answer.complaint)")
      #expect(answer.line?.contains("Failed to connect") == true, "\(answer.complaint)")
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o644)
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains("\nvirt_balloon_up{domain=\"test\"") && text.hasSuffix("\n") && !text.contains("# EOF"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == ["virt-balloon.prom"])
      if access(Self.promtool, X_OK) == 0 {
        let outcome = try await Program.run(["sh", "-c", "\(Self.promtool) check metrics <\(path)"])
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errorOutput.isEmpty, "\(outcome)")
      }
      for wrong in [scratch("virt-balloon.txt"), scratch(".prom")] {
        let refused = try await Answer(command + [wrong])
        #expect(refused.status == 64 && refused.complaint.contains(".prom"), "\(refused.complaint)")
      }
      let lost = try await Answer(command + [scratch("no/such/a.prom")])
      #expect(lost.status == 70 && lost.complaint.contains("make the folder first"), "\(lost.complaint)")
    }
  }

  @Test("Diagnoses are told as metrics: of one guest, of several, of every one")
  func diagnoses() async throws {
    for arguments in [["test"], ["test", "test"], []] {
      let answer = try await Answer(
        ["diagnose", "--quick", "--connect", "test:///default", "--format", "openmetrics"] + arguments)
      #expect(answer.output.contains("\nvirt_balloon_verdict{domain=\"test\",uuid=\""), "\(answer.output)")
      #expect(answer.output.contains("kind=\"libvirt\",location=\"test:///default\",verdict=\"warning\"} 1\n"))
      #expect(answer.output.hasSuffix("\n# EOF\n") && answer.status == 1)
      #expect(answer.output.split(separator: "\n").count { $0 == "# EOF" } == 1)
    }
    let older = try await Answer(
      "diagnose", "--quick", "--connect", "test:///default", "--format", "prometheus", "test")
    #expect(older.output.contains("# TYPE virt_balloon_build_info gauge\n") && !older.output.contains("# EOF"))
  }

  @Test(
    "What cannot be served is refused in a line",
    arguments: [
      (["--listen", "nowhere"], 64), (["--listen", "localhost:99999"], 64), (["--listen", "[::1"], 64), ([], 64),
      (["--listen", "1", "--textfile", "a.prom"], 64), (["--listen", "1", "--quick"], 64),
      (["--listen", "192.0.2.1:9788"], 69),
    ] as [([String], Int32)])
  func refused(_ arguments: [String], _ status: Int32) async throws {
    let answer = try await Answer(["export"] + arguments)
    #expect(answer.status == status && answer.output.isEmpty, "\(answer.complaint)")
  }

  @Test("A port that is taken is told with what to do")
  func taken() async throws {
    try await ScratchDirectory.with { scratch in
      try await serve(scratch, ["--connect", "test:///default"]) { port in
        let answer = try await Answer("export", "--listen", port)
        answer.expectUnavailable("another program has that port")
      }
    }
  }

  @Test(
    "Without libmicrohttpd there is a line that says what to install",
    .enabled(if: geteuid() == 0, "needs root, to hide the library from the program"))
  func noLibrary() async throws {
    let hide = """
      for library in /usr/lib/*/libmicrohttpd.so.12; do mount --bind /dev/null "$library" || exit; done; exec "$0" "$@"
      """
    let answer = try await Answer("export", "--listen", "0", wrapper: ["unshare", "--mount", "sh", "-c", hide])
    answer.expectUnavailable("libmicrohttpd12")
  }
}
