// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Many kinds of evidence, synthesised: the rules' own fixtures, and guests that differ from a healthy one in one
/// thing, or in one thing and in what is seen of them.
enum EvidenceVariety {
  private typealias Make = EvidenceFixture
  typealias Change = @Sendable (inout Evidence) -> Void

  static let all: [Evidence] = {
    var all = RuleFixture.all.flatMap { [$0.healthy, $0.found, $0.notApplicable, $0.inconclusive] }
    for base in [Make.healthy(), Make.windows(), Make.byRegistry([Make.windowsBalloon()], Make.windowsServices())] {
      for change in changes {
        for view in views {
          var evidence = base
          view(&evidence)
          change(&evidence)
          all.append(evidence)
        }
      }
    }
    all += ExerciseFixture.all
    all.append(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
        evidence.device.siblings = Make.observed([Make.serial([])])
        evidence.domain.uptime = Make.observed(20)
        evidence.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([
          QEMUGuestAgentScenarioTests.driver(0x1002)
        ])
      })
    return all
  }()

  /// What is seen of a guest.
  private static let views: [Change] = [
    { _ in },
    { Make.unserved(&$0) },
    { Make.freeze(&$0) },
    { evidence in
      Make.withoutAgent(&evidence)
      evidence.domain.osFamily = Make.observed("windows")
    },
    { evidence in
      evidence.device.status = Make.failed()
      evidence.device.siblings = Make.failed()
      Make.freeze(&evidence)
    },
  ]

  static let changes: [Change] = host + device + readings + guest + functions + services

  private static let host: [Change] = [
    { Make.xen(&$0) },
    { evidence in
      Make.xen(&evidence)
      evidence.configuration.model = Make.absent()
    },
    { $0.domain.state = Make.observed("paused") },
    { $0.domain.state = Make.failed() },
    { $0.domain.stateReason = Make.observed("migration") },
    { $0.domain.interruptions = Make.observed(["RESET"]) },
    { $0.domain.interruptions = Make.observed(["RESUME"]) },
    { $0.domain.osFamily = Make.observed("windows") },
    { $0.domain.uptime = Make.failed() },
    { $0.domain.uptime = Make.observed(4) },
    { $0.configuration.model = Make.failed() },
    { evidence in
      evidence.configuration.maximum = Make.observed(2 << 30)
      evidence.configuration.target = Make.observed(512 << 20)
    },
    { $0.configuration.maximum = Make.failed() },
    { $0.configuration.target = Make.observed(1 << 30) },
    { $0.configuration.virtioMemory = Make.observed(1 << 30) },
    { $0.configuration.virtioMemory = Make.failed() },
    { evidence in
      evidence.configuration.maximum = Make.observed(16 << 30)
      evidence.configuration.dimmMemory = Make.observed(1 << 30)
      evidence.configuration.target = Make.observed(1 << 30)
    },
    { $0.journal = ExerciseFixture.journal(isUnderWay: false) },
    { $0.journal = ExerciseFixture.journal(isUnderWay: true) },
    { $0.configuration.hugepages = Make.observed(true) },
    { $0.configuration.locked = Make.observed(true) },
    { $0.configuration.sharedMemory = Make.observed(true) },
    { $0.configuration.pinningDevices = Make.observed(["pci"]) },
    { $0.configuration.autodeflate = Make.observed(true) },
    { $0.configuration.freePageReporting = Make.observed(true) },
    { $0.configuration.path = Make.observed(PCIPath(parsing: "05.0")!) },
    { $0.configuration.address = Make.observed(PCIAddress(parsing: "0000:00:05.0")!) },
    { $0.collection.sampled = false },
  ]

  private static let device: [Change] = [
    { Make.unserved(&$0) },
    { Make.unserved(&$0, status: ["ACKNOWLEDGE"]) },
    { Make.unserved(&$0, status: ["ACKNOWLEDGE", "DRIVER"]) },
    { evidence in
      evidence.device.qomPath = Make.failed()
      evidence.device.status = Make.failed()
      evidence.device.pollingInterval = Make.failed()
      evidence.device.siblings = Make.failed()
    },
    { $0.device.status = Make.failed(.unsupported) },
    { $0.device.status = Make.observed(Make.started) },
    { $0.device.pollingInterval = Make.observed(0) },
    { $0.device.pollingInterval = Make.failed() },
    { $0.device.siblings = Make.failed() },
    { $0.device.siblings = Make.observed([Make.serial([])]) },
    { $0.device.guestFeatures = Make.observed([]) },
    { $0.device.guestFeatures = Make.failed() },
    { $0.device.hostFeatures = Make.failed() },
    { evidence in
      evidence.device.path = Make.failed()
      evidence.device.address = Make.failed()
    },
    { $0.device.identity = Make.failed() },
    { $0.device.identity = Make.observed(ramClass) },
    { evidence in
      evidence.device.decoys = Make.failed()
      evidence.guest.functions = Make.told(Make.linuxFunctions() + [Make.machineINF(ramClass, path: "08.0")])
    },
    { $0.channel.port = Make.absent() },
    { $0.channel.guestOpen = Make.observed(false) },
    { $0.channel.heldByAnother = Make.observed(true) },
  ]

  private static let ramClass: PCIIdentity = {
    var identity = PCIIdentity.balloonTransitional
    identity.classCode = .ramController
    return identity
  }()

  private static let readings: [Change] = [
    { $0.readings = [] },
    { Make.freeze(&$0) },
    { Make.freeze(&$0, statistics: Make.noStatistics) },
    { Make.inflated(rss: 7 << 30, &$0) },
    { Make.squeeze(&$0) },
    { Make.deliver(&$0, ["freeMemory": 2 << 30]) },
    { Make.deliver(&$0, ["totalMemory": 4 << 30]) },
    { Make.deliver(&$0, ["totalMemory": 2047 << 20]) },
    { evidence in
      for index in evidence.readings.indices { evidence.readings[index].actual = Make.failed() }
    },
    { evidence in
      for index in evidence.readings.indices { evidence.readings[index].rss = Make.failed() }
    },
    { evidence in
      for index in evidence.readings.indices { evidence.readings[index].lastUpdate = Make.failed() }
    },
  ]

  private static let guest: [Change] = [
    { Make.withoutAgent(&$0) },
    { Make.withoutAgent(&$0, .notAsked) },
    { evidence in
      Make.withoutAgent(&evidence, .timedOut)
      evidence.channel.guestOpen = Make.observed(true)
    },
    { evidence in
      evidence.guest.osFamily = Make.withoutMethod()
      evidence.guest.memory = Make.withoutMethod()
      evidence.guest.statistics = Make.withoutMethod()
      evidence.guest.functions = Make.withoutMethod()
      evidence.guest.services = Make.withoutMethod()
      evidence.guest.log = Make.withoutMethod()
    },
    { $0.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([QEMUGuestAgentScenarioTests.driver(0x1002)]) },
    { evidence in
      Make.withoutAgent(&evidence)
      evidence.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([
        QEMUGuestAgentScenarioTests.driver(0x1002, version: "62.71.104.9400", date: "2015-01-05")
      ])
    },
    { evidence in
      Make.withoutAgent(&evidence)
      evidence.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([
        QEMUGuestAgentScenarioTests.driver(0x1000, name: "Red Hat VirtIO Ethernet Adapter")
      ])
    },
    { $0.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([], id: "debian") },
    { $0.guest.osFamily = Make.failed(trust: .guest) },
    { $0.guest.statistics = Make.told(Make.shortStatistics) },
    { $0.guest.log = Make.told(["virtio_balloon virtio0: Out of puff! Can't get 256 pages"]) },
    { $0.guest.log = Make.failed(trust: .guest) },
    { $0.guest.kernel = Make.told("10.0.14393") },
    { $0.guest.kernel = Make.failed(trust: .guest) },
    { $0.guest.windows?.secureBoot = Make.failed(trust: .guest) },
  ]

  private static let functions: [Change] = [
    { $0.guest.functions = Make.failed(trust: .guest) },
    { $0.guest.functions = Make.told([]) },
    { $0.guest.functions = Make.told([Make.linuxFunctions()[1]]) },
    { $0.guest.functions = Make.told([Make.windowsUnserved()]) },
    { $0.guest.functions = Make.told([Make.machineINF(.balloonTransitional, path: "05.0")]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(), Make.windowsBalloon(isPresent: false, path: "09.0")]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(driver: "100.95.104.24800", day: "2021-05-01")]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(driver: "61.71.104.9400")]) },
    { $0.guest.functions = Make.told(Make.linuxFunctions(driver: Make.told("uio_pci_generic"))) },
    { $0.guest.functions = Make.told(Make.linuxFunctions(virtioDriver: Make.absent(.guest))) },
    { $0.guest.functions = Make.told([altered { $0.driver = Make.failed(trust: .guest) }]) },
    { $0.guest.functions = Make.told([altered { $0.driver = Make.told("vendorballoon") }]) },
    { evidence in
      evidence.guest.functions = Make.told([
        altered { function in
          function.driver = Make.told("vendorballoon")
          function.windows?.originalINF = Make.absent(.guest)
        }
      ])
    },
    { evidence in
      evidence.guest.functions = Make.told([
        altered { function in
          function.driver = Make.told("vendorballoon")
          function.windows?.originalINF = Make.absent(.guest)
          function.windows?.infSection = Make.absent(.guest)
        }
      ])
    },
    { evidence in
      evidence.guest.functions = Make.told([
        altered { function in
          function.driver = Make.absent(.guest)
          function.windows?.isPresent = Make.failed(trust: .guest)
          function.problemCode = Make.failed(trust: .guest)
        }
      ])
    },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 10, status: 0xc000_0001)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 14)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 22)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 32)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 39, status: 0xc000_007b)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 48)]) },
    { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 52, status: 0xc000_0428)]) },
  ]

  private static func altered(_ change: (inout GuestFunction) -> Void) -> GuestFunction {
    var function = Make.windowsBalloon()
    change(&function)
    return function
  }

  private static let services: [Change] = [
    {
      $0.guest.services = Make.told(
        Make.windowsServices(Make.service("BalloonService", Make.told("stopped"), exit: 1066)))
    },
    { evidence in
      var service = Make.service("BalloonService")
      service.windows = nil
      evidence.guest.services = Make.told(Make.windowsServices(service))
    },
    { $0.guest.services = Make.failed(trust: .guest) },
    { $0.guest.services = Make.told([]) },
    { $0.guest.services = Make.told(Make.windowsServices(Make.service("BalloonService", Make.absent(.guest)))) },
    {
      $0.guest.services = Make.told(
        Make.windowsServices(
          Make.service("BalloonService", Make.told("stopped"), exit: 1066, exists: false)))
    },
    {
      $0.guest.services = Make.told(
        Make.windowsServices(
          Make.service("BalloonService", Make.told("stopped"), exit: 1008),
          management: Make.service("Winmgmt", Make.told("stopped"), start: 4)))
    },
    {
      $0.guest.services = Make.told(
        Make.windowsServices(
          Make.service("BalloonService", Make.told("stopped"), start: 4, exit: 1068),
          management: Make.service("Winmgmt", Make.absent(.guest))))
    },
    { evidence in
      var service = Make.service("BalloonService")
      service.version = Make.told("100.95.104.24800")
      evidence.guest.services = Make.told(Make.windowsServices(service))
    },
    { evidence in
      var services = Make.windowsServices()
      services[0] = Make.service("BALLOON", Make.told("stopped"), start: 4, exists: false, kind: "kernel-driver")
      evidence.guest.services = Make.told(services)
    },
  ]
}
