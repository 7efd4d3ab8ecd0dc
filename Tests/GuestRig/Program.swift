// SPDX-License-Identifier: GPL-3.0-or-later
package import Subprocess
import SystemPackage

/// Programs that the rig runs: one that answers and ends, or one that stays while a body runs.
package enum Program {
  /// What a program that has ended left behind.
  package struct Outcome: Sendable {
    /// Its exit status; 128 and the signal's number when a signal ended it, as the shell has it.
    package let status: Int32
    package let output: String
    package let errorOutput: String
  }

  /// Runs `arguments`, the first of which is a path or a name to look up, and waits for its end.
  ///
  /// Each output is kept up to 16 MiB; more is an error.
  package static func run(
    _ arguments: [String], environment: [Environment.Key: String?] = [:], within limit: Duration = .seconds(120)
  ) async throws -> Outcome {
    // timeout(1) ends it rather than a task group, so that nothing is left behind whatever it ignores.
    let seconds = max(1, limit.components.seconds)
    let result = try await Subprocess.run(
      .name("timeout"), arguments: Arguments(["--kill-after=2", "\(seconds)"] + arguments),
      environment: .inherit.updating(environment), output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
    let status: Int32
    switch result.terminationStatus {
    case .exited(let code): status = code
    case .signaled(let signal): status = 128 + signal
    }
    if status == 124 || status == 137 {
      throw RigError(
        .timedOut, "\(arguments.joined(separator: " ")) took longer than \(limit): \(result.standardError)")
    }
    return Outcome(status: status, output: result.standardOutput, errorOutput: result.standardError)
  }

  /// Runs `arguments`, and fails unless it ends with status 0; gives its output.
  @discardableResult
  package static func check(
    _ arguments: [String], environment: [Environment.Key: String?] = [:], within limit: Duration = .seconds(120)
  ) async throws -> String {
    let outcome = try await run(arguments, environment: environment, within: limit)
    guard outcome.status == 0 else {
      throw RigError(
        .program, "\(arguments.joined(separator: " ")) ended with status \(outcome.status): \(outcome.errorOutput)")
    }
    return outcome.output
  }

  /// Keeps the program `arguments` running while `body` runs, then ends it with `signal` and waits until it is gone.
  ///
  /// Its output goes to the file `log`. The program is the child of a small shell which holds a pipe of this process,
  /// so it is ended also when this process dies. Once the program has ended by itself, nothing is signalled any more:
  /// its process id may be another's by then.
  package static func background<Result: Sendable>(
    _ arguments: [String], log: String, signal: String = "KILL", isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Result
  ) async throws -> Result {
    let guardian = """
      exec 3<&0
      "$@" </dev/null 3<&- &
      child=$!
      { cat <&3 >/dev/null; kill -\(signal) $child; } 2>/dev/null &
      guard=$!
      exec 3<&-
      wait $child
      status=$?
      kill $guard 2>/dev/null
      echo "\(endMark) $status"
      """
    let output = try FileDescriptor.open(
      FilePath(log), .writeOnly, options: [.create, .append, .closeOnExec], permissions: .ownerReadWrite)
    let result = try await Subprocess.run(
      .path("/bin/sh"), arguments: Arguments(["-c", guardian, "sh"] + arguments), input: .inputWriter,
      output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
    ) { execution in
      // Whatever the body does, the pipe is closed after it, and that ends the program.
      let outcome: Swift.Result<Result, any Error>
      do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
      try await execution.standardInputWriter.finish()
      return outcome
    }
    return try result.closureResult.get()
  }

  /// The start of the line that the log of a ``background(_:log:signal:isolation:_:)`` program ends with.
  static let endMark = "rig: the program ended with status"
}
