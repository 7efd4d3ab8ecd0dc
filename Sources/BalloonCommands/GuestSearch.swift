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
  private enum Answer<Kept: Sendable>: Sendable {
    case guests(Kept)
    case unreachable(LostTarget)
  }

  /// The guests that run.
  func find() async -> Found {
    let (guests, unreachable) = await find { $0 }
    return Found(guests: guests.flatMap { $0 }, unreachable: unreachable)
  }

  /// How many hosts are asked.
  var hostCount: Int { max(1, options.connections.count) + (hasProxmox ? 1 : 0) }

  private var hasProxmox: Bool { options.connections.isEmpty && options.proxmox.isHere }

  /// Asks all hosts at once, and visits the guests of each as soon as that has told them: one that is dead costs its own
  /// deadline, and keeps nobody from the others' guests.
  ///
  /// - Returns: what the visits gave, in the order of the hosts, and the hosts that could not be asked.
  func find<Kept: Sendable>(
    visiting visit: @escaping @Sendable ([GuestPlace]) async -> Kept
  ) async -> (kept: [Kept], unreachable: [LostTarget]) {
    let connections: [String?] = options.connections.isEmpty ? [nil] : options.connections
    let hasProxmox = hasProxmox
    await LibvirtSession.prepareForSeveral(within: options.deadline)
    var answers = [Answer<Kept>?](repeating: nil, count: connections.count + 1)
    await withTaskGroup(of: (Int, Answer<Kept>).self) { group in
      for (index, connection) in connections.enumerated() {
        group.addTask { (index, await answer(guests(of: connection), visit)) }
      }
      if hasProxmox { group.addTask { (connections.count, await answer(proxmoxGuests(), visit)) } }
      for await (index, answer) in group { answers[index] = answer }
    }
    var kept: [Kept] = []
    var unreachable: [LostTarget] = []
    for (index, answer) in answers.enumerated() {
      switch answer {
      case .guests(let guests)?: kept.append(guests)
      // Proxmox does without libvirt.
      case .unreachable(let lost)?: if !hasProxmox || index == connections.count { unreachable.append(lost) }
      case nil: break
      }
    }
    return (kept, unreachable)
  }

  private func answer<Kept: Sendable>(
    _ guests: Result<[GuestPlace], Unreachable>, _ visit: @Sendable ([GuestPlace]) async -> Kept
  ) async -> Answer<Kept> {
    switch guests {
    case .success(let places): .guests(await visit(places))
    case .failure(let error): .unreachable(error.lost)
    }
  }

  private struct Unreachable: Error {
    let lost: LostTarget
  }

  private func proxmoxGuests() -> Result<[GuestPlace], Unreachable> {
    do throws(TargetError) {
      return .success(try options.proxmox.running().map { .named(.proxmox($0), uri: options.place) })
    } catch {
      return .failure(
        Unreachable(
          lost: LostTarget(
            Target(kind: .proxmox, name: nil, location: "this host"), Failure(error.failure.reason, error.message),
            seconds: 0)))
    }
  }

  private func guests(of connection: String?) async -> Result<[GuestPlace], Unreachable> {
    let begun = ContinuousClock.now
    do throws(TargetError) {
      return .success(
        try await LibvirtSession.guests(uri: connection, readOnly: options.readOnly, deadline: options.deadline)
          .map(GuestPlace.libvirt))
    } catch {
      return .failure(
        Unreachable(
          lost: LostTarget(
            Target(kind: .libvirt, name: nil, location: connection ?? options.place),
            Failure(error.failure.reason, error.message, ask: error.failure.ask),
            seconds: (ContinuousClock.now - begun) / .seconds(1))))
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
