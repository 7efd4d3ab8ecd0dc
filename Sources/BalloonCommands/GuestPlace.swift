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
  /// - Parameter collector: makes the collector that tells this progress.
  func job(
    _ options: TargetOptions, by collector: @escaping @Sendable (CollectionProgress) -> GuestCollector
  ) -> TargetJob {
    TargetJob(label: target.label) { progress async throws(TargetError) in
      let collector = collector(progress)
      if let known = knownBefore(tool: collector.options.tool) { progress.publish(known) }
      switch self {
      case .named(let name, _): return try await collector.collect(name, options)
      case .libvirt(let guest):
        return try await collector.collect(
          try await LibvirtSession.find(guest, readOnly: options.readOnly, deadline: options.deadline))
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
  /// How many are looked at at once. A domain takes connections and threads of libvirt, here and in its daemon; a
  /// socket takes next to nothing, but of too many at once some would seem late that only wait for this machine.
  var parallelLimit: Int {
    contains(where: \.isLibvirt) ? ParallelRun.defaultLimit : 4 * ParallelRun.defaultLimit
  }
}
