// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import GuestLink

/// The read-only commands that a guest without an agent of ours is asked, run by qemu-ga instead of a person, and how
/// their output is read. Who reads it is given from above: the readers of pasted text.
package struct GuestProbe: Sendable {
  package enum Step: Hashable, Sendable {
    /// A line that stands between the commands' outputs.
    case text(String)
    case run(program: String, arguments: [String])
  }
  /// What is run in Windows: each program by itself, so that neither cmd's quoting nor its limit of 8191 characters
  /// counts.
  let windows: [Step]
  let linux: [Step]
  /// What the output says.
  let read: @Sendable (_ output: [UInt8]) -> GuestEvidence?

  package init(windows: [Step], linux: [Step], read: @escaping @Sendable (_ output: [UInt8]) -> GuestEvidence?) {
    (self.windows, self.linux, self.read) = (windows, linux, read)
  }

  /// The most that all programs' output is taken of.
  static let outputLimit = 8 << 20
  /// Stands where output is missing, so that what is left is not taken for the whole.
  private static let cut = "(virt-balloon: output is missing here)\n"

  /// What a run gave.
  struct Outcome: Sendable {
    var guest: GuestEvidence?
    /// Why it is not all.
    var failure: Failure?
    /// What a report must tell of it.
    var notices: [String] = []
    /// What the programs wrote.
    var output: [UInt8] = []
  }

  /// Runs the commands for the guest's system.
  ///
  /// - Parameters:
  ///   - evidence: what qemu-ga has told of itself: its system, and what it allows.
  func run(
    _ evidence: QEMUGuestAgentEvidence, over agent: some QGACommands, until deadline: ContinuousClock.Instant
  ) async -> Outcome {
    let steps: [Step]
    do throws(Failure) { steps = try self.steps(evidence) } catch { return Outcome(failure: error) }
    var output: [UInt8] = []
    var ran: [String] = []
    for step in steps {
      switch step {
      case .text(let line): output += Array(line.utf8) + [UInt8(ascii: "\n")]
      case .run(let program, let arguments):
        do throws(QGAError) {
          let number = try await agent.start(program, arguments, until: deadline)
          ran.append(([program] + arguments.prefix(2)).joined(separator: " "))
          let told = try await Self.wait(number, agent, until: deadline)
          let room = max(0, Self.outputLimit - output.count)
          output += told.output.prefix(room)
          if told.output.last != UInt8(ascii: "\n") { output.append(UInt8(ascii: "\n")) }
          if told.isTruncated || told.output.count > room { output += Array(Self.cut.utf8) }
        } catch {
          output += Array(Self.cut.utf8)
          // One program that is not there says nothing of the next.
          guard error.code == .refused, !error.isCommandMissing else {
            return outcome(output, ran, Self.failure(error, evidence.osFamily))
          }
        }
      }
    }
    return outcome(output, ran, nil)
  }

  private func outcome(_ output: [UInt8], _ ran: [String], _ failure: Failure?) -> Outcome {
    guard !ran.isEmpty else {
      return Outcome(failure: failure ?? Failure(.failed, "qemu-ga could start none of the probe's programs"))
    }
    let count = ran.count == 1 ? "One program was" : "\(ran.count) programs were"
    return Outcome(
      guest: read(output), failure: failure,
      notices: [
        "\(count) run in the guest through qemu-ga's guest-exec, which only read: those that `virt-balloon probe` "
          + "prints."
      ], output: output)
  }

  private func steps(_ evidence: QEMUGuestAgentEvidence) throws(Failure) -> [Step] {
    if let failure = evidence.version.failure { throw failure }
    for command in ["guest-exec", "guest-exec-status"] {
      guard let commands = evidence.commands.value else { break }
      if commands[command] != true {
        throw Self.refused(commands[command] == nil ? "qemu-ga has no \(command)" : nil, evidence.osFamily)
      }
    }
    switch evidence.osFamily {
    case "windows"?: return windows
    case "linux"?: return linux
    case let other?: throw Failure(.unsupported, "there is no probe for the guest's system (\(other))")
    case nil:
      throw Failure(
        .unsupported, "qemu-ga does not tell the guest's system, so nothing was run in it", ask: Self.byHand(nil))
    }
  }

  /// Polls until the program has ended, more seldom the longer it runs.
  private static func wait(
    _ number: Int64, _ agent: some QGACommands, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> QGAProcess {
    var pause = Duration.milliseconds(20)
    while true {
      let process = try await agent.process(number, until: deadline)
      if process.hasExited { return process }
      guard ContinuousClock.now + pause < deadline, !Task.isCancelled else {
        throw QGAError(.timedOut, "a program that guest-exec had started in the guest did not end in time")
      }
      try? await Task.sleep(for: pause)
      pause = min(pause * 2, .milliseconds(500))
    }
  }

  private static func failure(_ error: QGAError, _ family: String?) -> Failure {
    error.isCommandMissing ? refused(nil, family) : Failure(error)
  }

  /// The one line that says how to allow it, or to do without.
  private static func refused(_ why: String?, _ family: String?) -> Failure {
    Failure(
      .denied,
      (why ?? "guest-exec is switched off in qemu-ga's settings")
        + "; its owner allows guest-exec and guest-exec-status there (block-rpcs, allow-rpcs; older: blacklist)",
      ask: byHand(family))
  }

  /// How to ask a guest by a person's hand.
  static func byHand(_ family: String?) -> String { Target.askGuestByHand(family) }
}

extension GuestEvidence {
  /// Takes over what a probe told and the agent did not.
  package mutating func complete(with probed: GuestEvidence) {
    func fill<Value>(_ path: WritableKeyPath<GuestEvidence, Observation<Value>>) {
      if self[keyPath: path].failure != nil, probed[keyPath: path].failure == nil {
        self[keyPath: path] = probed[keyPath: path]
      }
    }
    fill(\.osFamily)
    fill(\.osName)
    fill(\.kernel)
    fill(\.uptime)
    fill(\.memory)
    fill(\.statistics)
    fill(\.functions)
    fill(\.services)
    fill(\.log)
    if windows == nil { windows = probed.windows }
  }
}
