// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Collectors
package import QMP

/// The balloon of a machine behind a QEMU monitor, which is taken in short turns: it may be others' too.
package struct MonitorControl: BalloonControl {
  private let shared: SharedMonitor
  private let process: Int32?
  private let run: String
  private let collector: GuestCollector
  /// The balloon's place in QEMU's object tree; `nil` where it is not known, and then there are no statistics.
  private let place: String?
  /// How large the machine's RAM is, in bytes.
  private let ram: UInt64?
  private let agent: AgentWord?
  private let wall: WallClock
  /// How long one question or request may take.
  private let time: Duration

  /// - Parameters:
  ///   - run: of the machine; see ``MachineIdentity``.
  ///   - evidence: a collection of the same machine.
  package init(
    _ shared: SharedMonitor, process: Int32?, run: String, collector: GuestCollector, evidence: Evidence?,
    agent: AgentWord?, wall: WallClock
  ) {
    (self.shared, self.process, self.run, self.collector) = (shared, process, run, collector)
    (self.agent, self.wall) = (agent, wall)
    place = evidence?.device.qomPath.value
    ram = evidence?.configuration.maximum.value
    time = collector.options.deadline
  }

  /// Whether the machine is still the one that it was.
  private var isThere: Bool { MachineIdentity.run(ofProcess: process) == run }

  private func failure(_ error: QMPError) -> Failure {
    isThere ? Failure(error) : Failure(.ended, "the machine has ended meanwhile, or was started anew")
  }

  package func request(_ size: UInt64) async throws(Failure) {
    guard isThere else { throw Failure(.ended, "the machine has ended meanwhile, or was started anew") }
    let result: Result<Void, QMPError> = await uncancelled {
      do throws(QMPError) {
        try await shared.setBalloon(size, until: .now + time)
        await shared.release()
        return .success(())
      } catch {
        await shared.release()
        return .failure(error)
      }
    }
    if case .failure(let error) = result { throw failure(error) }
  }

  package func look(thorough: Bool) async -> ExerciseReading {
    await uncancelled {
      async let word = agent?.reading()
      var reading = await sizes()
      reading.guest = await word
      if thorough {
        reading.guestRAM = HypervisorProcess.guestRAM(ofProcess: process, size: ram, until: .now + time, clock: wall)
      }
      return reading
    }
  }

  private func sizes() async -> ExerciseReading {
    func source(_ command: String, _ trust: Trust = .host) -> Provenance {
      Provenance(command, trust: trust, time: wall.now())
    }
    let none = Unknown(failure: Failure(.notFound, "the machine has no balloon"), provenance: source("guest-stats"))
    var reading = Reading(
      time: wall.now(), actual: none(), lastUpdate: none(), statistics: none(),
      rss: collector.rss(ofProcess: process))
    do throws(QMPError) {
      let info = try await shared.balloonInfo(until: .now + time)
      reading.time = wall.now()
      reading.actual = info.map { .observed($0.actual, source("query-balloon")) } ?? .absent(source("query-balloon"))
      if let told = info?.statistics {
        reading.take(
          told, host: source("query-balloon"), guest: source("query-balloon (from the guest's driver)", .guest))
      }
    } catch { reading.actual = .failed(failure(error), source("query-balloon")) }
    if let place, reading.actual.value != nil {
      let host = source("qom-get guest-stats")
      do throws(QMPError) {
        reading.take(
          try await shared.guestStatistics(of: place, until: .now + time), host: host,
          guest: source("qom-get guest-stats (from the guest's driver)", .guest))
      } catch {
        if reading.lastUpdate.value == nil {
          (reading.lastUpdate, reading.statistics) = (.failed(Failure(error), host), .failed(Failure(error), host))
        }
      }
    }
    await shared.release()
    return ExerciseReading(reading, guest: nil)
  }
}
