// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Reports

/// One guest of several, and how it is reached.
enum GuestPlace: Sendable {
  /// Named by a person; with the libvirt that is asked for it.
  case named(TargetName, uri: String)
  /// Found in a libvirt.
  case libvirt(LibvirtGuest)

  var isLibvirt: Bool { target.kind == .libvirt }

  var target: Target {
    switch self {
    case .libvirt(let guest): guest.target
    case .named(.domain(let name), let uri): Target(kind: .libvirt, name: name, location: uri)
    case .named(.monitor(let path), _): Target(kind: .qmp, name: nil, location: path)
    case .named(.proxmox(let vmid), _): Target(kind: .proxmox, name: nil, location: vmid)
    case .named(.agent(let path), _): Target(kind: .agent, name: nil, location: path)
    }
  }

  /// Gathers its evidence among several.
  ///
  /// - Parameters:
  ///   - pool: where the guests of one run find connections to libvirt.
  ///   - collector: makes the collector that tells this progress.
  func job(
    _ options: TargetOptions, _ pool: LibvirtPool,
    by collector: @escaping @Sendable (CollectionProgress) -> GuestCollector
  ) -> TargetJob {
    TargetJob(label: target.label) { progress async throws(TargetError) in
      let collector = collector(progress)
      if let known = knownBefore(tool: collector.options.tool) { progress.publish(known) }
      switch self {
      case .named(let name, _): return try await collector.collect(name, options)
      case .libvirt(let guest):
        let session = try await LibvirtSession.find(
          guest, in: pool, readOnly: options.readOnly, deadline: options.deadline)
        do throws(TargetError) {
          let evidence = try await collector.collect(session)
          await session.giveBack()
          return evidence
        } catch {
          await session.giveBack()
          throw error
        }
      }
    }
  }

  /// What is known of it before it is asked itself; `nil` for nothing.
  private func knownBefore(tool: String) -> Evidence? {
    guard case .libvirt(let guest) = self else { return nil }
    return guest.atFirst?.evidence(of: guest.target, tool: tool)
  }
}

extension [GuestPlace] {
  /// How many of one host are looked at at once, when those of several hosts are. A domain takes connections and
  /// threads of libvirt, here and in its daemon; a socket takes next to nothing, but of too many at once some would seem
  /// late that only wait for this machine.
  func parallelLimit(ofHosts hosts: Int = 1) -> Int {
    guard contains(where: \.isLibvirt) else { return 16 * ParallelRun.defaultLimit }
    return Swift.min(ParallelRun.defaultLimit, Swift.max(4, 4 * ParallelRun.defaultLimit / Swift.max(1, hosts)))
  }
}
