// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Libvirt

/// A running guest of one libvirt, by name: see ``LibvirtPool``.
package struct LibvirtGuest: Hashable, Sendable {
  package let name: String
  package let uuid: String
  /// The URI that libvirt gave, which tells what the default was.
  package let uri: String
  /// What libvirt told of it when it was asked of all at once, without waiting for it; `nil` where libvirt has no such
  /// call.
  package let atFirst: FirstLook?

  /// A guest's state and balloon by libvirt's call for all guests.
  package struct FirstLook: Hashable, Sendable {
    package let state: Observation<String>
    package let maximum: Observation<UInt64>
    package let reading: Reading
  }

  package init(name: String, uuid: String, uri: String, atFirst: FirstLook? = nil) {
    self.name = name
    self.uuid = uuid
    self.uri = uri
    self.atFirst = atFirst
  }

  package var target: Target { Target(kind: .libvirt, name: name, uuid: uuid, location: uri) }
}

extension LibvirtSession {
  /// To be called before several domains are looked for at once. Why it fails, each of them tells.
  package static func prepareForSeveral(within time: Duration) async {
    try? await Connection.prepareForSeveral(until: .now + time)
  }

  /// The running guests of one libvirt, in its order, each with what libvirt knows without asking it. The connection
  /// is closed again. Who asks several libvirts at once calls ``prepareForSeveral(within:)`` before.
  package static func guests(
    uri: String?, readOnly: Bool, deadline: Duration, clock: WallClock = .system
  ) async throws(TargetError) -> [LibvirtGuest] {
    let (connection, _, _) = try await connect(uri, readOnly: readOnly, deadline)
    let guests: [LibvirtGuest]
    do throws(LibvirtError) {
      let place = try await connection.uri(until: .now + deadline)
      guests = try await connection.guests(at: place, deadline: deadline, clock: clock)
    } catch {
      throw TargetError("\(uri ?? "libvirt's default URI"): \(error.message)", Failure(error))
    }
    await connection.close(until: .now + deadline)
    return guests
  }
}

extension Connection {
  fileprivate nonisolated func guests(
    at place: String, deadline: Duration, clock: WallClock
  ) async throws(LibvirtError) -> [LibvirtGuest] {
    let lister: Connection
    do throws(LibvirtError) {
      return try await domainStatistics(until: .now + deadline / 2).map { statistics in
        LibvirtGuest(
          name: statistics.name, uuid: statistics.uuid, uri: place,
          atFirst: LibvirtGuest.FirstLook(statistics, time: clock.now()))
      }
    } catch {
      if error.code == .timedOut {
        // libvirt waits for no guest that somebody else waits for; of a guest that hangs it is the first to notice. The
        // list of domains asks none of them.
        lister = try await openAnother(takesEvents: false, until: .now + deadline / 2)
      } else if error.isUnsupported || error.code == .argumentUnsupported {
        lister = self
      } else {
        throw error
      }
    }
    let guests = try await lister.domains(.active, until: .now + deadline / 2).map {
      LibvirtGuest(name: $0.domain.name, uuid: $0.domain.uuid, uri: place)
    }
    if lister !== self { await lister.close(until: .now + deadline / 2) }
    return guests
  }
}

extension LibvirtGuest.FirstLook {
  /// `balloon.*` in KiB, by the names of virDomainMemoryStats' tags. Source: libvirt-domain.c, virConnectGetAllDomainStats.
  private static let names: [(String, MemoryStatistics.Tag)] = [
    ("balloon.current", .actual), ("balloon.rss", .residentSet), ("balloon.last-update", .lastUpdate),
    ("balloon.unused", .unused), ("balloon.available", .available), ("balloon.usable", .usable),
    ("balloon.swap_in", .swapIn), ("balloon.swap_out", .swapOut), ("balloon.major_fault", .majorFaults),
    ("balloon.minor_fault", .minorFaults), ("balloon.disk_caches", .diskCaches),
    ("balloon.hugetlb_pgalloc", .hugePageAllocations), ("balloon.hugetlb_pgfail", .hugePageFailures),
  ]

  init(_ statistics: DomainStatistics, time: Double) {
    let source = Provenance("virConnectGetAllDomainStats", trust: .host, time: time)
    let known = statistics.values
    state =
      known["state.state"].flatMap { Int32(exactly: $0) }.map {
        .observed(DomainState(rawValue: $0).description, source)
      } ?? .absent(source)
    switch known["balloon.maximum"]?.multipliedReportingOverflow(by: 1024) {
    case (let bytes, false)?: maximum = .observed(bytes, source)
    case (_, true)?: maximum = .failed(Failure(.malformed, "balloon.maximum is no size"), source)
    case nil: maximum = .absent(source)
    }
    let entries = Self.names.compactMap { name, tag in
      known[name].map { MemoryStatistics.Entry(tag: tag, value: $0) }
    }
    guard !entries.isEmpty else {
      let busy = Failure(.busy, "libvirt could not ask it without waiting: something holds the domain")
      reading = Reading(failed: busy, source: source.source, time: time)
      return
    }
    reading = Reading(
      MemoryStatistics(entries: entries), time: time, host: source,
      guest: Provenance("virConnectGetAllDomainStats (from the guest's driver)", trust: .guest, time: time))
  }

  /// Evidence that holds no more than this: for a guest that hangs when it is asked itself.
  package func evidence(of target: Target, tool: String) -> Evidence {
    let time = reading.time
    var evidence = Evidence.unknown(
      Failure(.notAsked, "the guest did not answer in its time, so no more was asked"), target: target,
      collection: Collection(tool: tool, started: time, finished: time, sampled: false))
    evidence.domain.state = state
    evidence.configuration.maximum = maximum
    evidence.readings = [reading]
    return evidence
  }
}
