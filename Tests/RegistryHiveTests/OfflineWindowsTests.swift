// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import RegistryHive
import Testing

@Suite("The facts of a Windows that does not run, from its hives")
struct OfflineWindowsTests {
  @Test("A bound balloon is told with its driver, package and place, and each fact names its key")
  func bound() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    made.services()
    made.database()
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    let key = "SYSTEM: ControlSet001\\Enum\\PCI\\\(MadeWindows.transitional)\\3&13c0b0c5&0&28"
    #expect(function.driver == .observed("BALLOON", source: key + " Service"))
    #expect(
      function.module
        == .observed("oem12.inf", source: "SYSTEM: ControlSet001\\Control\\Class\\\(MadeWindows.system)\\0003 InfPath"))
    #expect(function.vendor.value == 0x1af4)
    #expect(function.device.value == 0x1002)
    #expect(function.subsystem.value == 5)
    #expect(function.subsystemVendor.value == 0x1af4)
    #expect(function.revision.value == 0)
    #expect(function.classCode.value == 0x00_ff00)
    #expect(function.address.value == "0000:00:05.0")
    #expect(function.path.value == "05.0")
    #expect(function.provider.value == "Red Hat, Inc.")
    #expect(function.driverVersion.value == "100.101.104.28500")

    let device = try #require(function.windows)
    #expect(device.instanceID.value == "PCI\\\(MadeWindows.transitional)\\3&13c0b0c5&0&28")
    #expect(device.hardwareIDs.value?.count == 4)
    #expect(device.compatibleIDs.value?.count == 6)
    #expect(device.locationInformation.value == "PCI bus 0, device 5, function 0")
    #expect(device.description.value == "VirtIO Balloon Driver")
    #expect(device.busDescription.value == "PCI Device")
    #expect(device.setupClass.value == "System")
    #expect(device.infSection.value == "BALLOON_Device.NT")
    #expect(device.driverDate.value == "2025-06-17")
    #expect(device.driverRank.value == 0x00ff_0000)
    #expect(device.configFlags.value == 0)
    #expect(device.originalINF.value == "balloon.inf")
    #expect(device.signer.value == "Microsoft Windows Hardware Compatibility Publisher")
    #expect(device.driverFile.value == "\\SystemRoot\\System32\\drivers\\balloon.sys")
    #expect(device.firstInstall.value == 1_749_859_200)
    #expect(windows.os.architecture.value == "AMD64")
    #expect(windows.notices.isEmpty)
  }

  @Test("What only a running Windows knows is unsupported, never absent or zero")
  func unsupported() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    made.services()
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.problemCode.failure?.reason == .unsupported)
    #expect(function.windows?.problem.failure?.reason == .unsupported)
    #expect(function.windows?.status.failure?.reason == .unsupported)
    // Nor can a hive without removal dates tell whether the device is there.
    #expect(function.windows?.isPresent.failure?.reason == .unsupported)
    #expect(windows.services.first?.state.failure?.reason == .unsupported)
    #expect(windows.services.first?.windows?.binaryExists.failure?.reason == .unsupported)
    #expect(windows.os.uptime.failure?.reason == .unsupported)
    #expect(windows.os.name.failure?.reason == FactFailure.Reason("not-asked"))
  }

  @Test("The modern balloon behind a root port is found by its bridge path")
  func modern() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.modern, "4&2e3a6f3&0&000A", .balloon, location: "(3,0,0)", address: 0)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.device.value == 0x1045)
    #expect(function.path.value == "01.2/00.0")
    #expect(function.address.value == "0000:03:00.0")
  }

  @Test("Windows' generic driver is told by INF and section, without a service")
  func generic() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .generic, classCode: "050000")
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.driver.isAbsent)
    #expect(function.module.value == "machine.inf")
    #expect(function.windows?.infSection.value == "NO_DRV")
    #expect(function.windows?.driverDate.value == "2006-06-21")
    #expect(function.windows?.matchingID.value == "PCI\\CC_0500")
    #expect(function.windows?.description.value == "PCI-Standard-RAM-Controller")
    #expect(function.classCode.value == 0x05_0000)
  }

  @Test("A balloon without any driver has neither service, class nor driver, and the flags of a failed installation")
  func driverless() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .none)
    made.services(driver: nil, statistics: nil)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.driver.isAbsent)
    #expect(function.module.isAbsent)
    #expect(function.provider.isAbsent)
    #expect(function.windows?.setupClass.isAbsent == true)
    #expect(function.windows?.classGUID.isAbsent == true)
    #expect(function.windows?.originalINF.isAbsent == true)
    #expect(function.windows?.configFlags.value == 0x60)
    #expect(function.windows?.busDescription.value == "PCI Device")
  }

  @Test("A disabled device keeps its driver and has the flag")
  func disabled() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon, flags: 1)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.driver.value == "BALLOON")
    #expect(function.windows?.configFlags.value == 1)
  }

  @Test("The layout of Windows 7 gives the same facts")
  func windows7() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.oldDevice(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    made.services()
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let function = try #require(try windows.functions.get().first)
    #expect(function.driver.value == "BALLOON")
    #expect(function.address.value == "0000:00:05.0")
    #expect(function.windows?.setupClass.value == "System")
    #expect(function.windows?.firstInstall.value == 1_749_859_200)
    #expect(function.windows?.locationPath.value == "05.0")
    // Only the ids tell the class, in both forms.
    #expect(function.classCode.value == 0x00_ff00)
    // It has no driver database, and that is told.
    #expect(function.windows?.originalINF.failure?.reason == .unsupported)
    #expect(windows.services.last?.kind == "driver-package")
    #expect(windows.services.last?.state.failure?.reason == .unsupported)
  }

  @Test("A second instance that was removed after it last arrived is a phantom")
  func phantom() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    made.device(
      MadeWindows.transitional, "3&13c0b0c5&0&30", .balloon, location: "(0,6,0)", address: 0x6_0000,
      removed: 133_943_329_000_000_000)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let functions = try windows.functions.get()
    #expect(functions.map(\.path.value) == ["05.0", "06.0"])
    #expect(functions.first?.windows?.isPresent.value == nil)
    #expect(functions.last?.windows?.isPresent.value == false)
  }

  @Test("Functions that are neither virtio's nor memory controllers are left out, and all others told")
  func selection() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device("VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03", "3&13c0b0c5&0&18", .none, classCode: "020000")
    made.device("VEN_8086&DEV_1237&SUBSYS_11001AF4&REV_02", "3&13c0b0c5&0&20", .generic, classCode: "050000")
    made.device("VEN_1AF4&DEV_1110&SUBSYS_11001AF4&REV_01", "3&13c0b0c5&0&38", .generic, classCode: "050000")
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    #expect(try windows.functions.get().map(\.device.value) == [0x1237, 0x1110])
  }

  @Test("Services are told with their start, path and dependencies; one that is not there is absent")
  func services() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.services(statistics: 4)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    let services = windows.services.filter { $0.kind != "driver-package" }
    #expect(services.map(\.name) == ["BALLOON", "BalloonService", "VirtioSerial", "Winmgmt"])
    #expect(services.map(\.kind) == ["kernel-driver", "user-service", "kernel-driver", "user-service"])
    #expect(
      services.map(\.windows?.startType)
        == [
          .observed(3, source: "SYSTEM: ControlSet001\\Services\\BALLOON Start"),
          .observed(4, source: "SYSTEM: ControlSet001\\Services\\BalloonService Start"),
          .absent(source: "SYSTEM: ControlSet001\\Services\\VirtioSerial"),
          .observed(2, source: "SYSTEM: ControlSet001\\Services\\Winmgmt Start"),
        ])
    #expect(services[1].windows?.dependencies.value == ["Winmgmt"])
    #expect(services[1].windows?.binaryPath.value == "\"C:\\Program Files\\Virtio-Win\\Balloon\\blnsvr.exe\"")
    #expect(services[2].state.isAbsent)
    // No list means that it depends on nothing.
    #expect(services[0].windows?.dependencies.value == [])
  }

  @Test("The current control set is read, not the first")
  func currentSet() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows(set: 2)
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    let windows = try OfflineWindows(system: try await folder.make("SYSTEM", made.registry))
    #expect(windows.controlSet == "ControlSet002")
    #expect(try windows.functions.get().count == 1)
  }

  @Test("The driver database may be a hive of its own, and SOFTWARE tells which Windows it is")
  func besideSystem() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    var drivers = RegistryText()
    drivers.driverDatabase()
    let windows = try OfflineWindows(
      system: try await folder.make("SYSTEM", made.registry), software: try await folder.make("SOFTWARE", .software),
      drivers: try await folder.make("DRIVERS", drivers))
    let function = try #require(try windows.functions.get().first)
    let package = "DRIVERS: DriverDatabase\\DriverPackages\\balloon.inf_amd64_0123456789abcdef"
    #expect(function.windows?.originalINF == .observed("balloon.inf", source: package + " InfName"))
    let packages = windows.services.filter { $0.kind == "driver-package" }
    #expect(packages.map(\.name) == ["oem12.inf"])
    #expect(packages.first?.version.value == "100.101.104.28500")
    #expect(windows.os.name.value == "Windows 11 Pro")
    #expect(windows.os.version.value == "23H2")
    #expect(windows.os.kernel.value == "10.0.22631.4317")
    #expect(windows.os.windows?.edition.value == "Professional")
  }

  @Test("A hive given in another's place is refused with what to give instead")
  func otherHive() async throws {
    let folder = try HiveFolder()
    let software = try await folder.make("SOFTWARE", .software)
    let system = try await folder.make("SYSTEM", MadeWindows().registry)
    #expect(throws: HiveError.self) { try OfflineWindows(system: software) }
    for (asSoftware, asDrivers) in [(system, nil), (nil, software)] as [(String?, String?)] {
      let error = #expect(throws: HiveError.self) {
        try OfflineWindows(system: system, software: asSoftware, drivers: asDrivers)
      }
      #expect(error?.code == .otherHive)
    }
  }

  @Test("A hive that Windows had not finished writing is read, and that is told")
  func unfinished() async throws {
    let folder = try HiveFolder()
    let made = MadeWindows()
    var bytes = try HiveBytes(of: try await folder.make("SYSTEM", made.registry))
    bytes.set(4, to: 7)
    bytes.set(8, to: 6)
    bytes.sign()
    let windows = try OfflineWindows(system: try folder.write("unfinished", bytes.content))
    #expect(windows.notices.count == 1)
    #expect(windows.notices.first?.contains("SYSTEM.LOG1") == true)
  }
}

extension Fact {
  var failure: FactFailure? {
    guard case .failed(let failure, _) = self else { return nil }
    return failure
  }
  var isAbsent: Bool {
    guard case .absent = self else { return false }
    return true
  }
}
