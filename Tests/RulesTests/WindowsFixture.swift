// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Testing

/// Evidence of Windows guests, all synthesised after the field's sources: virtio-win's INF, what real SYSTEM hives
/// hold, and Microsoft's pages on problem codes. Nothing here was captured from a running Windows.
extension EvidenceFixture {
  private static var unknown: Unknown {
    Unknown(
      failure: Failure(.unsupported, "not in this fixture"), provenance: Provenance("agent", trust: .guest, time: now))
  }

  /// A balloon as Windows has it, held by virtio-win's driver.
  static func windowsBalloon(
    problem: UInt16 = 0, isPresent: Bool = true, path: String = "05.0", identity: PCIIdentity = .balloonTransitional,
    status: UInt64? = nil
  ) -> GuestFunction {
    var function = windowsFunctions(
      service: told("BALLOON"), inf: told("oem12.inf"), provider: told("Red Hat, Inc."), problem: told(problem))[0]
    function.path = told(PCIPath(parsing: path)!)
    function.address = told(PCIAddress(parsing: "0000:00:\(path.suffix(4))")!)
    function.identity = told(identity)
    function.driverVersion = told("100.101.104.28500")
    var windows = WindowsFunction(unknown)
    windows.instanceID = told("PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&13C0B0C5&0&28")
    windows.isPresent = told(isPresent)
    windows.originalINF = told("balloon.inf")
    windows.infSection = told("BALLOON_Device.NT")
    windows.configFlags = told(0)
    windows.problemStatus = status.map(told) ?? absent(.guest)
    windows.signer = told("Microsoft Windows Hardware Compatibility Publisher")
    function.windows = windows
    return function
  }

  /// A balloon that no driver of Windows takes: code 28, no Service, no INF, ConfigFlags 0x60.
  static func windowsUnserved() -> GuestFunction {
    var function = windowsBalloon(problem: 28, status: 0xc000_0490)
    function.driver = absent(.guest)
    function.module = absent(.guest)
    function.provider = absent(.guest)
    function.driverVersion = absent(.guest)
    function.windows?.originalINF = absent(.guest)
    function.windows?.infSection = absent(.guest)
    function.windows?.configFlags = told(0x60)
    return function
  }

  /// A RAM controller in the hands of machine.inf, which has no Service value and no problem.
  static func machineINF(_ identity: PCIIdentity, path: String) -> GuestFunction {
    var function = windowsBalloon(path: path, identity: identity)
    function.driver = absent(.guest)
    function.module = told("machine.inf")
    function.provider = told("Microsoft")
    function.driverVersion = told("10.0.20348.1")
    function.windows?.originalINF = absent(.guest)
    function.windows?.infSection = told("NO_DRV")
    return function
  }

  static func service(
    _ name: String, _ state: Observation<String> = told("running"), start: UInt64 = 2, exit: UInt64 = 0,
    exists: Bool = true, kind: String = "user-service"
  ) -> GuestService {
    var windows = WindowsService(unknown)
    windows.startType = told(start)
    windows.exitCode = told(exit)
    windows.serviceExitCode = told(7)
    windows.binaryPath = told("D:\\Balloon\\w11\\amd64\\blnsvr.exe")
    windows.binaryExists = told(exists)
    return GuestService(
      name: name, kind: kind, state: state, version: absent(.guest), counters: [:], windows: windows)
  }

  /// The services that a Windows agent lists, with this BalloonService and this Winmgmt.
  static func windowsServices(
    _ balloon: GuestService = service("BalloonService"), management: GuestService = service("Winmgmt")
  ) -> [GuestService] {
    [
      service("BALLOON", start: 3, kind: "kernel-driver"), balloon,
      service("VirtioSerial", start: 3, kind: "kernel-driver"), management,
      GuestService(
        name: "oem12.inf", kind: "driver-package", state: told("installed"), version: told("100.101.104.28500"),
        counters: [:]),
    ]
  }

  /// A healthy Windows guest, everything known.
  static func windows(_ change: (inout Evidence) -> Void = { _ in }) -> Evidence {
    healthy { evidence in
      evidence.guest.osFamily = told("windows")
      evidence.guest.osName = told("Windows Server 2022 Standard")
      evidence.guest.kernel = told("10.0.20348")
      var system = WindowsSystem(unknown)
      system.edition = told("ServerStandard")
      system.secureBoot = told(true)
      system.testSigning = told(false)
      evidence.guest.windows = system
      evidence.guest.functions = told([windowsBalloon()])
      evidence.guest.services = told(windowsServices())
      change(&evidence)
    }
  }

  /// A Windows guest whose balloon nobody serves, by the host, and is as `function` has it, by the guest.
  static func windowsWithout(_ function: GuestFunction) -> Evidence {
    windows { evidence in
      unserved(&evidence)
      evidence.guest.functions = told([function])
    }
  }

  /// A Windows guest whose driver runs and whose statistics never come, with these services.
  static func windowsSilent(_ services: [GuestService]) -> Evidence {
    windows { evidence in
      freeze(&evidence, statistics: noStatistics)
      evidence.guest.services = told(services)
    }
  }
}

extension RuleFixture {
  private typealias Make = EvidenceFixture

  private static let linux = Make.healthy()

  private static let withoutList = Make.windows { evidence in
    Make.unserved(&evidence)
    evidence.guest.functions = Make.failed(.timedOut, trust: .guest)
  }

  private static func problem(_ id: String, _ code: UInt16, status: UInt64? = nil) -> RuleFixture {
    RuleFixture(
      id: id, healthy: Make.windows(), found: Make.windowsWithout(Make.windowsBalloon(problem: code, status: status)),
      notApplicable: linux, inconclusive: withoutList)
  }

  private static func service(_ id: String, _ services: [GuestService]) -> RuleFixture {
    RuleFixture(
      id: id, healthy: Make.windowsSilent(Make.windowsServices()), found: Make.windowsSilent(services),
      notApplicable: linux,
      inconclusive: Make.windows { evidence in
        Make.freeze(&evidence, statistics: Make.noStatistics)
        evidence.guest.services = Make.failed(.timedOut, trust: .guest)
      })
  }

  static let windows: [RuleFixture] = [
    problem("driver.failed-start", 10, status: 0xc000_0001),
    problem("driver.load-failed", 39),
    problem("driver.unsigned", 52, status: 0xc000_0428),
    problem("driver.disabled", 22),
    problem("driver.restart-needed", 14),
    problem("driver.blocked", 48),
    RuleFixture(
      id: "pci.function.phantom", healthy: Make.windows(),
      found: Make.windows { evidence in
        evidence.guest.functions = Make.told([
          Make.windowsBalloon(problem: 45, isPresent: false, path: "03.0"), Make.windowsBalloon(),
        ])
      }, notApplicable: linux, inconclusive: withoutList),
    service("service.missing", Make.windowsServices(Make.service("BalloonService", Make.absent(.guest)))),
    service("service.stopped", Make.windowsServices(Make.service("BalloonService", Make.told("stopped"), exit: 1067))),
    service("service.disabled", Make.windowsServices(Make.service("BalloonService", Make.told("stopped"), start: 4))),
    service(
      "service.dependency-failed",
      Make.windowsServices(
        Make.service("BalloonService", Make.told("stopped"), exit: 1068),
        management: Make.service("Winmgmt", Make.told("stopped"), start: 4))),
    service(
      "service.path-gone", Make.windowsServices(Make.service("BalloonService", Make.told("stopped"), exists: false))),
  ]
}

// Arguments of tests by what tells one from another: the whole of them fills a log.
extension GuestService: CustomTestStringConvertible {
  package var testDescription: String {
    "\(name) \(state.value ?? (state.isAbsent ? "absent" : "unknown"))"
      + (windows?.startType.value.map { ", start \($0)" } ?? "")
      + (windows?.exitCode.value.map { ", exit \($0)" } ?? "")
  }
}

extension GuestFunction: CustomTestStringConvertible {
  package var testDescription: String { identity.value?.id ?? "a function" }
}

extension Evidence: CustomTestStringConvertible {
  package var testDescription: String { "evidence of \(target.name ?? target.location)" }
}
