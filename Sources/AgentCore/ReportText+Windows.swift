// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import PCI

extension ReportText {
  mutating func windows(_ system: WindowsSystemFacts) {
    fact("edition", system.edition)
    fact("Secure Boot", system.secureBoot)
    fact("test signing", system.testSigning)
  }

  mutating func windows(_ service: WindowsServiceFacts) {
    fact("  start type", service.startType) { ReportText.startType($0) }
    fact("  path", service.binaryPath)
    fact("  path is there", service.binaryExists)
    fact("  exit code", service.exitCode)
    fact("  its own exit code", service.serviceExitCode)
    fact("  depends on", service.dependencies)
  }

  mutating func windows(_ device: WindowsDeviceFacts) {
    fact("  problem", device.problem)
    fact("  problem status", device.problemStatus) { "0x" + hexadecimal($0, width: 8) }
    fact("  status", device.status) { "0x" + hexadecimal($0, width: 8) }
    fact("  ConfigFlags", device.configFlags) { "0x" + hexadecimal($0, width: 8) }
    fact("  present", device.isPresent)
    fact("  instance", device.instanceID)
    fact("  hardware ids", device.hardwareIDs)
    fact("  compatible ids", device.compatibleIDs)
    fact("  path, location", device.locationPath)
    fact("  path, instance", device.instancePath)
    fact("  location", device.locationInformation)
    fact("  address therein", device.locationAddress)
    fact("  name by the INF", device.description)
    fact("  name by the bus", device.busDescription)
    fact("  setup class", device.setupClass)
    fact("  class GUID", device.classGUID)
    fact("  INF in its package", device.originalINF)
    fact("  INF section", device.infSection)
    fact("  matched by", device.matchingID)
    fact("  rank", device.driverRank) { "0x" + hexadecimal($0, width: 8) }
    fact("  driver date", device.driverDate)
    fact("  signer", device.signer)
    fact("  file", device.driverFile)
    fact("  file version", device.driverFileVersion)
    fact("  first install", device.firstInstall) { String($0) + " s since 1970" }
    fact("  last arrival", device.lastArrival) { String($0) + " s since 1970" }
    fact("  last removal", device.lastRemoval) { String($0) + " s since 1970" }
  }

  private mutating func fact(_ label: String, _ value: Fact<Bool>) { fact(label, value) { $0 ? "yes" : "no" } }

  /// A list takes a line for each text.
  private mutating func fact(_ label: String, _ value: Fact<[String]>) {
    guard case .observed(let texts, let source) = value, let first = texts.first else {
      return fact(label, value) { _ in "none" }
    }
    fact(label, Fact<String>.observed(first, source: source))
    for text in texts.dropFirst() { fact("", Fact<String>.observed(text, source: source)) }
  }

  /// The start type with its word (winsvc.h).
  private static func startType(_ number: UInt64) -> String {
    let word =
      switch number {
      case 0: " (boot)"
      case 1: " (system)"
      case 2: " (automatic)"
      case 3: " (demand)"
      case 4: " (disabled)"
      default: ""
      }
    return String(number) + word
  }
}
