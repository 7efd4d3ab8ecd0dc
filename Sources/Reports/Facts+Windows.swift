// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules
import WindowsPnP

extension Facts {
  private static func short(_ text: String) -> String { TerminalText.shortened(text, to: 80) }

  /// What Windows tells of itself besides: `ServerStandard, Secure Boot on, test signing off`.
  mutating func windows(_ system: WindowsSystem) {
    func switched(_ leaf: Observation<Bool>) -> String { Known.text(leaf, absent: "absent") { $0 ? "on" : "off" } }
    let edition = system.edition.value.map { Self.short($0) + ", " } ?? ""
    field(
      "Windows", edition + "Secure Boot \(switched(system.secureBoot)), test signing \(switched(system.testSigning))")
  }

  /// Windows' binding of the function: service, INF, problem.
  mutating func windows(_ function: GuestFunction, _ windows: WindowsFunction) {
    var driver = "service " + Self.short(Known.text(function.driver, absent: "none"))
    if let provider = function.provider.value { driver += ", by \(Self.short(provider))" }
    if let version = function.driverVersion.value { driver += ", version \(Self.short(version))" }
    if let date = windows.driverDate.value { driver += ", of \(Self.short(date))" }
    field("driver, guest", driver)

    var inf = Self.short(Known.text(function.module, absent: "none"))
    if let original = windows.originalINF.value { inf += " (in its package \(Self.short(original)))" }
    if let section = windows.infSection.value { inf += ", section \(Self.short(section))" }
    if let id = windows.matchingID.value { inf += ", by \(Self.short(id))" }
    if let rank = windows.driverRank.value { inf += ", rank 0x" + String(rank, radix: 16) }
    field("INF, guest", inf)

    field("problem, guest", Self.problem(function, windows))
    if isVerbose {
      field("instance", Self.short(Known.text(windows.instanceID)))
      field("signer", Self.short(Known.text(windows.signer, absent: "none")))
      field("driver's file", Self.short(Known.text(windows.driverFile, absent: "none")))
    }
  }

  /// `none`, `code 28, CM_PROB_FAILED_INSTALL, status 0xc0000490`.
  private static func problem(_ function: GuestFunction, _ windows: WindowsFunction) -> String {
    var text = Known.text(function.problemCode) { code in
      guard code != 0 else { return "none" }
      return "code \(code)" + (ProblemCode(rawValue: UInt32(code)).name.map { ", \($0)" } ?? "")
    }
    if let status = windows.problemStatus.value, status != 0 { text += ", status 0x" + String(status, radix: 16) }
    if let flags = windows.configFlags.value, flags & 1 == 1 { text += ", disabled by its ConfigFlags" }
    return text
  }

  /// The services, a line each: `BalloonService  running, automatic`; and what stands in the driver store.
  mutating func services(_ leaf: Observation<[GuestService]>) {
    guard let services = leaf.value, services.contains(where: { $0.windows != nil || $0.kind == "driver-package" })
    else {
      return
    }
    for service in services.filter({ $0.kind != "driver-package" }).prefix(16) {
      field("service, guest", "\(Self.short(service.name)) \(Self.state(of: service))")
    }
    let packages = services.filter { $0.kind == "driver-package" }.prefix(16).map { package in
      if let failure = package.state.failure { return Known.unknown(failure) }
      return Self.short(package.name) + (package.version.value.map { " \(Self.short($0))" } ?? "")
    }
    // Not every witness looks into the store, so none is no fact.
    if !packages.isEmpty { field("driver store", packages.joined(separator: ", ")) }
  }

  /// `is stopped, automatic, ended with error 1068`.
  private static func state(of service: GuestService) -> String {
    guard !service.state.isAbsent else { return "is not installed" }
    var text = "is " + short(Known.text(service.state))
    guard let windows = service.windows else { return text }
    if let start = windows.startType.value {
      text += ", start type " + (UInt32(exactly: start).flatMap(ServiceStart.init)?.word ?? "\(start)")
    }
    if let code = windows.exitCode.value, code != 0, service.state.value == "stopped" {
      text += ", ended with error \(code)"
      if code == 1066, let own = windows.serviceExitCode.value { text += " of its own, \(own)" }
    }
    if windows.binaryExists.value == false { text += ", its program is not there" }
    return text
  }
}
