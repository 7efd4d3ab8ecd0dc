// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import GuestRig
import Testing

/// A Windows guest, what the agent is to tell of it, and what the host is to find by the agent's word alone.
struct WindowsScenario: Sendable, CustomTestStringConvertible {
  let name: String
  let guest: WindowsGuest
  /// The functions that are to be told, the balloon first where there is one.
  let functions: [Function]
  /// State of BalloonService; nil where it is not looked at.
  let service: String?
  /// The host's findings, all of them.
  let findings: Set<String>

  var testDescription: String { name }

  /// What is to be told of one function; a nil member is to be absent.
  struct Function: Sendable {
    var instanceID: String
    var address: String
    var path: String
    var driver: String?
    var module: String?
    var provider: String?
    var driverVersion: String?
    var section: String?
    var problem: UInt16 = 0
    var isPresent = true
    /// The setup class; Windows gives none to what has no driver.
    var setupClass: String?

    /// What is to be told of `device` in `guest`, from what a person knows of it.
    init(_ device: WindowsDevice, address: String, path: String) {
      instanceID = device.instanceID
      self.address = address
      self.path = path
      switch device.binding {
      case .virtioWin(let inf):
        driver = "BALLOON"
        module = inf
        provider = "Red Hat, Inc."
        driverVersion = "100.101.104.28500"
        section = "BALLOON_Device.NT"
        setupClass = "System"
      case .generic:
        module = "machine.inf"
        provider = "Microsoft"
        driverVersion = "10.0.17763.1"
        section = "NO_DRV"
        setupClass = "System"
      case .none: break
      }
      problem = UInt16(device.isPresent ? device.problem : 45)
      isPresent = device.isPresent
    }
  }

  init(
    _ name: String, _ guest: WindowsGuest, functions: [Function], service: String? = "running",
    findings: Set<String> = []
  ) {
    (self.name, self.guest, self.functions, self.service, self.findings) = (name, guest, functions, service, findings)
  }

  /// One balloon at 00:05.0.
  private static func single(
    _ name: String, findings: Set<String>, service: String? = "running",
    device: (inout WindowsDevice) -> Void = { _ in }, guest: (inout WindowsGuest) -> Void = { _ in }
  ) -> Self {
    let device = WindowsDevice(.balloon, device)
    let guest = WindowsGuest {
      $0.devices = [device]
      guest(&$0)
    }
    return Self(
      name, guest, functions: [Function(device, address: "0000:00:05.0", path: "05.0")], service: service,
      findings: findings)
  }

  private static let deep = WindowsDevice(.balloon) {
    $0.isModern = true
    $0.path = [(2, 1), (0, 0)]
    $0.bus = 2
  }
  private static let phantom = WindowsDevice(.balloon) {
    $0.isPresent = false
    $0.hash = "2411e6fe"
  }
  private static let moved = WindowsDevice(.balloon) { $0.path = [(6, 0)] }
  private static let unserved = WindowsDevice(.balloon) {
    $0.binding = .none
    $0.problem = 28
  }
  private static let decoy = WindowsDevice(.sharedMemory) {
    $0.binding = .generic
    $0.path = [(8, 0)]
  }

  static let all: [WindowsScenario] = [
    single("virtio-win's driver is bound to the transitional balloon", findings: []),
    Self(
      "virtio-win's driver is bound to the modern balloon behind a port", WindowsGuest { $0.devices = [deep] },
      functions: [Function(deep, address: "0000:02:00.0", path: "02.1/00.0")]),
    single("Windows' generic driver holds it", findings: ["driver.generic"], device: { $0.binding = .generic }),
    single(
      "it has no driver", findings: ["driver.none"],
      device: {
        $0.binding = .none
        $0.problem = 28
      }),
    single("somebody disabled it", findings: ["driver.disabled"], device: { $0.problem = 22 }),
    single("its driver is not signed", findings: ["driver.unsigned"], device: { $0.problem = 52 }),
    single("its driver failed to start", findings: ["driver.failed-start"], device: { $0.problem = 10 }),
    Self(
      "a phantom of it stands beside the present one", WindowsGuest { $0.devices = [moved, phantom] },
      functions: [
        Function(moved, address: "0000:00:06.0", path: "06.0"),
        Function(phantom, address: "0000:00:05.0", path: "05.0"),
      ], findings: ["pci.function.phantom"]),
    Self(
      "an ivshmem is the RAM controller, and the balloon has no driver",
      WindowsGuest { $0.devices = [decoy, unserved] },
      functions: [
        Function(unserved, address: "0000:00:05.0", path: "05.0"),
        Function(decoy, address: "0000:00:08.0", path: "08.0"),
      ], findings: ["driver.none", "pci.identity.decoy"]),
    single("Windows 7 keeps no address", findings: ["driver.wrong-os-build"], guest: { $0.isWindows7 = true }),
    single(
      "a Russian Windows has its generic driver on it", findings: ["driver.generic"], device: { $0.binding = .generic },
      guest: { $0.isLocalised = true }),
    single(
      "its service does not run", findings: ["service.stopped"], service: "stopped",
      guest: { $0.balloonService = .stopped }),
    single(
      "its service is disabled", findings: ["service.disabled"], service: "stopped",
      guest: { $0.balloonService = .disabled }),
    single(
      "its service depends on one that is disabled", findings: ["service.dependency-failed"],
      guest: { $0.management = .disabled }),
    single("it has no service", findings: ["service.missing"], service: nil, guest: { $0.balloonService = .absent }),
  ]
}
