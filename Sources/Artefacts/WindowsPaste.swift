// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

/// What Windows' own commands told, gathered from several artefacts: only together do a device's key, its driver's key
/// and its problem code say who holds it.
struct WindowsPaste {
  private struct Sourced<Value> {
    let value: Value
    let source: Provenance
  }
  private var devices: [Sourced<RegistryKey>] = []
  private var drivers: [String: Sourced<RegistryKey>] = [:]
  private var services: [String: GuestService] = [:]
  private var problems: [String: Sourced<DeviceProblem>] = [:]
  private var isWholeEnum: Provenance?
  private var hasAny: Provenance?

  /// The services and drivers that bear on the balloon, by the names in lower case.
  private static let known: [String: (name: String, kind: String)] = [
    "balloon": (BalloonNames.driverService, "kernel-driver"),
    "balloonservice": (BalloonNames.statisticsService, "user-service"),
    "virtioserial": (BalloonNames.serialService, "kernel-driver"),
    "winmgmt": (BalloonNames.managementService, "user-service"),
  ]

  mutating func add(_ keys: [RegistryKey], isWholeEnum: Bool, _ source: Provenance) {
    hasAny = hasAny ?? source
    if isWholeEnum { self.isWholeEnum = source }
    for key in keys {
      if let instance = key.pciInstance {
        guard key.values["hardwareid"] != nil,
          !devices.contains(where: { $0.value.pciInstance?.text.isSameWindowsName(as: instance.text) == true })
        else { continue }
        let ids = HardwareID.merged((key.list("hardwareid") ?? []) + (key.list("compatibleids") ?? []))
        let isOurs = (ids?.vendor ?? instance.hardware?.vendor) == BalloonNames.vendor
        if isOurs || ids?.isMemoryController == true, devices.count < 256 {
          devices.append(Sourced(value: key, source: source))
        }
      } else if let name = key.driverKey {
        if drivers[name] == nil { drivers[name] = Sourced(value: key, source: source) }
      } else if let name = key.service {
        update(name, source) { service in
          if let start = key.number("start") { service.windows?.startType = .observed(start, source) }
          if let path = key.text("imagepath") { service.windows?.binaryPath = .observed(path, source) }
        }
      }
    }
  }

  mutating func add(_ query: ServiceQueryArtefact, _ source: Provenance) {
    hasAny = hasAny ?? source
    update(query.name, source) { service in
      switch query.answer {
      case .state(let state, let exitCode, let serviceExitCode):
        service.state = .observed(state.word, source)
        if let exitCode { service.windows?.exitCode = .observed(exitCode, source) }
        if let serviceExitCode { service.windows?.serviceExitCode = .observed(serviceExitCode, source) }
      case .configuration(let start, let path, let dependencies):
        if let start { service.windows?.startType = .observed(UInt64(start.rawValue), source) }
        if let path { service.windows?.binaryPath = .observed(path, source) }
        if let dependencies { service.windows?.dependencies = .observed(dependencies, source) }
      case .missing:
        let none = source
        service.state = .absent(none)
        service.version = .absent(none)
        service.windows?.startType = .absent(none)
        service.windows?.binaryPath = .absent(none)
        service.windows?.binaryExists = .absent(none)
      }
    }
  }

  mutating func add(_ problem: DeviceProblem, _ source: Provenance) {
    hasAny = hasAny ?? source
    guard problems.count < 256 else { return }
    let key = problem.instance.lowercased()
    if problems[key] == nil { problems[key] = Sourced(value: problem, source: source) }
  }

  private mutating func update(_ name: String, _ source: Provenance, _ change: (inout GuestService) -> Void) {
    guard let known = Self.known[name.lowercased()] else { return }
    let unknown = Unknown(
      failure: Failure(
        .notAsked, "no artefact that was given tells it", ask: "sc query \(known.name) & sc qc \(known.name)"),
      provenance: source)
    var service =
      services[known.name]
      ?? GuestService(
        name: known.name, kind: known.kind, state: unknown(), version: unknown(), counters: [:],
        windows: WindowsService(unknown))
    change(&service)
    services[known.name] = service
  }

  // MARK: As evidence

  func tell(_ draft: inout EvidenceDraft) {
    guard let hasAny else { return }
    draft.tell(\.guest.osFamily, .observed("windows", hasAny))
    if let source = services.values.map(\.state.provenance).min(by: { $0.source < $1.source }) {
      draft.tell(\.guest.services, .observed(services.values.sorted { $0.name < $1.name }, source))
    }
    let functions = devices.map(function)
    // An excerpt without the balloon says nothing against it.
    guard let source = devices.first?.source ?? isWholeEnum,
      isWholeEnum != nil || functions.contains(where: { $0.identity.value?.isBalloon == true })
    else { return }
    draft.tell(\.guest.functions, .observed(functions, source))
  }

  private func function(_ device: Sourced<RegistryKey>) -> GuestFunction {
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
    problem(of: instance, &function, &windows, source)
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

  private func problem(
    of instance: InstanceID, _ function: inout GuestFunction, _ windows: inout WindowsFunction, _ source: Provenance
  ) {
    guard let told = problems[instance.text.lowercased()] else {
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
      return
    }
    function.problemCode = .observed(told.value.code, told.source)
    windows.problem =
      ProblemCode(rawValue: UInt32(told.value.code)).name.map { .observed($0, told.source) } ?? .absent(told.source)
    if let isPresent = told.value.isPresent { windows.isPresent = .observed(isPresent, told.source) }
  }

  /// `VirtIO Balloon Driver` of `@oem5.inf,%balloon.devicedesc%;VirtIO Balloon Driver`.
  private static func translated(_ text: String) -> String {
    guard text.hasPrefix("@"), let end = text.lastIndex(of: ";") else { return text }
    let rest = text[text.index(after: end)...]
    return rest.isEmpty ? text : String(rest)
  }
}
