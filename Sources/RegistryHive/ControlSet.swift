// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

/// The control set of a SYSTEM hive with which Windows last started: what is `CurrentControlSet` while it runs.
struct ControlSet {
  let key: HiveKey
  let control: Reading<HiveKey>
  private let services: Reading<HiveKey>

  /// `ControlSet001`.
  var name: String { key.path }

  /// - Throws: `other-hive` when the hive has no control sets, `malformed` when its choice of one cannot be followed.
  init(of hive: Hive, path: String) throws(HiveError) {
    let shown = path.debugDescription
    let root: HiveKey
    switch hive.root {
    case .value(let key): root = key
    case .failed(let failure): throw HiveError(.malformed, "\(shown): \(failure.detail)")
    case .missing: throw HiveError(.malformed, "\(shown): the hive has no root")
    }
    let current: UInt64
    switch root.key("Select").then({ $0.values["Current"] }).then({ $0.number }) {
    case .value(let number): current = number
    case .failed(let failure): throw HiveError(.malformed, "\(shown): Select\\Current: \(failure.detail)")
    case .missing:
      throw HiveError(
        .otherHive,
        "\(shown) is a registry hive, but not SYSTEM: it has no Select\\Current; give "
          + "Windows\\System32\\config\\SYSTEM")
    }
    guard (1...999).contains(current) else {
      throw HiveError(.malformed, "\(shown): Select\\Current is \(current), which names no control set")
    }
    let digits = String(current)
    let name = "ControlSet" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    switch root.key(name) {
    case .value(let key): self.key = key
    case .failed(let failure): throw HiveError(.malformed, "\(shown): \(name): \(failure.detail)")
    case .missing: throw HiveError(.malformed, "\(shown): Select\\Current names \(name), which is not there")
    }
    control = key.key("Control")
    services = key.key("Services")
  }

  /// The key of a service or kernel driver.
  func service(_ name: String) -> Reading<HiveKey> {
    guard !name.utf8.contains(UInt8(ascii: "\\")) else {
      return .failed(FactFailure(.malformed, "no name of a service"))
    }
    return services.then { $0.key(name) }
  }

  /// For people.
  func source(ofService name: String, _ value: String = "") -> String {
    key.source() + "\\Services\\" + name + (value.isEmpty ? "" : " " + value)
  }

  func driverFile(ofService name: String) -> Fact<String> {
    service(name).then { $0.values["ImagePath"] }.then { $0.text }.fact(source: source(ofService: name, "ImagePath"))
  }

  /// The name of a setup class, which Windows 8 and later keep with the class alone; `nil` when there is none.
  func setupClass(_ guid: String) -> Fact<String>? {
    guard case .value(let key) = control.then({ $0.key(at: ["Class", guid]) }) else { return nil }
    return key.values.text("Class")
  }

  // MARK: PCI functions

  /// More PCI devices than any Windows remembers.
  private static var deviceLimit: Int { 4096 }
  /// The most functions that are told.
  private static var functionLimit: Int { 256 }

  /// All functions of vendor 1af4 and of class 05xx below `Enum\PCI`, in the order of where they stand.
  func functions() -> Result<[PCIFunctionFacts], FactFailure> {
    let folder: HiveKey
    switch key.key(at: ["Enum", "PCI"]) {
    case .value(let key): folder = key
    case .failed(let failure): return .failure(failure)
    case .missing:
      return .failure(FactFailure(.malformed, key.source("has no Enum\\PCI: this Windows knew no PCI bus")))
    }
    let devices = folder.keys(limit: Self.deviceLimit)
    var failure = devices.failure
    var found: [PCIFunctionFacts] = []
    for device in devices.elements {
      let instances = device.key.keys(limit: Self.deviceLimit)
      failure = failure ?? instances.failure
      for instance in instances.elements {
        let device = OfflineDevice(
          id: "PCI\\" + device.name + "\\" + instance.name, key: instance.key, control: control)
        guard device.isListed else { continue }
        guard found.count < Self.functionLimit else {
          return .failure(
            FactFailure(
              .malformed, "\(folder.source()) has more than the \(Self.functionLimit) functions that are told"))
        }
        found.append(device.facts(in: self))
      }
    }
    // A list that could not be read to its end is not the whole list.
    if let failure { return .failure(failure) }
    return .success(found.sorted { Self.order($0) < Self.order($1) })
  }

  private static func order(_ facts: PCIFunctionFacts) -> String {
    (facts.path.value ?? "~") + " " + (facts.windows?.instanceID.value ?? "")
  }

  // MARK: Services

  /// The balloon's driver and statistics service, the driver of the agent's own channel, and the management service on
  /// which the statistics service depends.
  func serviceFacts() -> [ServiceFacts] {
    [
      serviceFacts(BalloonNames.driverService, "kernel-driver"),
      serviceFacts(BalloonNames.statisticsService, "user-service"),
      serviceFacts(BalloonNames.serialService, "kernel-driver"),
      serviceFacts(BalloonNames.managementService, "user-service"),
    ]
  }

  private func serviceFacts(_ name: String, _ usual: String) -> ServiceFacts {
    let source = source(ofService: name)
    let key = service(name)
    guard case .value(let key) = key else {
      let state = key.then { _ in Reading<String>.missing }.fact(source: source)
      var windows = WindowsServiceFacts(FactFailure(.unsupported, ""), source: source)
      windows.startType = key.then { _ in .missing }.fact(source: source)
      windows.binaryPath = state
      windows.binaryExists = key.then { _ in .missing }.fact(source: source)
      windows.exitCode = key.then { _ in .missing }.fact(source: source)
      windows.serviceExitCode = key.then { _ in .missing }.fact(source: source)
      windows.dependencies = key.then { _ in .missing }.fact(source: source)
      return ServiceFacts(
        name: name, kind: usual, state: state, version: state, counters: NamedFacts([]), windows: windows)
    }
    let values = key.values
    var windows = WindowsServiceFacts(
      FactFailure(.unsupported, "a registry hive does not keep it: only the running Windows knows"), source: source)
    windows.startType = values.number("Start")
    windows.binaryPath = values.text("ImagePath")
    windows.binaryExists = .failed(
      FactFailure(.unsupported, "a registry hive does not tell which files are there"), source: source)
    windows.dependencies = values.texts("DependOnService")
    // A service without dependencies has the list without elements, or none.
    if case .absent(let source) = windows.dependencies { windows.dependencies = .observed([], source: source) }
    return ServiceFacts(
      name: name, kind: Self.kind(values.number("Type").value) ?? usual,
      state: .failed(
        FactFailure(.unsupported, "a registry hive does not tell whether a service runs"), source: source),
      version: .failed(
        FactFailure(.unsupported, "a registry hive does not hold the files that tell their versions"), source: source),
      counters: NamedFacts([]), windows: windows)
  }

  /// By SERVICE_KERNEL_DRIVER 1, SERVICE_FILE_SYSTEM_DRIVER 2 and SERVICE_WIN32_* 0x30 (winnt.h).
  private static func kind(_ type: UInt64?) -> String? {
    guard let type else { return nil }
    if type & 0x30 != 0 { return "user-service" }
    return type & 0x03 != 0 ? "kernel-driver" : nil
  }
}
