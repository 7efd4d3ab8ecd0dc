// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// What must be so in a guest, besides the build of its driver, for a known fault to concern it.
enum KnownBugCondition: Hashable, Sendable {
  case none
  /// Nobody has published that it does anything: it is listed, and never told.
  case withoutEffect
  /// BalloonService is there.
  case service
  /// The host reads a total of 2047 MiB, though the guest has more.
  case totalOf2047
  /// WMI is disabled or missing.
  case managementDisabled
  /// Windows says that the device could not start.
  case failedStart
  /// The guest is a Windows of this build.
  case windows(build: UInt32)
  /// BalloonService runs, and every statistic is unset or stands still; on a Windows of this build, where it is given.
  case silentService(windows: UInt32?)

  /// Whether the fault is one of the service's program, and not of the driver.
  var isOfService: Bool {
    switch self {
    case .service, .totalOf2047, .managementDisabled, .silentService, .withoutEffect: true
    case .none, .failedStart, .windows: false
    }
  }

  /// What is to be said of the condition, to stand behind the fault; `nil` when it is not met, or nobody knows.
  func judge(_ reader: inout EvidenceReader) -> String? {
    switch self {
    case .none: return ""
    case .withoutEffect: return nil
    case .service: return Self.service(&reader)
    case .totalOf2047:
      guard let index = reader.peek(\.readings).indices.last,
        StatisticsRules.isCapped(reader.peek(\.readings)[index]),
        reader.read(reading: index, \.statistics) != nil
      else { return nil }
      return ""
    case .managementDisabled: return ServiceRules.managementTrouble(&reader) == nil ? nil : ""
    case .failedStart:
      guard let index = reader.balloonIndex,
        let code = reader.peek(\.guest.functions).value?[index].problemCode.value,
        [ProblemCode.failedStart, .failedPostStart].contains(ProblemCode(rawValue: UInt32(code)))
      else { return nil }
      _ = reader.read(guestFunction: index, \.problemCode)
      return ""
    case .windows(let build): return reader.windowsVersion()?.build == build ? "" : nil
    case .silentService(let build):
      guard let index = reader.service(BalloonNames.statisticsService),
        reader.peek(\.guest.services).value?[index].state.value == "running", Self.isSilent(&reader)
      else { return nil }
      if let build, reader.windowsVersion()?.build != build { return nil }
      _ = reader.read(guestService: index, \.state)
      return build == nil ? "; whether it is this that the guest suffers from is not known" : ""
    }
  }

  private static func service(_ reader: inout EvidenceReader) -> String? {
    guard let index = reader.service(BalloonNames.statisticsService),
      let service = reader.peek(\.guest.services).value?[index]
    else { return "; if BalloonService is installed" }
    if service.state.isAbsent { return nil }
    guard let state = service.state.value else { return "; if BalloonService runs" }
    _ = reader.read(guestService: index, \.state)
    return state == "running" ? "" : nil
  }

  /// Whether statistics were asked for, and none came while they were looked at.
  private static func isSilent(_ reader: inout EvidenceReader) -> Bool {
    guard case .every = reader.statisticsPeriod(), let index = reader.peek(\.readings).indices.last,
      let statistics = reader.peek(\.readings)[index].statistics.value
    else { return false }
    if statistics.values.allSatisfy(\.isAbsent) {
      _ = reader.read(reading: index, \.statistics)
      return true
    }
    guard case .unchanged = reader.advance() else { return false }
    return true
  }
}
