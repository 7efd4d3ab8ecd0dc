// SPDX-License-Identifier: BSD-3-Clause
import Testing
import WindowsPnP

@Suite("Problems and flags")
struct ProblemTests {
  @Test("Every code from 1 to 57 has a name of its own, and no other number has one")
  func names() {
    var names: Set<String> = []
    for number in UInt32(1)...57 {
      let name = ProblemCode(rawValue: number).name
      #expect(name?.hasPrefix("CM_PROB_") == true)
      if let name { names.insert(name) }
    }
    #expect(names.count == 57)
    for number: UInt32 in [0, 58, 1000, .max] { #expect(ProblemCode(rawValue: number).name == nil) }
  }

  @Test(
    "The codes that are judged have the numbers of cfg.h",
    arguments: [
      (.notConfigured, 1, "CM_PROB_NOT_CONFIGURED"), (.failedStart, 10, "CM_PROB_FAILED_START"),
      (.needRestart, 14, "CM_PROB_NEED_RESTART"), (.reinstall, 18, "CM_PROB_REINSTALL"),
      (.registry, 19, "CM_PROB_REGISTRY"), (.disabled, 22, "CM_PROB_DISABLED"),
      (.deviceNotThere, 24, "CM_PROB_DEVICE_NOT_THERE"), (.failedInstall, 28, "CM_PROB_FAILED_INSTALL"),
      (.failedAdd, 31, "CM_PROB_FAILED_ADD"), (.disabledService, 32, "CM_PROB_DISABLED_SERVICE"),
      (.failedDriverEntry, 37, "CM_PROB_FAILED_DRIVER_ENTRY"),
      (.driverFailedPriorUnload, 38, "CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD"),
      (.driverFailedLoad, 39, "CM_PROB_DRIVER_FAILED_LOAD"),
      (.driverServiceKeyInvalid, 40, "CM_PROB_DRIVER_SERVICE_KEY_INVALID"),
      (.failedPostStart, 43, "CM_PROB_FAILED_POST_START"), (.phantom, 45, "CM_PROB_PHANTOM"),
      (.systemShutdown, 46, "CM_PROB_SYSTEM_SHUTDOWN"), (.driverBlocked, 48, "CM_PROB_DRIVER_BLOCKED"),
      (.waitingOnDependency, 51, "CM_PROB_WAITING_ON_DEPENDENCY"), (.unsignedDriver, 52, "CM_PROB_UNSIGNED_DRIVER"),
    ] as [(ProblemCode, UInt32, String)])
  func numbers(_ code: ProblemCode, _ number: UInt32, _ name: String) {
    #expect(code.rawValue == number)
    #expect(code.name == name)
  }

  @Test("The flags of a device that was not configured yet are named as in cfg.h")
  func status() {
    // Published: "Device Status: 0x01802400, Problem: 0x1" in a log of SetupAPI, pbatard/libwdi#228.
    let status = DeviceNodeStatus(rawValue: 0x0180_2400)
    #expect(status == [.ntDriver, .ntEnumerator, .disableable, .hasProblem])
    #expect(status.names == ["DN_HAS_PROBLEM", "DN_DISABLEABLE", "DN_NT_ENUMERATOR", "DN_NT_DRIVER"])
    #expect(!status.contains(.started))
  }

  @Test("Every flag that is known has a name, and all of the rest have none")
  func everyFlag() {
    #expect(DeviceNodeStatus(rawValue: .max).names.count == 20)
    #expect(DeviceNodeStatus(rawValue: 0).names.isEmpty)
    #expect(DeviceNodeStatus(rawValue: 0x8000_0000).names.isEmpty)
    #expect(ConfigFlags(rawValue: .max).names.count == 8)
    #expect(ConfigFlags(rawValue: 0).names.isEmpty)
  }

  @Test("0x60 is the mark of a device without a driver")
  func unserved() {
    let flags = ConfigFlags(rawValue: 0x60)
    #expect(flags == [.reinstall, .failedInstall])
    #expect(flags.names == ["CONFIGFLAG_REINSTALL", "CONFIGFLAG_FAILEDINSTALL"])
    #expect(ConfigFlags(rawValue: 1).contains(.disabled))
  }
}
