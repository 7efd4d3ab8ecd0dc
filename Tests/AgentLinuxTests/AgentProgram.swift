// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import FoundationEssentials
import Subprocess
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A build of the agent that a test runs.
enum AgentBuild: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case ordinary
  case `static`

  var testDescription: String { rawValue }

  /// The program, when it was built: the ordinary one stands beside the tests, the static one where `make agents`
  /// leaves it.
  var path: String? {
    let path: String
    switch self {
    case .ordinary:
      guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
      path = URL(filePath: tests).deletingLastPathComponent().appending(path: "virt-balloon-agent").path
    case .static:
      let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      path = package.appending(path: ".build/agents/x86_64-linux/virt-balloon-agent").path
    }
    return access(path, X_OK) == 0 ? path : nil
  }

  /// The program; a test for a build that was not made is cancelled, visibly.
  func requirePath() throws -> String {
    guard let path else {
      try Test.cancel("the \(rawValue) agent has not been built")
    }
    return path
  }
}

struct ProgramOutcome {
  let status: TerminationStatus
  let output: [UInt8]
  let errorOutput: String
}

/// Runs the agent to its end.
func runAgent(_ build: AgentBuild, _ arguments: [String], input: [UInt8] = []) async throws -> ProgramOutcome {
  // timeout(1) bounds a program that does not end.
  let result = try await run(
    .name("timeout"), arguments: Arguments(["30", try build.requirePath()] + arguments), input: .array(input),
    output: .bytes(limit: 32 << 20), error: .string(limit: 1 << 20))
  return ProgramOutcome(
    status: result.terminationStatus, output: result.standardOutput, errorOutput: result.standardError)
}

/// All records of a program's output.
func replies(_ output: [UInt8]) throws -> [Reply] {
  var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
  decoder.append(output)
  var replies: [Reply] = []
  while let event = decoder.next() {
    if case .record(let text) = event { replies.append(try Reply(parsing: text)) }
  }
  return replies
}
