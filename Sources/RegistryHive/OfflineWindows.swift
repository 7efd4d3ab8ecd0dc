// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
package import AgentProtocol
import WindowsPnP

/// What the registry hives of a Windows that does not run tell of its balloon: the facts that the agent tells of a
/// running one, as far as hives have them. Each fact names its place, `SYSTEM: ControlSet001\Enum\PCI\… Service`.
///
/// Hives are read through libhivex, one at a time, in at most some 200 MiB of memory, and never written.
package struct OfflineWindows: Sendable {
  /// The control set with which Windows last started, `ControlSet001`.
  package let controlSet: String
  /// Every function of vendor 1af4 and of class 05xx that Windows remembers, those included that are no longer there.
  package let functions: Result<[PCIFunctionFacts], FactFailure>
  /// The services, then the driver packages that serve a balloon.
  package let services: [ServiceFacts]
  package let os: GuestOS
  /// What a reader should know of the hives themselves, in sentences.
  package let notices: [String]

  /// - Parameters:
  ///   - system: the path of the hive SYSTEM, from the folder `Windows\System32\config`.
  ///   - software: that of SOFTWARE, which tells which Windows it is.
  ///   - drivers: that of DRIVERS, to which Windows 10 and later have moved the driver database.
  /// - Throws: when a file that is given cannot be read, or is no such hive.
  package init(system: String, software: String? = nil, drivers: String? = nil) throws(HiveError) {
    var notices: [String] = []
    var found = try Self.readSystem(system, &notices)
    if let drivers, let database = try Self.readDrivers(drivers, found.infs, &notices) { found.database = database }
    os = try SystemVersion.facts(software: software, set: found.identity, &notices)
    controlSet = found.controlSet
    functions = found.functions.map { $0.map { Self.completed($0, by: found.database) } }
    services = found.services + Self.packageFacts(found.database)
    self.notices = notices
  }

  /// What SYSTEM alone tells.
  private struct System {
    let controlSet: String
    let identity: SystemIdentity
    let functions: Result<[PCIFunctionFacts], FactFailure>
    let services: [ServiceFacts]
    var database: Reading<DriverDatabase>
    /// The published INFs of the functions.
    let infs: [String]
  }

  private static func readSystem(_ path: String, _ notices: inout [String]) throws(HiveError) -> System {
    let hive = try Hive(path, as: "SYSTEM")
    let set = try ControlSet(of: hive, path: path)
    let functions = set.functions()
    let infs = ((try? functions.get()) ?? []).compactMap(\.module.value)
    let system = System(
      controlSet: set.name, identity: SystemIdentity(of: set), functions: functions, services: set.serviceFacts(),
      database: hive.root.then { DriverDatabase.read($0, infs: infs) }, infs: infs)
    try finish(hive, path, &notices)
    return system
  }

  private static func readDrivers(
    _ path: String, _ infs: [String], _ notices: inout [String]
  ) throws(HiveError) -> Reading<DriverDatabase>? {
    let hive = try Hive(path, as: "DRIVERS")
    let database = hive.root.then { DriverDatabase.read($0, infs: infs) }
    if case .missing = database {
      throw HiveError(
        .otherHive,
        "\(path.debugDescription) is a registry hive, but not DRIVERS: it has no DriverDatabase; give "
          + "Windows\\System32\\config\\DRIVERS")
    }
    try finish(hive, path, &notices)
    return database
  }

  /// Tells what became of a hive when all of it was asked for.
  static func finish(_ hive: Hive, _ path: String, _ notices: inout [String]) throws(HiveError) {
    guard !hive.isExhausted else {
      throw HiveError(
        .tooLarge, "\(path.debugDescription) has more records to look at than any Windows' own hive; it was given up")
    }
    if hive.isUnfinished {
      notices.append(
        "Windows had not finished writing \(hive.name): what its logs (\(hive.name).LOG1, .LOG2) hold besides was not "
          + "read. Shut the guest down cleanly for the whole of it.")
    }
  }

  // MARK: Packages

  private static let elsewhere = FactFailure(
    .unsupported,
    "this SYSTEM has no DriverDatabase: Windows 10 and later keep it in the hive DRIVERS beside it, which was not "
      + "given, and Windows 7 and earlier have none")

  private static func completed(
    _ facts: PCIFunctionFacts, by database: Reading<DriverDatabase>
  ) -> PCIFunctionFacts {
    var facts = facts
    guard let inf = facts.module.value else {
      facts.windows?.originalINF = .absent(source: facts.module.source)
      facts.windows?.signer = .absent(source: facts.module.source)
      return facts
    }
    switch database {
    case .value(let database):
      let package = database.package(publishedAs: inf)
      facts.windows?.originalINF = package?.originalName ?? .absent(source: database.source)
      facts.windows?.signer = package?.signer ?? .absent(source: database.source)
    case .missing:
      facts.windows?.originalINF = .failed(elsewhere, source: "DriverDatabase")
      facts.windows?.signer = .failed(elsewhere, source: "DriverDatabase")
    case .failed(let failure):
      facts.windows?.originalINF = .failed(failure, source: "DriverDatabase")
      facts.windows?.signer = .failed(failure, source: "DriverDatabase")
    }
    return facts
  }

  private static func packageFacts(_ database: Reading<DriverDatabase>) -> [ServiceFacts] {
    // A list that could not be read is not an empty list.
    func unreadable(_ failure: FactFailure, _ source: String) -> [ServiceFacts] {
      [
        ServiceFacts(
          name: "oem*.inf", kind: "driver-package", state: .failed(failure, source: source),
          version: .failed(failure, source: source), counters: NamedFacts([]))
      ]
    }
    switch database {
    case .missing: return unreadable(elsewhere, "DriverDatabase")
    case .failed(let failure): return unreadable(failure, "DriverDatabase")
    case .value(let database):
      switch database.balloonPackages {
      case .failure(let failure): return unreadable(failure, database.source)
      case .success(let packages):
        return packages.map { package in
          ServiceFacts(
            name: package.publishedName, kind: "driver-package",
            state: .observed("installed", source: package.version.source), version: package.version,
            counters: NamedFacts([]))
        }
      }
    }
  }
}
