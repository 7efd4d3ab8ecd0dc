// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Exercise
import Glibc
import Reports
import Rules

/// One exercise of one guest, from the first look to the journal's end.
struct ExerciseSession: Sendable {
  let name: String
  let target: TargetOptions
  /// Where the journal is kept.
  let directory: String
  /// Whether QEMU's monitor may be asked through libvirt.
  let monitor: Bool
  /// Bytes.
  let downTo: UInt64?

  /// Why there was no exercise.
  struct End: Error {
    let message: String?
    let status: ExitCode
    init(_ message: String?, _ status: ExitCode) { (self.message, self.status) = (message, status) }
    init(_ error: TargetError) { self.init(error.message, .unavailable) }
    init(_ error: JournalError) {
      self.init(error.message, error.code == .busy ? .unavailable : .internalError)
    }
  }

  private var collector: GuestCollector {
    GuestCollector(
      CollectionOptions(quick: false, monitor: monitor, deadline: target.deadline, tool: VirtBalloon.version))
  }

  private func machine() async throws(End) -> ExerciseMachine {
    do throws(TargetError) {
      switch TargetName(name) {
      case .monitor(let path):
        return try await ExerciseMachine(monitor: path, agentSocket: target.agentSocket, within: target.deadline)
      case .proxmox(let vmid):
        return try await ExerciseMachine(
          proxmox: vmid, on: target.proxmox, agentSocket: target.agentSocket, within: target.deadline)
      case .domain(let domain):
        return try ExerciseMachine(
          try await LibvirtSession.find(domain, uri: target.connect, readOnly: false, deadline: target.deadline))
      case .agent: throw TargetError("agent: leads to the agent alone", Failure(.unsupported, "no host"))
      }
    } catch { throw End(error) }
  }

  // MARK: The exercise

  /// - Parameter asks: whether somebody at the terminal is asked first.
  /// - Returns: the evidence with what the exercise showed, and the signal that ended it early.
  func exercise(asks: Bool) async throws(End) -> (Evidence, signal: Int32?) {
    let machine = try await machine()
    let journal: ExerciseJournal
    do throws(JournalError) { journal = try ExerciseJournal(of: machine.identity.key, in: directory) } catch {
      throw End(error)
    }
    let recorded = try await settle(journal, machine, isAsked: false)

    var evidence: Evidence
    do throws(TargetError) { evidence = try await collector.collect(TargetName(name), target) } catch {
      throw End(error)
    }
    let plan = try plan(evidence, recorded)
    Console.complain("\(evidence.target.label): will \(plan.announcement)")
    guard !asks || Self.isConfirmed() else { throw End("nothing was touched", .success) }

    let (control, agent) = await machine.control(evidence, collector: collector, wall: .system)
    let entry = JournalEntry(
      machine: machine.identity, original: plan.original, target: name, connect: place,
      written: UInt64(max(0, WallClock.system.now())))
    do throws(JournalError) { try journal.write(entry) } catch { throw End(error) }

    let period = evidence.device.pollingInterval.value ?? evidence.configuration.statsPeriod.value
    let run = ExerciseRun(
      plan, over: control, pace: ExercisePace(period: period, shared: machine.isShared), clock: .continuous,
      wall: .system
    ) { Console.complain($0) }
    let (told, signal) = await Self.untilInterrupted { await run.run() }
    await agent?.end()
    evidence.exercise = told
    if told.restored || told.restoreFailure?.reason == .ended {
      do throws(JournalError) { try journal.remove() } catch { Console.complain(error.message) }
    }
    evidence.collection.finished = WallClock.system.now()
    evidence.collection.notices.append(
      "The guest's balloon was moved on purpose (virt-balloon exercise); what stands above was collected before that.")
    return (evidence, signal)
  }

  private var place: String? {
    if case .domain = TargetName(name) { target.connect } else { nil }
  }

  private func plan(_ evidence: Evidence, _ recorded: UInt64?) throws(End) -> ExercisePlan {
    let findings = Engine().diagnose(evidence).findings
    func finding(_ isWanted: (Finding) -> Bool) -> String? {
      findings.first(where: isWanted).map { "\($0.id): \($0.summary)" }
    }
    if let booting = finding({ $0.id == "guest.still-booting" }) {
      throw End("\(evidence.target.label): \(booting); nothing was touched: try again when it is up", .unavailable)
    }
    do throws(ExercisePlan.Refusal) {
      return try ExercisePlan(
        evidence, recorded: recorded, named: downTo,
        driver: finding { $0.id.hasPrefix("driver.") && $0.severity == .problem },
        statistics: finding { $0.id.hasPrefix("stats.") })
    } catch { throw End("\(evidence.target.label): \(error.message)", .unavailable) }
  }

  /// Asks at the terminal.
  private static func isConfirmed() -> Bool {
    let question = "Go on? [y/N] "
    _ = Array(question.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard let answer = readLine(strippingNewline: true)?.lowercased() else { return false }
    return answer == "y" || answer == "yes"
  }

  /// Runs `body`, and cancels it when somebody wants this process to end; a second signal ends it at once.
  private static func untilInterrupted<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value
  ) async -> (Value, signal: Int32?) {
    let interruption = Interruption()
    // Whoever reads the messages may go, and whoever presses ^Z does not mean to keep the guest's memory.
    for harmless in [SIGPIPE, SIGTSTP, SIGTTOU] { Glibc.signal(harmless, SIG_IGN) }
    let work = Task { await body() }
    let watch = Task {
      while !Task.isCancelled {
        if Interruption.hasCome {
          Interruption.letNextTakeEffect()
          Console.complain(
            "interrupted: what was taken is given back; once more ends this at once, and leaves that to virt-balloon "
              + "exercise --restore")
          work.cancel()
          return
        }
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
    let value = await work.value
    watch.cancel()
    await watch.value
    return (value, interruption.release())
  }

  // MARK: What an earlier one left

  /// Puts back what an exercise of this machine left that was killed.
  ///
  /// - Parameter isAsked: whether somebody asked for just this, and so knows which run of the machine it is.
  /// - Returns: the size that was put back; `nil` when there was nothing.
  private func settle(
    _ journal: ExerciseJournal, _ machine: ExerciseMachine, isAsked: Bool
  ) async throws(End) -> UInt64? {
    do throws(JournalError) {
      guard let entry = try journal.read() else { return nil }
      guard entry.machine.key == machine.identity.key else {
        throw JournalError(.malformed, "\(journal.path): is another machine's: look at it, and remove it")
      }
      guard entry.machine.run == machine.identity.run else {
        Console.complain("\(name): was started anew since an exercise was killed: there is nothing to put back")
        try journal.remove()
        return nil
      }
      guard isAsked || machine.identity.isCertain else {
        throw JournalError(
          .malformed,
          "\(name): an exercise was killed, and from here nobody can tell whether the guest was started anew since: "
            + "run virt-balloon exercise --restore if it was not, else remove \(journal.path)")
      }
      Console.complain("\(name): an exercise was killed: asking for \(entry.original >> 20) MiB again")
      let (control, _) = await machine.control(nil, collector: collector, wall: .system)
      let restoration = ExerciseRestoration(
        entry.original, from: nil, over: control, pace: ExercisePace(period: nil, shared: machine.isShared),
        clock: .continuous, wall: .system)
      // Whoever wants it to end has to wait for this: it is what they would want next.
      let (outcome, signal) = await Self.untilInterrupted { await Task { await restoration.run() }.value }
      if let failure = outcome.failure, failure.reason != .ended {
        throw JournalError(
          .system, "\(name): \(entry.original >> 20) MiB could not be put back: \(failure.detail); the journal stays")
      }
      try journal.remove()
      if let signal { Interruption.send(signal) }
      return outcome.failure == nil ? entry.original : nil
    } catch { throw End(error) }
  }

  /// Only puts back.
  ///
  /// - Parameter entry: what a journal says, where the machine is found by it.
  func restoreOnly(_ entry: JournalEntry? = nil) async -> ExitCode {
    do throws(End) {
      if let entry, entry.machine.hasEnded {
        do throws(JournalError) {
          try ExerciseJournal(of: entry.machine.key, in: directory).remove()
        } catch { throw End(error) }
        Console.complain("\(name): the machine has ended since: there is nothing to put back")
        return .success
      }
      let machine = try await machine()
      let journal: ExerciseJournal
      do throws(JournalError) { journal = try ExerciseJournal(of: machine.identity.key, in: directory) } catch {
        throw End(error)
      }
      let size = try await settle(journal, machine, isAsked: true)
      Console.complain(
        size.map { "\(name): has \($0 >> 20) MiB again" } ?? "\(name): no exercise was left unfinished")
      return .success
    } catch {
      if let message = error.message { Console.complain(message) }
      return error.status
    }
  }
}
