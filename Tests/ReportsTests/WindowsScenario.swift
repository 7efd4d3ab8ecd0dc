// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules

/// Synthesised Windows guests: the values are those of virtio-win's INF and of published problem codes. What is said of
/// them is the engine's own.
extension Scenario {
  static let windows = [windowsFailed, windowsService, windowsAlone]

  private static func judged(_ name: String, _ evidence: Evidence) -> Scenario {
    Scenario(name: name, evidence: evidence, diagnosis: Engine().diagnose(evidence))
  }

  /// The driver could not start the device; a phantom of an earlier machine type beside it.
  static let windowsFailed: Scenario = {
    var evidence = windowsGuest()
    evidence.device.status = .observed(["ACKNOWLEDGE", "DRIVER"], host("x-query-virtio-status"))
    evidence.device.guestFeatures = .observed([], host("x-query-virtio-status"))
    for index in evidence.readings.indices {
      evidence.readings[index].lastUpdate = .absent(host("guest-stats"))
      evidence.readings[index].actual = .observed(1 << 30, host("query-balloon"))
      evidence.readings[index].statistics = .observed(
        ["totalMemory": .absent(host("guest-stats"))], host("guest-stats"))
    }
    var failed = windowsBalloon(problem: 10)
    failed.windows?.problemStatus = .observed(0xc000_0001, guest("pci.functions: DEVPKEY_Device_ProblemStatus"))
    var phantom = windowsBalloon(problem: 45)
    phantom.identity = .observed(.balloonTransitional, guest("pci.functions: DEVPKEY_Device_HardwareIds"))
    phantom.path = .observed(path("05.0"), guest("pci.functions: DEVPKEY_Device_InstanceId"))
    phantom.windows?.isPresent = .observed(false, guest("pci.functions: DEVPKEY_Device_IsPresent"))
    evidence.guest.functions = .observed([phantom, failed], guest("pci.functions"))
    return judged("windows-failed-start", evidence)
  }()

  /// The driver runs, and BalloonService was installed from an ISO that has been ejected.
  static let windowsService: Scenario = {
    var evidence = windowsGuest()
    for index in evidence.readings.indices {
      evidence.readings[index].lastUpdate = .observed(UInt64(now) - 7_000, host("guest-stats"))
      evidence.readings[index].statistics = .observed(
        ["totalMemory": .absent(host("guest-stats"))], host("guest-stats"))
    }
    evidence.guest.services = .observed(
      windowsServices(state: "stopped", exit: 2, exists: false), guest("driver.services"))
    return judged("windows-service", evidence)
  }()

  /// The balloon was disabled; only the agent was asked.
  static let windowsAlone: Scenario = {
    let whole = windowsGuest()
    var evidence = Evidence.unknown(
      Failure(
        .unsupported, "only the agent was asked, which knows nothing of the host",
        ask: Target.askHost),
      target: Target(kind: .agent, name: nil, location: "/dev/pts/7"),
      collection: Collection(
        tool: "0.1.0", started: now, finished: now, sampled: false,
        notices: ["Only the agent was asked: all of this is the guest's word, and nothing the host's."]))
    evidence.guest = whole.guest
    var disabled = windowsBalloon(problem: 22)
    disabled.windows?.configFlags = .observed(1, guest("pci.functions: DEVPKEY_Device_ConfigFlags"))
    evidence.guest.functions = .observed([disabled], guest("pci.functions"))
    return judged("windows-agent-alone", evidence)
  }()

  private static func windowsGuest() -> Evidence {
    var evidence = running()
    evidence.guest.osFamily = .observed("windows", guest("guest.os: by construction"))
    evidence.guest.osName = .observed("Windows Server 2022 Standard", guest("guest.os: ProductName"))
    evidence.guest.kernel = .observed("10.0.20348", guest("guest.os: RtlGetVersion"))
    var system = WindowsSystem(unsupported)
    system.edition = .observed("ServerStandard", guest("guest.os: EditionID"))
    system.secureBoot = .observed(true, guest("guest.os: UEFISecureBootEnabled"))
    system.testSigning = .observed(false, guest("guest.os: SystemStartOptions"))
    evidence.guest.windows = system
    evidence.guest.functions = .observed([windowsBalloon(problem: 0)], guest("pci.functions"))
    evidence.guest.services = .observed(windowsServices(), guest("driver.services"))
    return evidence
  }

  private static let unsupported = Unknown(
    failure: Failure(.unsupported, "not in this fixture"), provenance: guest("pci.functions"))

  private static func windowsBalloon(problem: UInt16) -> GuestFunction {
    let source = guest("pci.functions: device properties")
    var function = GuestFunction(unsupported)
    function.address = .observed(address("0000:03:00.0"), source)
    function.path = .observed(path("02.1/00.0"), source)
    function.identity = .observed(.balloonModern, source)
    function.driver = .observed("BALLOON", source)
    function.module = .observed("oem12.inf", source)
    function.provider = .observed("Red Hat, Inc.", source)
    function.driverVersion = .observed("100.101.104.28500", source)
    function.problemCode = .observed(problem, guest("pci.functions: CM_Get_DevNode_Status"))
    var windows = WindowsFunction(unsupported)
    windows.instanceID = .observed("PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\4&2B0A1C3D&0&0011", source)
    windows.isPresent = .observed(true, source)
    windows.originalINF = .observed("balloon.inf", source)
    windows.infSection = .observed("BALLOON_Device.NT", source)
    windows.driverDate = .observed("2025-06-17", source)
    windows.driverRank = .observed(0xff0000, source)
    windows.matchingID = .observed("PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01", source)
    windows.configFlags = .observed(0, source)
    windows.description = .observed("VirtIO Balloon Driver", source)
    function.windows = windows
    return function
  }

  private static func windowsServices(
    state: String = "running", exit: UInt64 = 0, exists: Bool = true
  ) -> [GuestService] {
    func service(_ name: String, _ kind: String, _ state: String, start: UInt64, exit: UInt64 = 0, exists: Bool = true)
      -> GuestService
    {
      let source = guest("driver.services: service manager")
      var windows = WindowsService(unsupported)
      windows.startType = .observed(start, source)
      windows.exitCode = .observed(exit, source)
      windows.binaryPath = .observed("D:\\Balloon\\w11\\amd64\\blnsvr.exe", source)
      windows.binaryExists = .observed(exists, source)
      return GuestService(
        name: name, kind: kind, state: .observed(state, source), version: .absent(source), counters: [:],
        windows: windows)
    }
    return [
      service("BALLOON", "kernel-driver", "running", start: 3),
      service("BalloonService", "user-service", state, start: 2, exit: exit, exists: exists),
      service("VirtioSerial", "kernel-driver", "running", start: 3),
      service("Winmgmt", "user-service", "running", start: 2),
      GuestService(
        name: "oem12.inf", kind: "driver-package", state: .observed("installed", guest("driver.services: DriverStore")),
        version: .observed("100.101.104.28500", guest("driver.services: DriverVer")), counters: [:]),
    ]
  }
}
