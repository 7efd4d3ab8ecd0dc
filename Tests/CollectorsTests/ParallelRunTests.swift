// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import Collectors

@Suite("Many targets at once", .serialized)
struct ParallelRunTests {
  private static func evidence(_ name: String) -> Evidence {
    let options = CollectionOptions(quick: true, monitor: false, deadline: .seconds(1), tool: "test")
    return GuestCollector(options, clock: WallClock { 7 }).start(
      Target(kind: .qmp, name: name, location: name), notices: [])
  }

  private func job(
    _ label: String, _ collect: @escaping @Sendable (CollectionProgress) async throws(TargetError) -> Evidence
  ) -> TargetJob { TargetJob(label: label, collect: collect) }

  /// Never ends, and does not heed cancellation.
  private static func hang() async { await withCheckedContinuation { held.append($0) } }
  private static let held = Held()
  /// Continuations that nobody resumes before the process ends: dropped, they would be reported as leaked.
  private final class Held: Sendable {
    private let all = Mutex<[CheckedContinuation<Void, Never>]>([])
    func append(_ one: CheckedContinuation<Void, Never>) { all.withLock { $0.append(one) } }
  }

  @Test("Are all looked at, no more than so many at a time, and told of in their order")
  func order() async {
    let running = Mutex((now: 0, most: 0))
    let jobs = (0..<20).map { number in
      job("\(number)") { (_) async throws(TargetError) in
        running.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        try? await Task.sleep(for: .milliseconds(Int64(20 - number)))
        running.withLock { $0.now -= 1 }
        if number == 7 {
          throw TargetError("qmp:/7: nobody listens", Failure(.disconnected, "nobody", ask: "start it"))
        }
        return Self.evidence("\(number)")
      }
    }
    let ended = Mutex<[String]>([])
    let results = await ParallelRun(limit: 4, deadline: .seconds(60)).run(
      jobs, progress: { outcome in ended.withLock { $0.append(outcome.label) } }, keeping: { $1 })
    #expect(results.map(\.outcome.label) == (0..<20).map { "\($0)" })
    #expect(results.map { $0.evidence?.target.name } == (0..<20).map { $0 == 7 ? nil : "\($0)" })
    #expect(running.withLock { $0.most } == 4)
    #expect(ended.withLock { Set($0) } == Set((0..<20).map { "\($0)" }) && ended.withLock { $0.count } == 20)
    let failed = results[7].outcome
    #expect(failed.outcome == .failed && failed.label == "7")
    #expect(failed.failure == Failure(.disconnected, "qmp:/7: nobody listens", ask: "start it"))
    #expect(results[8].outcome.outcome == .collected && results[8].outcome.failure == nil)
  }

  @Test("Are no more at a time than there are files for")
  func files() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 76, rlim_max: 96)
      guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { exit(EXIT_FAILURE) }
      let running = Mutex((now: 0, most: 0))
      let jobs = (0..<40).map { number in
        TargetJob(label: "\(number)") { (_) async throws(TargetError) in
          running.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
          }
          try? await Task.sleep(for: .milliseconds(2))
          running.withLock { $0.now -= 1 }
          return Self.evidence("\(number)")
        }
      }
      let results = await ParallelRun(limit: 40, deadline: .seconds(60)).run(jobs)
      // Raised to 96, of which 64 are kept for all else, and each of the others takes four.
      #expect(running.withLock { $0.most } == 8)
      exit(results.allSatisfy { $0.evidence != nil } && running.withLock { $0.most } == 8 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
  }

  @Test("That hang are left behind when their time is up, with what was known of them")
  func hanging() async {
    let run = ParallelRun(deadline: .milliseconds(100), grace: .milliseconds(50))
    let results = await run.run([
      job("nothing") { (_) async throws(TargetError) in
        await Self.hang()
        return Self.evidence("never")
      },
      job("something") { (progress) async throws(TargetError) in
        progress.publish(Self.evidence("so far"))
        await Self.hang()
        return Self.evidence("never")
      },
      job("heeds") { (_) async throws(TargetError) in
        try? await Task.sleep(for: .seconds(600))
        return Self.evidence("by then")
      },
      job("quick") { (_) async throws(TargetError) in Self.evidence("all") },
    ])
    #expect(results.map(\.outcome.outcome) == [.failed, .partial, .partial, .collected])
    #expect(results.map { $0.evidence?.target.name } == [nil, "so far", "by then", "all"])
    #expect(results.prefix(3).allSatisfy { $0.outcome.failure?.reason == .timedOut && $0.outcome.failure?.ask != nil })
    #expect(results[1].evidence?.collection.notices.last?.hasPrefix("Not all was asked") == true)
  }

  @Test("Of a run that is cancelled keep what was done; what had not begun says so")
  func cancelled() async {
    let first = Mutex(false)
    let jobs = [
      job("done") { (_) async throws(TargetError) in Self.evidence("done") },
      job("under way") { (progress) async throws(TargetError) in
        progress.publish(Self.evidence("so far"))
        first.withLock { $0 = true }
        await Self.hang()
        return Self.evidence("never")
      },
      job("not begun") { (_) async throws(TargetError) in Self.evidence("never") },
    ]
    let run = ParallelRun(limit: 1, deadline: .seconds(600), grace: .milliseconds(50))
    let work = Task { await run.run(jobs) }
    while !first.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
    work.cancel()
    let results = await work.value
    #expect(results.map(\.outcome.outcome) == [.collected, .partial, .failed])
    #expect(results.map { $0.evidence?.target.name } == ["done", "so far", nil])
    #expect(results.last?.outcome.failure?.detail == "interrupted before it was asked")
  }

  @Test("Of one libvirt have their names from one connection, and are found over those of a pool")
  func libvirt() async throws {
    let pool = LibvirtPool()
    let guests = try await LibvirtSession.guests(uri: "test:///default", readOnly: true, deadline: .seconds(20))
    let guest = try #require(guests.first)
    #expect(guests.count == 1 && guest.name == "test" && guest.uri == "test:///default")
    let options = CollectionOptions(quick: true, monitor: false, deadline: .seconds(20), tool: "test")
    let collector = GuestCollector(options)
    #expect(collector.guestTime == .seconds(80))
    let jobs = (0..<4).map { number in
      TargetJob(label: "\(guest.name) \(number)") { (progress) async throws(TargetError) in
        try await GuestCollector(options, progress: progress)
          .collect(try await LibvirtSession.find(guest, in: pool, readOnly: true, deadline: options.deadline))
      }
    }
    let results = await ParallelRun(deadline: collector.guestTime).run(jobs)
    #expect(results.map { $0.evidence?.readings.first?.actual.value } == [2 << 30, 2 << 30, 2 << 30, 2 << 30])
    #expect(results.allSatisfy { $0.evidence?.collection.sources.isEmpty == false })
  }

  @Test("50 monitors, five silent, three that close in the middle and one that floods: the others' evidence is whole")
  func fifty() async throws {
    let manners: [FakeMonitor.Manner] = (0..<50).map { number in
      switch number {
      case 3, 17: .silent
      case 20, 33, 47: .hangs(after: 3)
      case 8: .closes(after: 2)
      case 24: .closes(after: 6)
      case 41: .closes(after: 12)
      case 12: .floods
      default: .answers
      }
    }
    let servers = try manners.map { try FakeMonitor($0) }
    defer { for server in servers { server.stop() } }
    let options = CollectionOptions(
      quick: false, monitor: false, deadline: .seconds(2), duration: .seconds(1), interval: .milliseconds(250),
      tool: "test")
    let before = Self.peakMemory()
    let transcripts = servers.map { _ in Transcript() }
    let jobs = zip(servers, transcripts).map { server, transcript in
      TargetJob(label: "qmp:\(server.path)") { (progress) async throws(TargetError) in
        try await GuestCollector(options, transcript: transcript, progress: progress)
          .collect(monitor: server.path, agentSocket: nil)
      }
    }
    let begun = ContinuousClock.now
    let results = await ParallelRun(limit: 16, deadline: .seconds(8)).run(jobs)
    let took = ContinuousClock.now - begun
    #expect(results.count == 50)
    for (number, (manner, result)) in zip(manners, results).enumerated() {
      switch manner {
      case .answers:
        let evidence = try #require(result.evidence, "target \(number): \(result.outcome)")
        #expect(result.outcome.outcome == .collected && result.outcome.failure == nil, "target \(number)")
        #expect(evidence.domain.state.value == "running" && evidence.device.status.value == ["DRIVER_OK"])
        #expect(evidence.readings.count > 1, "target \(number)")
        #expect(
          evidence.readings.allSatisfy { $0.actual.value == FakeMonitor.size && $0.lastUpdate.value == 1_700_000_000 })
        #expect(evidence.domain.interruptions.isAbsent && transcripts[number].answers.count > 10)
      case .silent:
        #expect(result.outcome.outcome == .failed && result.outcome.failure?.reason == .busy, "target \(number)")
      case .hangs, .closes:
        // What was said before is kept, and the rest says why it is not there.
        let evidence = try #require(result.evidence, "target \(number): \(result.outcome)")
        #expect(evidence.device.qomPath.failure != nil || evidence.readings.first?.actual.failure != nil)
        #expect(evidence.collection.sources.contains { $0.failure != nil }, "target \(number)")
      case .floods: #expect(result.outcome.outcome == .failed, "target \(number): \(result.outcome)")
      case .moves: break
      }
    }
    let slowest = results.map(\.outcome.seconds).max() ?? 0
    print(
      "50 monitors, 16 at a time: \(took.seconds) s in all, the slowest \(slowest) s (a guest's deadline 8 s); "
        + "VmHWM \(before) kB before, \(Self.peakMemory()) kB after")
  }

  /// VmHWM of this process in kB. Source: proc(5).
  private static func peakMemory() -> Int {
    guard let status = GuestCollector.text("/proc/self/status"),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return 0 }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
