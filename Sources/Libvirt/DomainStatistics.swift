// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc

/// What libvirt tells of one running domain when it is asked of all at once.
package struct DomainStatistics: Hashable, Sendable {
  package let name: String
  /// In the usual form of 36 characters, lower case.
  package let uuid: String
  /// Numbers by libvirt's names: `state.state`, `balloon.current` (KiB), `balloon.last-update` (seconds since 1970).
  /// What libvirt could not have without waiting is not there.
  package let values: [String: UInt64]

  package init(name: String, uuid: String, values: [String: UInt64]) {
    self.name = name
    self.uuid = uuid
    self.values = values
  }

  /// No domain has more: libvirt 9.0 writes 17 of these groups.
  private static let valueLimit = 256

  fileprivate init?(_ record: virDomainStatsRecord, _ libvirt: LibvirtFunctions) {
    guard let domain = record.dom, let name = libvirt.virDomainGetName(domain) else { return nil }
    var uuid = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
    guard libvirt.virDomainGetUUIDString(domain, &uuid) == 0 else { return nil }
    self.name = BoundedText.string(name, limit: 4096)
    self.uuid = String(decoding: uuid.lazy.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var values: [String: UInt64] = [:]
    let count = min(max(0, Int(record.nparams)), Self.valueLimit)
    for parameter in UnsafeBufferPointer(start: record.params, count: record.params == nil ? 0 : count) {
      var parameter = parameter
      let field = withUnsafePointer(to: &parameter.field) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(VIR_TYPED_PARAM_FIELD_LENGTH)) {
          BoundedText.string($0, limit: Int(VIR_TYPED_PARAM_FIELD_LENGTH))
        }
      }
      if let value = Self.number(parameter) { values[field] = value }
    }
    self.values = values
  }

  private static func number(_ parameter: virTypedParameter) -> UInt64? {
    switch UInt32(bitPattern: parameter.type) {
    case VIR_TYPED_PARAM_ULLONG.rawValue: parameter.value.ul
    case VIR_TYPED_PARAM_UINT.rawValue: UInt64(parameter.value.ui)
    case VIR_TYPED_PARAM_INT.rawValue: UInt64(exactly: parameter.value.i)
    case VIR_TYPED_PARAM_LLONG.rawValue: UInt64(exactly: parameter.value.l)
    default: nil
    }
  }
}

extension Connection {
  /// The running domains with their state and balloon, in one call, which waits for no domain that is busy: of such a
  /// one the balloon's numbers are missing.
  ///
  /// The corresponding C function is `virConnectGetAllDomainStats`.
  /// - Throws: ``LibvirtError/isUnsupported`` where the driver has no such call.
  package nonisolated func domainStatistics(
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> [DomainStatistics] {
    try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      let kinds = VIR_DOMAIN_STATS_STATE.rawValue | VIR_DOMAIN_STATS_BALLOON.rawValue
      let flags =
        VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE.rawValue | VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT.rawValue
      var records: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
      let count = libvirt.virConnectGetAllDomainStats(connection, kinds, &records, flags)
      guard count >= 0 else { throw libvirt.lastError() }
      guard let records else { return [] }
      defer { libvirt.virDomainStatsRecordListFree(records) }
      return UnsafeBufferPointer(start: records, count: Int(count)).compactMap { record in
        record.flatMap { DomainStatistics($0.pointee, libvirt) }
      }
    }
  }
}
