// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors

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

  /// What is known of it before it is asked itself; `nil` for nothing.
  func knownBefore(tool: String) -> Evidence? {
    guard case .libvirt(let guest) = self else { return nil }
    return guest.atFirst?.evidence(of: guest.target, tool: tool)
  }

  /// Gathers its evidence.
  func collect(by collector: GuestCollector, _ options: TargetOptions) async throws(TargetError) -> Evidence {
    switch self {
    case .named(let name, _): try await collector.collect(name, options)
    case .libvirt(let guest):
      try await collector.collect(
        try await LibvirtSession.find(guest, readOnly: options.readOnly, deadline: options.deadline))
    }
  }
}
