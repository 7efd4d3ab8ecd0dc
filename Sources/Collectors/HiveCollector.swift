// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
package import RegistryHive

/// Reads the registry hives of a Windows that is shut off or will not start.
package struct HiveCollector: Sendable {
  /// The paths of the hives; SYSTEM alone is needed.
  package struct Files: Hashable, Sendable {
    package var system: String
    package var software: String?
    package var drivers: String?
    /// `Windows\AppCompat\Programs\Amcache.hve`, which has the problem codes.
    package var amcache: String?
    package init(system: String, software: String? = nil, drivers: String? = nil, amcache: String? = nil) {
      self.system = system
      self.software = software
      self.drivers = drivers
      self.amcache = amcache
    }
  }

  let clock: WallClock
  let tool: String

  /// - Parameter tool: the version of virt-balloon, for the evidence.
  package init(clock: WallClock, tool: String) {
    self.clock = clock
    self.tool = tool
  }

  /// Evidence of what the hives tell, and nothing of the host.
  ///
  /// - Throws: when a file cannot be read, or is not the hive it is given as. Without Amcache.hve the rest is as good:
  ///   a notice tells of it instead.
  package func collect(_ files: Files, target: Target) throws(TargetError) -> Evidence {
    let started = clock.now()
    let windows: OfflineWindows
    do throws(HiveError) {
      windows = try OfflineWindows(system: files.system, software: files.software, drivers: files.drivers)
    } catch {
      throw TargetError(error.message, Failure(error))
    }
    var evidence = Evidence.unknown(
      Failure(.unsupported, "only registry hives were read, which know nothing of the host", ask: Target.askHost),
      target: target, collection: Collection(tool: tool, started: started, finished: clock.now(), sampled: false))
    evidence.guest = Self.guest(windows)
    evidence.collection.sources = [
      SourceOutcome(name: "hives", failure: nil, seconds: max(0, clock.now() - started))
    ]
    evidence.collection.notices =
      [
        "Registry hives were read (\(windows.controlSet)): all of this is the guest's word, as of when they were last "
          + "written, and nothing the host's."
      ] + windows.notices
    do throws(HiveError) {
      if let path = files.amcache {
        let inventory = try AmcacheInventory(path)
        evidence.collection.notices += inventory.notices
        evidence.collection.notices += evidence.guest.complete(by: inventory)
      }
    } catch {
      evidence.collection.notices.append("Amcache.hve, which has the problem codes, was left out: \(error.message)")
    }
    return evidence
  }

  /// What the hives tell, as evidence of the guest.
  package static func guest(_ windows: OfflineWindows) -> GuestEvidence {
    // Files carry no time of this machine's at which the guest said so.
    let facts = AgentFacts(time: nil, speaker: .hives)
    let source = Provenance("hive SYSTEM: \(windows.controlSet)", trust: .guest, time: nil)
    var guest = GuestEvidence(
      Unknown(
        failure: Failure(.unsupported, "a registry hive does not tell it", ask: "start the guest, and ask its agent"),
        provenance: source))
    guest.agent = .failed(
      Failure(.notAsked, "registry hives were read, and no agent was asked", ask: "start the guest, and diagnose it"),
      source)
    guest.osFamily = facts.observation(windows.os.family, of: .os)
    guest.osName = facts.observation(windows.os.name, of: .os)
    guest.kernel = facts.observation(windows.os.kernel, of: .os)
    guest.uptime = facts.observation(windows.os.uptime, of: .os)
    guest.windows = windows.os.windows.map(facts.windows)
    switch windows.functions {
    case .success(let functions):
      guest.functions = .observed(functions.map { facts.function($0).asking() }, source)
    case .failure(let failure):
      guest.functions = .failed(Failure(Failure.Reason(rawValue: failure.reason.text), failure.detail), source)
    }
    guest.services = .observed(windows.services.map { facts.service($0).asking() }, source)
    return guest
  }
}

extension GuestFunction {
  /// This with what to do for those of the facts that only a running Windows knows.
  fileprivate func asking() -> GuestFunction {
    let problem =
      "start the guest, and look in its Device Manager at the device's properties, or run there: pnputil "
      + "/enum-devices /problem (Windows 11, Server 2022 and later)"
    var function = self
    function.problemCode = problemCode.asking(problem)
    if var windows {
      windows.isPresent = windows.isPresent.asking(problem)
      windows.status = windows.status.asking(problem)
      windows.problem = windows.problem.asking(problem)
      windows.problemStatus = windows.problemStatus.asking(problem)
      function.windows = windows
    }
    return function
  }
}

extension GuestService {
  fileprivate func asking() -> GuestService {
    guard kind != "driver-package" else { return self }
    var service = self
    service.state = state.asking("start the guest, and run there: sc query \(name)")
    return service
  }
}

extension Observation {
  /// This with the step that would give the answer, where it has none.
  fileprivate func asking(_ ask: String) -> Observation {
    guard case .failed(var failure, let provenance) = self, failure.ask == nil, failure.reason == .unsupported else {
      return self
    }
    failure.ask = ask
    return .failed(failure, provenance)
  }
}
