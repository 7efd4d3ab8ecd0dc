// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A Windows guest by its registry and its few files: what a Wine prefix is made to look like.
package struct WindowsGuest: Sendable {
  /// A service of Windows, or a kernel driver that its service manager knows.
  package enum Service: Sendable {
    case absent
    case stopped
    case running
    case disabled
  }

  package var devices: [WindowsDevice] = [WindowsDevice(.balloon)]
  /// blnsvr, the statistics' source.
  package var balloonService = Service.running
  /// Windows' management service, on which blnsvr depends.
  package var management = Service.running
  /// The balloon's kernel driver, as the service manager has it.
  package var balloonDriver = Service.stopped
  /// Whether a balloon package is in the driver store, published as oem12.inf.
  package var hasBalloonPackage = true
  /// Property keys as Windows 7 has them, and no address.
  package var isWindows7 = false
  /// Descriptions and location texts in Russian.
  package var isLocalised = false
  /// Whether device states are written where the agent that is built for tests looks for them.
  package var hasSeam = true
  /// The last lines of the log of device installations.
  package var setupLog: String?

  package init(_ change: (inout WindowsGuest) -> Void = { _ in }) { change(&self) }

  /// The version of the drivers that came with Windows.
  var inboxVersion: String { isWindows7 ? "6.1.7601.17514" : "10.0.17763.1" }
}

extension WindowsGuest {
  /// All of it, for a fresh prefix; Wine's own devices are taken out.
  package var registry: RegistryFile {
    var registry = RegistryFile()
    // A fresh prefix is a Windows 7; later ones have the two numbers besides, and 6.3 where their version was.
    if !isWindows7 {
      registry.add(
        "HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion",
        [
          "CurrentVersion": .string("6.3"), "CurrentMajorVersionNumber": .dword(10),
          "CurrentMinorVersionNumber": .dword(0), "CurrentBuild": .string("17763"),
          "CurrentBuildNumber": .string("17763"), "CSDVersion": .string(""),
          "ProductName": .string("Microsoft Windows 10"),
        ])
    }
    let system = RegistryFile.system
    registry.remove(system + "Enum\\PCI")
    let packages = "HKEY_LOCAL_MACHINE\\System\\DriverDatabase"
    registry.remove(system + "Control\\Class\\" + WindowsDevice.systemClass)
    registry.add(
      system + "Control\\Class\\" + WindowsDevice.systemClass,
      ["": .string(isLocalised ? "Системные устройства" : "System devices"), "Class": .string("System")])
    for (number, device) in devices.enumerated() { device.add(to: &registry, number: number, in: self) }
    // Real services, so that the service manager has a real state of them: Wine's print spooler stands for blnsvr, and
    // drivers of Wine's that need no device stand for those of virtio-win.
    add(
      balloonService, "BalloonService", to: &registry, type: 0x10, title: "Balloon Service",
      path: "C:\\windows\\system32\\spoolsv.exe")
    add(
      balloonDriver, "BALLOON", to: &registry, type: 1, title: "VirtIO Balloon Service",
      path: "\\SystemRoot\\system32\\drivers\\scsiport.sys")
    add(
      .running, "VirtioSerial", to: &registry, type: 1, title: "VirtIO Serial Service",
      path: "\\SystemRoot\\system32\\drivers\\tdi.sys")
    add(
      management, "Winmgmt", to: &registry, type: 0x10, title: "Windows Management Instrumentation",
      path: "C:\\windows\\system32\\spoolsv.exe")
    if hasBalloonPackage {
      let name = "balloon.inf_amd64_1f2e3d4c5b6a7988"
      registry.add("\(packages)\\DriverInfFiles\\oem12.inf", ["": .strings([name]), "Active": .string(name)])
      registry.add(
        "\(packages)\\DriverPackages\\\(name)",
        [
          "": .string("oem12.inf"), "InfName": .string("balloon.inf"), "Provider": .string("Red Hat, Inc."),
          "SignerName": .string("Microsoft Windows Hardware Compatibility Publisher"),
          "SignerScore": .dword(0x0D00_0004),
          "StatusFlags": .dword(0x12), "Version": .binary(Self.packageVersion),
        ])
      registry.add(
        "\(packages)\\DeviceIds\\PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01",
        ["oem12.inf": .binary([0x01, 0xff, 0x00, 0x00])])
    }
    return registry
  }

  /// Eight bytes, the class, the date, the version. Windows documents no layout; this is the one that the agent reads,
  /// and it was not compared with a real Windows' value.
  private static let packageVersion: [UInt8] =
    [0x00, 0xff, 0x09, 0, 0, 0, 0, 0, 0x7d, 0xe9, 0x36, 0x4d, 0x25, 0xe3, 0xce, 0x11, 0xbf, 0xc1, 0x08, 0, 0x2b, 0xe1]
    + [0x03, 0x18, 0x00, 0xc0, 0x9b, 0x2b, 0xe6, 0x2c, 0xdc, 0x01]
    + [28500, 104, 101, 100].flatMap { (part: UInt16) in [UInt8(truncatingIfNeeded: part), UInt8(part >> 8)] }

  /// A service that is to run starts when this Windows boots.
  private func add(
    _ service: Service, _ name: String, to registry: inout RegistryFile, type: UInt32, title: String,
    path: String
  ) {
    let start: UInt32 =
      switch service {
      case .absent: 0
      case .stopped: 3
      case .running: 2
      case .disabled: 4
      }
    guard start != 0 else { return }
    registry.add(
      RegistryFile.system + "Services\\" + name,
      [
        "Type": .dword(type), "Start": .dword(start), "ErrorControl": .dword(1), "DisplayName": .string(title),
        "ImagePath": .expandable(path), "ObjectName": .string("LocalSystem"),
      ])
  }

  /// Writes its files below a prefix's drive C.
  package func writeFiles(below drive: String) throws {
    let folder = "\(drive)/windows/inf"
    let manager = FileManager.default
    try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let package = "\(folder)/oem12.inf"
    let log = "\(folder)/setupapi.dev.log"
    for path in [package, log] where manager.fileExists(atPath: path) { try manager.removeItem(atPath: path) }
    if hasBalloonPackage { try Data(Self.balloonINF.utf8).write(to: URL(filePath: package)) }
    if let setupLog {
      try Data(setupLog.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n").utf8)
        .write(to: URL(filePath: log))
    }
  }

  /// As virtio-win's `Balloon/sys/balloon.inx` begins, with the version filled in.
  private static let balloonINF = """
    ;/*++
    ;INX balloon
    ;--*/
    [Version]
    Signature="$WINDOWS NT$"
    Class=System
    ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
    Provider=%VENDOR%
    DriverVer=09/24/2025,100.101.104.28500
    CatalogFile=balloon.cat
    DriverPackageType = PlugAndPlay
    DriverPackageDisplayName = %BALLOON.DeviceDesc%
    PnpLockdown = 1

    [Manufacturer]
    %VENDOR%=Standard,NTamd64

    [Standard.NTamd64]
    %BALLOON.DeviceDesc%=BALLOON_Device, PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00, PCI\\VEN_1AF4&DEV_1002
    %BALLOON.DeviceDesc%=BALLOON_Device, PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01, PCI\\VEN_1AF4&DEV_1045

    [Strings]
    VENDOR = "Red Hat, Inc."
    BALLOON.DeviceDesc = "VirtIO Balloon Driver"

    """.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
}

extension WindowsGuest {
  /// The services that are to run, by their names.
  fileprivate var runningServices: [String] {
    var names = ["VirtioSerial"]
    if case .running = balloonService { names.append("BalloonService") }
    if case .running = management { names.append("Winmgmt") }
    if case .running = balloonDriver { names.append("BALLOON") }
    return names
  }
}

extension WinePrefix {
  /// Makes this Windows look like `guest` from its next session on.
  package func become(_ guest: WindowsGuest) async throws {
    try guest.writeFiles(below: drive)
    // Services that start while their keys are written anew would not notice.
    try await resetRegistry()
    try await session { try await load(guest.registry) }
  }

  /// Boots this Windows as `guest`, runs `body` when the services that are to run do so, and shuts it down.
  package func session<Result: Sendable>(
    as guest: WindowsGuest, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async throws -> Result {
    try await become(guest)
    return try await session {
      for name in guest.runningServices {
        try await waitUntil("\(name) ran") { try await run(["sc", "query", name]).output.contains("4  RUNNING") }
      }
      return try await body()
    }
  }
}
