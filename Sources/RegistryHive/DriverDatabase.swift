// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

/// The driver packages that Windows keeps, as far as devices and the balloon need them.
///
/// Windows 8 and later have them in the key `DriverDatabase`: of SYSTEM, or since Windows 10 of a hive of its own,
/// DRIVERS. Earlier ones have no such list in the registry.
struct DriverDatabase {
  /// A package, by its published INF.
  struct Package {
    /// `oem12.inf`.
    let publishedName: String
    /// The INF's name in the package, `balloon.inf`.
    let originalName: Fact<String>
    let version: Fact<String>
    let signer: Fact<String>
  }

  /// For people: `DRIVERS: DriverDatabase`.
  let source: String
  /// The packages that serve a balloon's id, in the order of their published names.
  let balloonPackages: Result<[Package], FactFailure>
  /// Those of the INFs that were asked for.
  let packages: [Package]

  /// More packages than any guest keeps for one device.
  private static var limit: Int { 64 }

  /// - Parameters:
  ///   - root: the hive's root.
  ///   - infs: the published names of which the packages are wanted.
  static func read(_ root: HiveKey, infs: [String]) -> Reading<DriverDatabase> {
    root.key("DriverDatabase").then { database in
      let wanted = infs.reduce(into: [String]()) { names, inf in
        if isFileName(inf), !names.contains(where: { $0.isSameWindowsName(as: inf) }) { names.append(inf) }
      }
      return .value(
        DriverDatabase(
          source: database.source(),
          balloonPackages: balloonINFs(in: database).map { $0.sorted().map { package(named: $0, in: database) } },
          packages: wanted.prefix(limit).map { package(named: $0, in: database) }))
    }
  }

  func package(publishedAs inf: String) -> Package? { packages.first { $0.publishedName.isSameWindowsName(as: inf) } }

  private static func package(named inf: String, in database: HiveKey) -> Package {
    let key = database.key(at: ["DriverInfFiles", inf]).then { file -> Reading<HiveKey> in
      let values = file.values
      var names: [String] = []
      if let active = values.text("Active").value { names.append(active) }
      names += values.texts("").value ?? []
      guard let name = names.first(where: isFileName) else { return .missing }
      return database.key(at: ["DriverPackages", name])
    }
    let values = key.then { .value($0.values) }
    func source(_ name: String) -> String {
      values.value?.key.source(name) ?? database.source() + "\\DriverInfFiles\\" + inf
    }
    return Package(
      publishedName: inf,
      originalName: values.then { $0["InfName"] }.then { $0.text }.fact(source: source("InfName")),
      version: values.then { $0["Version"] }.then { $0.bytes }.parsed(as: "a package's version") {
        PackageVersion.driverVersion($0)?.description
      }.fact(source: source("Version")),
      signer: values.then { $0["SignerName"] }.then { $0.text }.fact(source: source("SignerName")))
  }

  /// DeviceIds has a key for each id, with the INFs that name it as its values' names.
  private static func balloonINFs(in database: HiveKey) -> Result<[String], FactFailure> {
    let folder: HiveKey
    switch database.key(at: ["DeviceIds", "PCI"]) {
    case .value(let key): folder = key
    case .missing: return .success([])
    case .failed(let failure): return .failure(failure)
    }
    let ids = folder.keys(limit: limit) { name in
      guard let id = HardwareID("PCI\\" + name), let device = id.device else { return false }
      return id.vendor == BalloonNames.vendor && BalloonNames.balloonDevices.contains(device)
    }
    var failure = ids.failure
    var found: [String] = []
    for id in ids.elements {
      let names = id.key.values.names
      failure = failure ?? names.failure
      for inf in names.elements where found.count < limit && isFileName(inf) {
        if !found.contains(where: { $0.isSameWindowsName(as: inf) }) { found.append(inf) }
      }
    }
    if let failure { return .failure(failure) }
    return .success(found)
  }

  private static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255
      && !name.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") }
  }
}
