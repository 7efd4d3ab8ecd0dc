// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

/// What Windows' own commands told, gathered from several artefacts: only together do a device's key, its driver's key,
/// its problem code and the driver store say who holds it.
///
/// Of two artefacts the one that was added first counts; that they disagree is kept as a sentence.
struct WindowsPaste {
  struct Sourced<Value> {
    let value: Value
    let source: Provenance
  }
  private(set) var devices: [Sourced<RegistryKey>] = []
  /// The instance ids of those, in lower case.
  private var deviceNames: Set<String> = []
  private(set) var drivers: [String: Sourced<RegistryKey>] = [:]
  private(set) var testimonies: [Sourced<DeviceTestimony>] = []
  /// By the published names in lower case.
  private(set) var packages: [String: Sourced<DriverPackage>] = [:]
  private var services: [String: GuestService] = [:]
  private var log: [String] = []
  private var logSource: Provenance?
  private var isWholeEnum: Provenance?
  /// Where a device was told by its name alone.
  private var nameOnly: Provenance?
  private var hasAny: Provenance?
  /// Of what two artefacts say different things.
  private var conflicts: [String] = []

  static let deviceLimit = 256
  private static let testimonyLimit = 1_024
  private static let packageLimit = 1_024
  private static let conflictLimit = 16
  /// The most lines of Windows' logs that are kept, and the most bytes of one.
  private static let logLimit = 256
  private static let logLineLimit = 400

  /// The services and drivers that bear on the balloon, by the names in lower case.
  private static let known: [String: (name: String, kind: String)] = [
    "balloon": (BalloonNames.driverService, "kernel-driver"),
    "balloonservice": (BalloonNames.statisticsService, "user-service"),
    "virtioserial": (BalloonNames.serialService, "kernel-driver"),
    "winmgmt": (BalloonNames.managementService, "user-service"),
  ]
  /// Whether a service or driver of that name bears on the balloon.
  static func isKnown(service: some StringProtocol) -> Bool { known[service.lowercased()] != nil }

  // MARK: What is told

  mutating func add(_ keys: [RegistryKey], isWholeEnum: Bool, _ source: Provenance) {
    hasAny = hasAny ?? source
    if isWholeEnum { self.isWholeEnum = source }
    for key in keys {
      if let instance = key.pciInstance {
        guard key.values["hardwareid"] != nil, devices.count < Self.deviceLimit else { continue }
        let name = instance.text.lowercased()
        guard !deviceNames.contains(name) else { continue }
        let ids = HardwareID.merged((key.list("hardwareid") ?? []) + (key.list("compatibleids") ?? []))
        let isOurs = (ids?.vendor ?? instance.hardware?.vendor) == BalloonNames.vendor
        if isOurs || ids?.isMemoryController == true {
          deviceNames.insert(name)
          devices.append(Sourced(value: key, source: source))
        }
      } else if let name = key.driverKey {
        if drivers[name] == nil { drivers[name] = Sourced(value: key, source: source) }
      } else if let name = key.service {
        add(
          ServiceTestimony(
            name: name, start: key.number("start").flatMap { UInt32(exactly: $0) }, path: key.text("imagepath")), source
        )
      }
    }
  }

  mutating func add(_ device: DeviceTestimony, _ source: Provenance) {
    guard device.isIdentified, device.isRelevant else { return }
    hasAny = hasAny ?? source
    if testimonies.count < Self.testimonyLimit { testimonies.append(Sourced(value: device, source: source)) }
  }

  mutating func add(_ package: DriverPackage, _ source: Provenance) {
    hasAny = hasAny ?? source
    let key = package.published.lowercased()
    guard let known = packages[key]?.value else {
      if packages.count < Self.packageLimit { packages[key] = Sourced(value: package, source: source) }
      return
    }
    var whole = known
    whole.original = known.original ?? package.original
    whole.provider = known.provider ?? package.provider
    whole.version = known.version ?? package.version
    whole.date = known.date ?? package.date
    whole.signer = known.signer ?? package.signer
    if whole != known { packages[key] = Sourced(value: whole, source: source) }
  }

  mutating func add(_ told: ServiceTestimony, _ source: Provenance) {
    guard let known = Self.known[told.name.lowercased()] else { return }
    hasAny = hasAny ?? source
    let unknown = Unknown(
      failure: Failure(
        .notAsked, "no artefact that was given tells it", ask: "sc query \(known.name) & sc qc \(known.name)"),
      provenance: source)
    var service =
      services[known.name]
      ?? GuestService(
        name: known.name, kind: known.kind, state: unknown(), version: unknown(), counters: [:],
        windows: WindowsService(unknown))
    var windows = service.windows ?? WindowsService(unknown)
    let what = "the service \(known.name)"
    if told.isMissing {
      if service.state.value != nil {
        conflict("\(source.source) says that there is no \(known.name), and \(service.state.provenance.source) has it")
      } else {
        (service.state, service.version) = (.absent(source), .absent(source))
        (windows.startType, windows.binaryPath) = (.absent(source), .absent(source))
        windows.binaryExists = .absent(source)
      }
    }
    put(&service.state, told.state?.word, source, "state of \(what)")
    put(&windows.startType, told.start.map(UInt64.init), source, "start type of \(what)")
    put(&windows.binaryPath, told.path, source, nil)
    put(&windows.exitCode, told.exitCode, source, nil)
    put(&windows.serviceExitCode, told.serviceExitCode, source, nil)
    put(&windows.dependencies, told.dependencies, source, nil)
    service.windows = windows
    services[known.name] = service
  }

  /// A line of one of Windows' logs about the balloon.
  mutating func add(logLine line: some StringProtocol, _ source: Provenance) {
    hasAny = hasAny ?? source
    logSource = logSource ?? source
    guard log.count < Self.logLimit else { return }
    log.append(String(Substring(line).trimmed.prefix(Self.logLineLimit)))
  }

  /// That a device was told by its name, which says nothing without its ids.
  mutating func addName(_ source: Provenance) { nameOnly = nameOnly ?? source }

  // MARK: Who counts

  private mutating func conflict(_ sentence: String) {
    if conflicts.count < Self.conflictLimit { conflicts.append(sentence) }
  }

  /// Sets a leaf that is not known yet.
  /// - Parameter what: for people, when two disagree; `nil` where texts differ without meaning anything.
  mutating func put<Value: Equatable>(
    _ leaf: inout Observation<Value>, _ value: Value?, _ source: Provenance, _ what: String?
  ) {
    guard let value else { return }
    switch leaf {
    case .failed: leaf = .observed(value, source)
    case .absent(let known):
      if let what {
        conflict("\(source.source) says \(Self.shown(value)) for the \(what), and \(known.source) has none")
      }
    case .observed(let old, let known):
      guard let what, !Self.isSame(old, value) else { return }
      conflict(
        "\(source.source) says \(Self.shown(value)) for the \(what), and \(known.source) says \(Self.shown(old))")
    }
  }

  /// The same of an answer that may be "none".
  mutating func put(
    _ leaf: inout Observation<String>, told: DeviceTestimony.Told<String>?, _ source: Provenance, _ what: String?
  ) {
    switch told {
    case nil: return
    case .value(let value): put(&leaf, value, source, what)
    case .nothing:
      if leaf.failure != nil {
        leaf = .absent(source)
      } else if let what, case .observed(let old, let known) = leaf {
        conflict("\(source.source) has no \(what), and \(known.source) says \(Self.shown(old))")
      }
    }
  }

  private static func shown(_ value: some Any) -> String { String(String(describing: value).prefix(60)) }

  private static func isSame<Value: Equatable>(_ one: Value, _ two: Value) -> Bool {
    if let one = one as? String, let two = two as? String { return one.isSameWindowsName(as: two) }
    return one == two
  }

  // MARK: As evidence

  mutating func tell(_ draft: inout EvidenceDraft) {
    guard let hasAny else {
      tellName(&draft)
      return
    }
    draft.tell(\.guest.osFamily, .observed("windows", hasAny))
    let services = services.values.sorted { $0.name < $1.name } + packageServices
    if let source = services.map(\.state.provenance).min(by: { $0.source < $1.source }) {
      draft.tell(\.guest.services, .observed(services, source))
    }
    if let logSource { draft.tell(\.guest.log, .observed(log, logSource)) }
    let functions = functions()
    for conflict in conflicts { draft.note("Two artefacts disagree: \(conflict). The latter was taken.") }
    // An excerpt without the balloon says nothing against it.
    guard let source = devices.first?.source ?? testimonies.first?.source ?? isWholeEnum,
      isWholeEnum != nil
        || functions.contains(where: { $0.identity.value?.isBalloon == true && $0.windows?.isPresent.value != false })
    else {
      tellName(&draft)
      return
    }
    draft.tell(\.guest.functions, .observed(functions, source))
  }

  /// Without ids a name is none of evidence's: what it takes is asked for.
  private func tellName(_ draft: inout EvidenceDraft) {
    guard let nameOnly else { return }
    draft.tell(
      \.guest.functions,
      .failed(
        Failure(
          .malformed, "a device was told by its name or its code alone, which other devices share",
          ask:
            "its hardware ids: pnputil /enum-devices /problem /ids (Windows 11, Server 2022), or device manager, the "
            + "device's properties, Details, Hardware Ids; or all of it by: virt-balloon probe windows"), nameOnly))
  }

  /// The balloon's packages in the driver store.
  private var packageServices: [GuestService] {
    packages.values.filter(\.value.isBalloon).sorted { $0.value.published < $1.value.published }.map { package in
      GuestService(
        name: package.value.published, kind: "driver-package", state: .observed("installed", package.source),
        version: package.value.version.map { .observed($0, package.source) }
          ?? .failed(
            Failure(.notAsked, "no artefact that was given tells it", ask: "pnputil /enum-drivers"), package.source),
        counters: [:])
    }
  }
}
