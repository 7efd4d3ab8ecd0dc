// SPDX-License-Identifier: GPL-3.0-or-later
import Foundation
import Glibc
import GuestLink
import Testing
import Transports

@Suite("The Linux agent")
struct LinuxAgentTests {
  /// The ordinary build, which stands beside the tests when all of the package was built.
  static let path: String? = {
    guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let path = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("virt-balloon-agent").path
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }()

  @Test(
    "passes the conformance run on its standard input and output",
    .enabled(if: path != nil, "virt-balloon-agent has not been built"))
  func conformance() async throws {
    let agent = OneProcess(try #require(Self.path))
    let run = Conformance(time: .seconds(20)) { () throws(TransportError) in try agent.start() }
    let results = await run.run()
    #expect(results.count == Conformance.checks.count)
    for result in results {
      // Standard input ends with its host, so that each connection is another process.
      if result.id == "session.reconnect" {
        #expect(result.seen.contains("another instance"), "\(result.seen)")
      } else {
        #expect(result.verdict == .passed, "\(result.id): \(result.seen)")
      }
    }
  }
}

/// Starts the agent anew for each connection.
private struct OneProcess: Sendable {
  let path: String
  init(_ path: String) { self.path = path }

  func start() throws(TransportError) -> any Transport {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw TransportError(.system, "socketpair: \(errno)")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = ["--stdio"]
    // The agent ends when its input does.
    let end = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    process.standardInput = end
    process.standardOutput = end
    do { try process.run() } catch { throw TransportError(.system, "\(error)") }
    return try UnixSocket(adopting: ends[0], path: path)
  }
}
