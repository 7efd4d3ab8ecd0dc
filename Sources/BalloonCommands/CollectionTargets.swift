// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import SupportBundle

/// The guests that `collect` is to look at.
struct CollectionTargets {
  let targets: [String]
  let all: Bool
  let options: TargetOptions

  /// One guest, and how it is reached.
  enum Place: Sendable {
    case named(TargetName, String)
    case libvirt(LibvirtGuest)

    var isLibvirt: Bool { target.kind == .libvirt }

    var target: Target {
      switch self {
      case .libvirt(let guest): Target(kind: .libvirt, name: guest.name, uuid: guest.uuid, location: guest.uri)
      case .named(.domain(let name), let uri): Target(kind: .libvirt, name: name, location: uri)
      case .named(.monitor(let path), _): Target(kind: .qmp, name: nil, location: path)
      case .named(.proxmox(let vmid), _): Target(kind: .proxmox, name: nil, location: vmid)
      case .named(.agent(let path), _): Target(kind: .agent, name: nil, location: path)
      }
    }
  }

  /// The guests that were named, or all that run; and the hosts that could not be asked for theirs.
  func find() async -> (targets: [Place], unreachable: [LostTarget]) {
    let uri = options.connect ?? "libvirt's default URI"
    guard all else { return (targets.map { .named(TargetName($0), uri) }, []) }
    var found: [Place] = []
    var unreachable: [LostTarget] = []
    let hasProxmox = options.connections.isEmpty && options.proxmox.isHere
    let connections: [String?] = options.connections.isEmpty ? [nil] : options.connections
    for connection in connections {
      let begun = ContinuousClock.now
      do throws(TargetError) {
        found += try await LibvirtSession.guests(
          uri: connection, readOnly: options.readOnly, deadline: options.deadline
        ).map(Place.libvirt)
      } catch {
        // Proxmox does without libvirt.
        guard !hasProxmox else { continue }
        unreachable.append(
          LostTarget(
            Target(kind: .libvirt, name: nil, location: connection ?? uri),
            Failure(error.failure.reason, error.message, ask: error.failure.ask),
            seconds: (ContinuousClock.now - begun) / .seconds(1)))
      }
    }
    guard hasProxmox else { return (found, unreachable) }
    do throws(TargetError) {
      found += try options.proxmox.running().map { .named(.proxmox($0), uri) }
    } catch {
      unreachable.append(
        LostTarget(
          Target(kind: .proxmox, name: nil, location: "this host"), Failure(error.failure.reason, error.message),
          seconds: 0))
    }
    return (found, unreachable)
  }
}
