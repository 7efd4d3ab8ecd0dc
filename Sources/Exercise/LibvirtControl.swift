// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Collectors
package import Libvirt

/// The balloon of a libvirt domain. Only the running instance is asked; the stored configuration stays as it is.
package actor LibvirtControl: BalloonControl {
  private var domain: Domain
  private let instance: Int32?
  private let process: Int32?
  private let run: String
  /// How large the machine's RAM is, in bytes.
  private let ram: UInt64?
  private let agent: AgentWord?
  private let wall: WallClock
  /// How long one question or request may take.
  private let time: Duration

  /// - Parameters:
  ///   - process: QEMU's, where it is on this machine.
  ///   - run: of the machine; see ``MachineIdentity``.
  ///   - evidence: a collection of the same domain.
  package init(
    _ domain: Domain, process: Int32?, run: String, evidence: Evidence?, agent: AgentWord?, wall: WallClock,
    time: Duration
  ) {
    (self.domain, instance, self.process, self.run) = (domain, domain.id, process, run)
    (self.agent, self.wall, self.time) = (agent, wall, time)
    ram = evidence?.configuration.maximum.value
  }

  /// Whether the domain runs on as the instance that it was; `nil` when libvirt does not tell.
  private func isThere() async -> Bool? {
    if let process { return MachineIdentity.run(ofProcess: process) == run }
    do throws(LibvirtError) {
      let now = try await domain.connection.domain(domain.uuid, until: .now + time)
      return now.id == instance
    } catch { return error.isNoDomain ? false : nil }
  }

  private static let ended = Failure(.ended, "the domain has ended meanwhile, or was started anew")

  package func request(_ size: UInt64) async throws(Failure) {
    let result: Result<Void, Failure> = await uncancelled { [self] in
      do throws(Failure) { return .success(try await ask(for: size)) } catch { return .failure(error) }
    }
    try result.get()
  }

  private func ask(for size: UInt64) async throws(Failure) {
    if await isThere() == false { throw Self.ended }
    do throws(LibvirtError) { return try await domain.setLiveMemory(size / 1024, until: .now + time) } catch {
      if await isThere() == false { throw Self.ended }
      // What libvirt itself refused it would refuse again.
      if error.isDenied || error.isInvalidNow || error.code == .invalidArgument { throw Failure(error) }
    }
    do throws(LibvirtError) {
      try await reconnect()
      if await isThere() == false { throw LibvirtError(.noDomain, "") }
      try await domain.setLiveMemory(size / 1024, until: .now + time)
    } catch { throw error.isNoDomain ? Self.ended : Failure(error) }
  }

  private func reconnect() async throws(LibvirtError) {
    let connection = try await domain.connection.openAnother(until: .now + time)
    domain = try await connection.domain(domain.uuid, until: .now + time)
  }

  package func look(thorough: Bool) async -> ExerciseReading {
    await uncancelled { [self] in
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
    var failure = Failure(.failed, "libvirt was not asked")
    for attempt in 0..<2 {
      do throws(LibvirtError) {
        if attempt > 0 { try await reconnect() }
        let statistics = try await domain.memoryStatistics(until: .now + time)
        return ExerciseReading(Reading(statistics, time: wall.now()), guest: nil)
      } catch {
        failure = Failure(error)
        if error.isInvalidNow || error.isNoDomain { break }
      }
    }
    if await isThere() == false { failure = Self.ended }
    return ExerciseReading(Reading(failed: failure, source: "virDomainMemoryStats", time: wall.now()), guest: nil)
  }
}
