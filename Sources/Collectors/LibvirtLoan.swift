// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt
import Synchronization

/// The connections that a session has of a pool.
final class LibvirtLoan: Sendable {
  private let pool: LibvirtPool
  private let kind: LibvirtPool.Kind
  private let opened: LibvirtPool.Opened
  private let forChannel = Mutex<LibvirtPool.Opened?>(nil)

  init(_ pool: LibvirtPool, _ kind: LibvirtPool.Kind, _ opened: LibvirtPool.Opened) {
    self.pool = pool
    self.kind = kind
    self.opened = opened
  }

  private var channelKind: LibvirtPool.Kind {
    LibvirtPool.Kind(uri: kind.uri, readOnly: false, forChannels: true)
  }

  /// A connection for the agent's channel; not before there is one to open, as many guests have none.
  func channelConnection(until deadline: ContinuousClock.Instant) async -> Connection? {
    let taken = try? await pool.take(channelKind) { () async throws(TargetError) in
      do throws(LibvirtError) {
        let another = try await opened.connection.openAnother(takesEvents: true, until: deadline)
        return LibvirtPool.Opened(connection: another, isReadOnly: false, refusal: nil)
      } catch {
        throw TargetError("\(kind.uri): \(error.message)", Failure(error))
      }
    }
    forChannel.withLock { $0 = taken }
    return taken?.connection
  }

  /// Leaves the connections to the next guest.
  func giveBack() async {
    await pool.giveBack(opened, kind)
    let taken = forChannel.withLock { taken in
      defer { taken = nil }
      return taken
    }
    if let taken { await pool.giveBack(taken, channelKind) }
  }
}

extension LibvirtSession {
  /// The session of one of ``guests(uri:readOnly:deadline:clock:)``, over connections that others of the run have done
  /// with. To be ended with ``giveBack()``.
  package static func find(
    _ guest: LibvirtGuest, in pool: LibvirtPool, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> LibvirtSession {
    let kind = LibvirtPool.Kind(uri: guest.uri, readOnly: readOnly, forChannels: false)
    let opened = try await pool.take(kind) { () async throws(TargetError) in
      let (connection, isReadOnly, refusal) = try await connect(guest.uri, readOnly: readOnly, deadline)
      return LibvirtPool.Opened(connection: connection, isReadOnly: isReadOnly, refusal: refusal)
    }
    let domain: Domain
    do throws(LibvirtError) {
      domain = try await opened.connection.domain(guest.uuid, until: .now + deadline)
    } catch {
      await pool.giveBack(opened, kind)
      throw TargetError("\(guest.uri): \(error.message)", Failure(error))
    }
    return LibvirtSession(
      connection: opened.connection, domain: domain, uri: guest.uri, isReadOnly: opened.isReadOnly,
      notices: notices(opened.refusal), channelConnection: nil, loan: LibvirtLoan(pool, kind, opened))
  }
}
