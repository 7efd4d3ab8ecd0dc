// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// The driver packages that Windows keeps, bound to a device or not.
///
/// Windows 8 and later have them in the registry, in `HKLM\SYSTEM\DriverDatabase` (its own hive, `HKLM\DRIVERS`, when
/// that is loaded); before, the published INF files tell.
enum DriverStore {
  /// A package, by its published INF.
  struct Package {
    /// `oem12.inf`.
    let publishedName: String
    /// The INF's name in the package, `balloon.inf`.
    var originalName: Fact<String>
    var version: Fact<String>
    var signer: Fact<String>
  }

  private static var databases: [String] { ["SYSTEM\\DriverDatabase", "DRIVERS\\DriverDatabase"] }

  /// The package behind a device's InfPath.
  static func package(publishedAs inf: Fact<String>) -> Package {
    guard case .observed(let name, let source) = inf else {
      return Package(
        publishedName: "", originalName: .absent(source: inf.source), version: .absent(source: inf.source),
        signer: .absent(source: inf.source))
    }
    guard isFileName(name) else {
      let failure = FactFailure(.malformed, "no name of a file")
      return Package(
        publishedName: name, originalName: .failed(failure, source: source), version: .failed(failure, source: source),
        signer: .failed(failure, source: source))
    }
    return package(named: name)
  }

  private static func package(named inf: String) -> Package {
    var package = Package(
      publishedName: inf, originalName: .absent(source: "DriverDatabase"), version: .absent(source: "DriverDatabase"),
      signer: .failed(
        FactFailure(.unsupported, "this Windows keeps no list of its packages' signers in the registry"),
        source: "DriverDatabase"))
    if let key = databaseKey(of: inf) {
      package.originalName = Registry.text(key, "InfName").fact(source: Registry.source(key, "InfName"))
      package.signer = Registry.text(key, "SignerName").fact(source: Registry.source(key, "SignerName"))
      package.version = Registry.value(key, "Version").then { $0.bytes }.parsed(as: "a package's version") {
        PackageVersion.driverVersion($0)?.description
      }.fact(source: Registry.source(key, "Version"))
    }
    if case .observed = package.originalName {
    } else {
      package.originalName = storeName(of: inf) ?? package.originalName
    }
    return package
  }

  /// The key of a published INF's package.
  private static func databaseKey(of inf: String) -> String? {
    for database in databases {
      let file = database + "\\DriverInfFiles\\" + inf
      var names: [String] = []
      if case .value(let active) = Registry.text(file, "Active") { names = [active] }
      if case .value(let all) = Registry.value(file, "").then({ $0.texts }) { names += all }
      if let name = names.first(where: isFileName) { return database + "\\DriverPackages\\" + name }
    }
    return nil
  }

  /// The original name by SetupGetInfDriverStoreLocation: the last part of the path.
  private static func storeName(of inf: String) -> Fact<String>? {
    let path = inf.withWide { inf in try? wideText { vb_win_inf_store_path(inf, $0, $1) } }
    guard let path, let end = path.utf8.lastIndex(of: UInt8(ascii: "\\")) else { return nil }
    let name = String(path[path.utf8.index(after: end)...])
    return name.utf8.isEmpty ? nil : .observed(name, source: "SetupGetInfDriverStoreLocation")
  }

  private static func isFileName(_ name: String) -> Bool {
    !name.utf8.isEmpty && name.utf8.count <= 255
      && !name.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }
  }

  // MARK: Packages for a balloon

  /// More packages than any guest keeps for one device.
  private static var limit: Int { 64 }

  /// All packages that serve a balloon's id, in the order of their published names.
  static func balloonPackages() -> Result<[Package], WindowsError> {
    var names: [String] = []
    var hasDatabase = false
    for database in databases {
      do throws(WindowsError) {
        for inf in try balloonINFs(in: database) where !names.contains(where: { $0.isSameWindowsName(as: inf) }) {
          names.append(inf)
        }
        hasDatabase = true
      } catch {
        guard error.kind == .notFound else { return .failure(error) }
      }
    }
    if hasDatabase { return .success(names.prefix(limit).map { package(named: $0) }) }
    do throws(WindowsError) { return .success(try PublishedINF.balloonPackages(limit: limit)) } catch {
      return .failure(error)
    }
  }

  /// DeviceIds has a key for each id, with the INFs that name it as its values' names.
  private static func balloonINFs(in database: String) throws(WindowsError) -> [String] {
    let folder = database + "\\DeviceIds\\PCI"
    var found: [String] = []
    var ids: [String] = []
    try Registry.subkeys(folder) { name in
      if let id = HardwareID("PCI\\" + name), let device = id.device, id.vendor == BalloonNames.vendor,
        BalloonNames.balloonDevices.contains(device)
      {
        ids.append(name)
      }
      return ids.count < 256
    }
    for id in ids {
      try Registry.valueNames(folder + "\\" + id) { inf in
        if isFileName(inf), !found.contains(where: { $0.isSameWindowsName(as: inf) }) { found.append(inf) }
        return found.count < limit
      }
    }
    return found
  }
}
