// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc

/// A domain as a listing shows it.
package struct ListedDomain: Sendable {
  package let domain: Domain
  /// nil when the domain was gone before it could be asked.
  package let status: DomainStatus?
}

extension Connection {
  /// Which domains to list.
  package enum Listing: Hashable, Sendable {
    /// Those with a running instance, paused ones included.
    case active
    case all
  }

  /// The domains of the connection, each with its state, in libvirt's order.
  ///
  /// The corresponding C functions are `virConnectListAllDomains` and `virDomainGetState`.
  package nonisolated func domains(
    _ listing: Listing, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> [ListedDomain] {
    let flags: UInt32 = listing == .active ? VIR_CONNECT_LIST_DOMAINS_ACTIVE.rawValue : 0
    return try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      var list: UnsafeMutablePointer<OpaquePointer?>?
      let count = libvirt.virConnectListAllDomains(connection, &list, flags)
      guard count >= 0 else { throw libvirt.lastError() }
      defer { free(list) }
      var pending = UnsafeBufferPointer(start: list, count: Int(count)).compactMap { $0 }[...]
      defer { for pointer in pending { _ = libvirt.virDomainFree(pointer) } }
      var listed: [ListedDomain] = []
      while let pointer = pending.popFirst() {
        let domain = try Domain(taking: pointer, of: self, libvirt)
        do throws(LibvirtError) {
          listed.append(ListedDomain(domain: domain, status: try DomainStatus(pointer, libvirt)))
        } catch {
          guard error.isNoDomain else { throw error }
          listed.append(ListedDomain(domain: domain, status: nil))
        }
      }
      return listed
    }
  }

  /// Finds a domain as virsh does: by id if the text is a number, then by UUID if it has the length of one, then by
  /// name.
  ///
  /// The corresponding C functions are `virDomainLookupByID`, `virDomainLookupByUUIDString` and
  /// `virDomainLookupByName`.
  /// - Throws: ``LibvirtError/isNoDomain`` when none of them finds it.
  package nonisolated func domain(
    _ identifier: String, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> Domain {
    try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      // Int32 reads "+5", which virsh takes for a number too.
      if let id = Int32(identifier), id >= 0 {
        if let pointer = libvirt.virDomainLookupByID(connection, id) {
          return try Domain(taking: pointer, of: self, libvirt)
        }
        try libvirt.passOverMissingDomain()
      }
      if identifier.utf8.count == Int(VIR_UUID_STRING_BUFLEN) - 1 {
        let found = try identifier.withWholeCString { (text) throws(LibvirtError) in
          libvirt.virDomainLookupByUUIDString(connection, text)
        }
        if let found { return try Domain(taking: found, of: self, libvirt) }
        try libvirt.passOverMissingDomain()
      }
      let found = try identifier.withWholeCString { (text) throws(LibvirtError) in
        libvirt.virDomainLookupByName(connection, text)
      }
      guard let found else { throw libvirt.lastError() }
      return try Domain(taking: found, of: self, libvirt)
    }
  }
}

extension LibvirtFunctions {
  /// Lets a look-up go on when this kind found nothing (a text that only looked like a UUID is an invalid argument),
  /// and throws when it failed.
  fileprivate func passOverMissingDomain() throws(LibvirtError) {
    let error = lastError()
    guard error.isNoDomain || error.code == .invalidArgument else { throw error }
  }
}
