// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import SupportBundle

/// Finds the running guests: of every libvirt that was named, or of the default one, and of Proxmox VE on its host.
struct GuestSearch {
  let options: TargetOptions

  /// The guests to look at, and the hosts that could not be asked for theirs.
  struct Found {
    var guests: [GuestPlace] = []
    var unreachable: [LostTarget] = []
  }

  /// What one host gave.
  private enum Answer: Sendable {
    case guests([GuestPlace])
    case unreachable(LostTarget)
  }

  /// The guests that run. All hosts are asked at once: one that is dead costs its own deadline.
  func find() async -> Found {
    let hasProxmox = options.connections.isEmpty && options.proxmox.isHere
    let connections: [String?] = options.connections.isEmpty ? [nil] : options.connections
    await LibvirtSession.prepareForSeveral(within: options.deadline)
    var answers = [Answer?](repeating: nil, count: connections.count)
    await withTaskGroup(of: (Int, Answer).self) { group in
      for (index, connection) in connections.enumerated() {
        group.addTask { (index, await guests(of: connection)) }
      }
      for await (index, answer) in group { answers[index] = answer }
    }
    var found = Found()
    for answer in answers.compactMap({ $0 }) {
      switch answer {
      case .guests(let guests): found.guests += guests
      // Proxmox does without libvirt.
      case .unreachable(let lost): if !hasProxmox { found.unreachable.append(lost) }
      }
    }
    guard hasProxmox else { return found }
    do throws(TargetError) {
      found.guests += try options.proxmox.running().map { .named(.proxmox($0), uri: options.place) }
    } catch {
      found.unreachable.append(
        LostTarget(
          Target(kind: .proxmox, name: nil, location: "this host"), Failure(error.failure.reason, error.message),
          seconds: 0))
    }
    return found
  }

  private func guests(of connection: String?) async -> Answer {
    let begun = ContinuousClock.now
    do throws(TargetError) {
      return .guests(
        try await LibvirtSession.guests(uri: connection, readOnly: options.readOnly, deadline: options.deadline)
          .map(GuestPlace.libvirt))
    } catch {
      return .unreachable(
        LostTarget(
          Target(kind: .libvirt, name: nil, location: connection ?? options.place),
          Failure(error.failure.reason, error.message, ask: error.failure.ask),
          seconds: (ContinuousClock.now - begun) / .seconds(1)))
    }
  }
}

extension TargetOptions {
  /// The libvirt that is asked for a guest that was named.
  var place: String { connect ?? "libvirt's default URI" }

  /// The guests that were named.
  func places(of names: [String]) -> [GuestPlace] { names.map { .named(TargetName($0), uri: place) } }

  /// The same as what was found: nobody was asked for them.
  func found(_ names: [String]) -> GuestSearch.Found { GuestSearch.Found(guests: places(of: names)) }
}
