// SPDX-License-Identifier: BSD-3-Clause

/// Who holds a device, judged by names that no language changes; never by its description.
package enum DriverBinding: Sendable {
  /// The service BALLOON, whoever built it. Whether it runs is for the problem code and the service's state to tell.
  case balloonDriver
  /// An INF that names no driver: machine.inf's section NO_DRV above all. Device Manager shows such a device without
  /// any complaint, "PCI standard RAM Controller" in English.
  case generic
  /// Nothing.
  case none
  /// Another service, such as that of a driver which a person has put there.
  case other(service: String)

  /// - Parameters:
  ///   - service: the value or property `Service`; `nil` when it is absent.
  ///   - infPath: InfPath, the published name: `oem12.inf`, `machine.inf`.
  ///   - infSection: InfSection: `BALLOON_Device.NT`, `NO_DRV`.
  ///   - provider: who provides the package (ProviderName).
  ///   - problem: why Windows does not use the device, when that is known.
  package init(service: String?, infPath: String?, infSection: String?, provider: String?, problem: ProblemCode?) {
    if let service, !service.utf8.isEmpty {
      self = service.isSameWindowsName(as: BalloonNames.driverService) ? .balloonDriver : .other(service: service)
      return
    }
    let isNamed = Self.isGiven(infPath) || Self.isGiven(infSection) || Self.isGiven(provider)
    // Without a service these INFs have nothing to hold the device with.
    if !isNamed || infSection?.hasWindowsPrefix(BalloonNames.driverSection) == true {
      self = .none
    } else if infSection?.hasWindowsPrefix(BalloonNames.genericSection) == true
      || infPath?.isSameWindowsName(as: BalloonNames.genericINF) == true
    {
      self = .generic
    } else {
      // Names of a package whose installation did not end well hold nothing.
      self = Self.isUninstalled(problem) ? .none : .generic
    }
  }

  private static func isGiven(_ text: String?) -> Bool { text?.utf8.isEmpty == false }

  private static func isUninstalled(_ problem: ProblemCode?) -> Bool {
    problem == .notConfigured || problem == .reinstall || problem == .failedInstall
  }
}

extension DriverBinding: Equatable {
  package static func == (left: DriverBinding, right: DriverBinding) -> Bool {
    switch (left, right) {
    case (.balloonDriver, .balloonDriver), (.generic, .generic), (.none, .none): true
    case (.other(let one), .other(let another)): one.isSameWindowsName(as: another)
    default: false
    }
  }
}
