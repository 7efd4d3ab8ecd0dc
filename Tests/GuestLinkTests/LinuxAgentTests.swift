// SPDX-License-Identifier: GPL-3.0-or-later
import Foundation
import Glibc
import GuestLink
import ProtocolVectors
import Testing
import Transports

@Suite("The Linux agent")
struct LinuxAgentTests {
  enum Build: String, CaseIterable, Sendable {
    /// Stands beside the tests when all of the package was built.
    case ordinary
    /// Embedded Swift, where `make agents` leaves it.
    case `static`

    var path: String? {
      let path: String
      switch self {
      case .ordinary:
        guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
          return nil
        }
        path = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("virt-balloon-agent").path
      case .static: path = ProtocolVectors.folder + "/../.build/agents/x86_64-linux/virt-balloon-agent"
      }
      return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }
  }

  @Test("passes the conformance run on its standard input and output", arguments: Build.allCases)
  func conformance(_ build: Build) async throws {
    guard let path = build.path else { try Test.cancel("the \(build.rawValue) agent has not been built") }
    let agent = OneProcess(path)
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
