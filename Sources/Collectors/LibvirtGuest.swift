// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt

/// A running guest of one libvirt, by name: each is looked at over connections of its own, so that one that hangs does
/// not take the others' connection with it.
package struct LibvirtGuest: Hashable, Sendable {
  package let name: String
  package let uuid: String
  /// The URI that libvirt gave, which tells what the default was.
  package let uri: String
}

extension LibvirtSession {
  /// To be called before several domains are looked for at once. Why it fails, each of them tells.
  package static func prepareForSeveral(within time: Duration) async {
    try? await Connection.prepareForSeveral(until: .now + time)
  }

  /// The running guests of one libvirt, in its order. The connection is closed again.
  package static func guests(
    uri: String?, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> [LibvirtGuest] {
    await prepareForSeveral(within: deadline)
    let (connection, _, _) = try await connect(uri, readOnly: readOnly, deadline)
    let guests: [LibvirtGuest]
    do throws(LibvirtError) {
      let place = try await connection.uri(until: .now + deadline)
      guests = try await connection.domains(.active, until: .now + deadline).map {
        LibvirtGuest(name: $0.domain.name, uuid: $0.domain.uuid, uri: place)
      }
    } catch {
      throw TargetError("\(uri ?? "libvirt's default URI"): \(error.message)", Failure(error))
    }
    await connection.close(until: .now + deadline)
    return guests
  }

  /// Connects anew for one of ``guests(uri:readOnly:deadline:)``.
  package static func find(
    _ guest: LibvirtGuest, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> LibvirtSession {
    try await find(guest.uuid, uri: guest.uri, readOnly: readOnly, deadline: deadline)
  }
}
