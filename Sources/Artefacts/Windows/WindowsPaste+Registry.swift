// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

// What the keys of the registry say of a function.
extension WindowsPaste {
  func function(_ device: Sourced<RegistryKey>) -> GuestFunction {
    let key = device.value
    let source = device.source
    let notTold = Unknown(
      failure: Failure(.notAsked, "the registry's keys do not tell", ask: GuestCommands.probe), provenance: source)
    func observed<Value>(_ value: Value?) -> Observation<Value> {
      if let value { return .observed(value, source) }
      return key.isWhole
        ? .absent(source) : .failed(Failure(.malformed, "the paste ends inside the device's key"), source)
    }
    let instance = key.pciInstance ?? InstanceID("")
    var function = GuestFunction(notTold)
    var windows = WindowsFunction(notTold)
    let location = key.text("locationinformation").map(LocationInformation.init)
    function.address = observed(location?.address)
    function.path = observed(instance.path)
    let hardwareIDs = key.list("hardwareid") ?? []
    let compatibleIDs = key.list("compatibleids") ?? []
    let ids = HardwareID.merged(hardwareIDs + compatibleIDs) ?? instance.hardware
    function.identity =
      ids?.identity.map { .observed($0, source) }
      ?? .failed(
        Failure(.malformed, "its ids cannot be read"), source)
    function.driver = observed(key.text("service"))
    let nowhere = Unknown(
      failure: Failure(.unsupported, "Windows does not show the virtio device"), provenance: source)
    (function.virtioDriver, function.virtioStatus) = (nowhere(), nowhere())

    windows.instanceID = .observed(instance.text, source)
    windows.hardwareIDs = observed(hardwareIDs.isEmpty ? nil : hardwareIDs)
    windows.compatibleIDs = observed(compatibleIDs.isEmpty ? nil : compatibleIDs)
    windows.instancePath = observed(instance.path)
    windows.locationAddress = observed(location?.address)
    windows.configFlags = observed(key.number("configflags"))
    windows.setupClass = observed(key.text("class"))
    windows.description = observed(key.text("devicedesc").map(Self.translated))
    driver(of: key, source, &function, &windows)
    unknownProblem(&function, &windows, source)
    function.windows = windows
    return function
  }

  /// What the key of the device's driver says: the INF, its section, provider and version.
  private func driver(
    of key: RegistryKey, _ source: Provenance, _ function: inout GuestFunction, _ windows: inout WindowsFunction
  ) {
    guard let name = key.text("driver") else {
      guard key.isWhole else { return }
      // No driver's key: no driver was ever installed for it.
      (function.module, function.provider, function.driverVersion) = (.absent(source), .absent(source), .absent(source))
      (windows.infSection, windows.matchingID, windows.driverDate) = (.absent(source), .absent(source), .absent(source))
      return
    }
    guard let driver = drivers[name.lowercased()], driver.value.text("infpath") != nil else {
      let ask =
        "reg query \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\\(name.prefix(80))\", in the guest"
      let unknown = Unknown(
        failure: Failure(.notAsked, "the key of its driver was not given", ask: ask), provenance: source)
      (function.module, function.provider, function.driverVersion) = (unknown(), unknown(), unknown())
      windows.infSection = unknown()
      // machine.inf holds a function without any service: without its key it looks as if nobody did.
      if function.driver.isAbsent { function.driver = unknown() }
      return
    }
    func told(_ value: String) -> Observation<String> {
      driver.value.text(value).map { .observed($0, driver.source) } ?? .absent(driver.source)
    }
    function.module = told("infpath")
    function.provider = told("providername")
    function.driverVersion = told("driverversion")
    windows.infSection = told("infsection")
    windows.matchingID = told("matchingdeviceid")
    windows.driverDate = told("driverdate").map { DriverDate.iso($0) }
    if driver.value.text("driverdesc") != nil { windows.description = told("driverdesc") }
  }

  /// Problem codes do not stand in the registry.
  private func unknownProblem(
    _ function: inout GuestFunction, _ windows: inout WindowsFunction, _ source: Provenance
  ) {
    let unknown = Unknown(
      failure: Failure(
        .notAsked, "problem codes do not stand in the registry",
        ask:
          "pnputil /enum-devices /problem (Windows 11, Server 2022), or the PowerShell line of: virt-balloon probe "
          + "windows"
      ),
      provenance: source)
    (function.problemCode, windows.problem, windows.problemStatus) = (unknown(), unknown(), unknown())
    windows.isPresent = unknown()
  }

  /// `VirtIO Balloon Driver` of `@oem5.inf,%balloon.devicedesc%;VirtIO Balloon Driver`.
  private static func translated(_ text: String) -> String {
    guard text.hasPrefix("@"), let end = text.lastIndex(of: ";") else { return text }
    let rest = text[text.index(after: end)...]
    return rest.isEmpty ? text : String(rest)
  }
}
