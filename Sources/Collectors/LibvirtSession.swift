// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
package import Libvirt
package import Transports

/// A domain that was found, and the connection to it.
package struct LibvirtSession: Sendable {
  package let connection: Connection
  package let domain: Domain
  package let uri: String
  /// The connection can neither open channels nor pass monitor commands.
  package let isReadOnly: Bool
  /// What a report must tell of how the domain was found.
  package let notices: [String]
  /// The connection for the agent's channel, which is opened while libvirt is asked other things; `nil` where it could
  /// not be, or cannot serve.
  let channelConnection: Task<Connection?, Never>?
  /// What a pool gave, if it did.
  var loan: LibvirtLoan?

  /// Leaves the connections to the next guest of the pool that gave them, if one did.
  package func giveBack() async { await loan?.giveBack() }

  /// Connects as `virsh` does, and looks a domain up.
  ///
  /// A read-write connection is tried first, since the agent's channel needs one; where it is refused, a read-only one
  /// serves. Without a URI and without such a domain in the default one, `qemu:///system` is tried, read-only.
  package static func find(
    _ name: String, uri: String?, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> LibvirtSession {
    let (connection, isReadOnly, refusal) = try await connect(uri, readOnly: readOnly, deadline)
    // Not before the first connection is there: opening both at once is more than libvirt's start-up promises.
    let channelConnection =
      isReadOnly
      ? nil : Task { try? await connection.openAnother(takesEvents: true, until: .now + deadline) }
    do throws(LibvirtError) {
      return LibvirtSession(
        connection: connection, domain: try await connection.domain(name, until: .now + deadline),
        uri: try await connection.uri(until: .now + deadline), isReadOnly: isReadOnly, notices: notices(refusal),
        channelConnection: channelConnection)
    } catch {
      let place = (try? await connection.uri(until: .now + deadline)) ?? uri ?? "libvirt's default URI"
      let unavailable = TargetError("\(place): \(error.message)", Failure(error))
      guard error.isNoDomain, uri == nil, place != systemURI else { throw unavailable }
      guard
        let other = try? await Connection.open(systemURI, readOnly: true, until: .now + deadline),
        let domain = try? await other.domain(name, until: .now + deadline)
      else { throw unavailable }
      return LibvirtSession(
        connection: other, domain: domain, uri: systemURI, isReadOnly: true,
        notices: [
          "\(place) has no such domain; it was found at \(systemURI), read-only. Give --connect \(systemURI) to ask "
            + "its agent too."
        ], channelConnection: nil)
    }
  }

  /// Connects read-write, or read-only where that is wanted or all that is allowed.
  package static func connect(
    _ uri: String?, readOnly: Bool, _ deadline: Duration
  ) async throws(TargetError) -> (Connection, isReadOnly: Bool, refusal: LibvirtError?) {
    do throws(LibvirtError) {
      guard !readOnly else {
        return (try await Connection.open(uri, readOnly: true, until: .now + deadline), true, nil)
      }
      do throws(LibvirtError) {
        return (try await Connection.open(uri, readOnly: false, until: .now + deadline), false, nil)
      } catch {
        guard error.isDenied else { throw error }
        return (try await Connection.open(uri, readOnly: true, until: .now + deadline), true, error)
      }
    } catch {
      throw TargetError("\(uri ?? "libvirt's default URI"): \(error.message)", Failure(error))
    }
  }

  /// Every running guest of one libvirt.
  package static func running(
    uri: String?, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> [LibvirtSession] {
    let (connection, isReadOnly, refusal) = try await connect(uri, readOnly: readOnly, deadline)
    do throws(LibvirtError) {
      let place = try await connection.uri(until: .now + deadline)
      return try await connection.domains(.active, until: .now + deadline).map {
        LibvirtSession(
          connection: connection, domain: $0.domain, uri: place, isReadOnly: isReadOnly,
          notices: notices(refusal), channelConnection: nil)
      }
    } catch {
      throw TargetError("\(uri ?? "libvirt's default URI"): \(error.message)", Failure(error))
    }
  }

  /// Opens the agent's channel of a domain, which needs a read-write connection.
  package static func openAgentChannel(
    _ name: String, uri: String?, deadline: Duration
  ) async throws(TargetError) -> any Transport {
    let session = try await find(name, uri: uri, readOnly: false, deadline: deadline)
    do throws(LibvirtError) {
      return try await session.openAgentChannel(within: deadline)
    } catch {
      throw TargetError("\(session.uri), channel \(AgentChannel.portName): \(error.message)", Failure(error))
    }
  }

  static func notices(_ refusal: LibvirtError?) -> [String] {
    refusal.map { ["The connection is read-only, because libvirt refused a read-write one: \($0.message)"] } ?? []
  }

  private static let systemURI = "qemu:///system"
}

extension LibvirtSession {
  /// Opens the agent's channel.
  ///
  /// libvirtd lets the channel of a client that has just gone go in its own time, and until then refuses the next one
  /// as it refuses a second one: such a refusal counts only when it lasts.
  func openAgentChannel(within time: Duration) async throws(LibvirtError) -> DomainChannel {
    let deadline = ContinuousClock.now + time
    var ready = await channelConnection?.value
    if ready == nil, !isReadOnly { ready = await loan?.channelConnection(until: deadline) }
    for _ in 0..<4 {
      do throws(LibvirtError) {
        return try await domain.openChannel(AgentChannel.portName, on: ready, until: deadline)
      } catch {
        guard error.code == .operationFailed else { throw error }
      }
      ready = nil
      try? await Task.sleep(for: .milliseconds(150))
    }
    return try await domain.openChannel(AgentChannel.portName, until: deadline)
  }
}
