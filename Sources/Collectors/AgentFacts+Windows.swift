// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import BalloonEvidence
import PCI

extension AgentFacts {
  /// What Windows knows of a function besides.
  func windows(_ facts: WindowsDeviceFacts, _ source: Provenance) -> WindowsFunction {
    let method = Method.functions
    var windows = WindowsFunction(Unknown(failure: Failure(.unsupported, ""), provenance: source))
    windows.instanceID = observation(facts.instanceID, of: method)
    windows.isPresent = observation(facts.isPresent, of: method)
    windows.hardwareIDs = observation(facts.hardwareIDs, of: method)
    windows.compatibleIDs = observation(facts.compatibleIDs, of: method)
    windows.locationPath = observation(facts.locationPath, of: method).map { PCIPath(parsing: $0) }
    windows.instancePath = observation(facts.instancePath, of: method).map { PCIPath(parsing: $0) }
    windows.locationAddress = observation(facts.locationAddress, of: method).map { PCIAddress(parsing: $0) }
    windows.description = observation(facts.description, of: method)
    windows.busDescription = observation(facts.busDescription, of: method)
    windows.setupClass = observation(facts.setupClass, of: method)
    windows.originalINF = observation(facts.originalINF, of: method)
    windows.infSection = observation(facts.infSection, of: method)
    windows.driverDate = observation(facts.driverDate, of: method)
    windows.driverRank = observation(facts.driverRank, of: method)
    windows.signer = observation(facts.signer, of: method)
    windows.matchingID = observation(facts.matchingID, of: method)
    windows.driverFile = observation(facts.driverFile, of: method)
    windows.driverFileVersion = observation(facts.driverFileVersion, of: method)
    windows.status = observation(facts.status, of: method)
    windows.problem = observation(facts.problem, of: method)
    windows.problemStatus = observation(facts.problemStatus, of: method)
    windows.configFlags = observation(facts.configFlags, of: method)
    windows.firstInstall = observation(facts.firstInstall, of: method)
    windows.lastArrival = observation(facts.lastArrival, of: method)
    windows.lastRemoval = observation(facts.lastRemoval, of: method)
    return windows
  }

  /// What Windows' service manager knows of a service besides.
  func windows(_ facts: WindowsServiceFacts) -> WindowsService {
    let method = Method.services
    var windows = WindowsService(
      Unknown(failure: Failure(.unsupported, ""), provenance: provenance(method, facts.startType.source)))
    windows.startType = observation(facts.startType, of: method)
    windows.binaryPath = observation(facts.binaryPath, of: method)
    windows.binaryExists = observation(facts.binaryExists, of: method)
    windows.exitCode = observation(facts.exitCode, of: method)
    windows.serviceExitCode = observation(facts.serviceExitCode, of: method)
    windows.dependencies = observation(facts.dependencies, of: method)
    return windows
  }

  /// What Windows tells of itself besides.
  package func windows(_ facts: WindowsSystemFacts) -> WindowsSystem {
    let method = Method.os
    var windows = WindowsSystem(
      Unknown(failure: Failure(.unsupported, ""), provenance: provenance(method, facts.edition.source)))
    windows.edition = observation(facts.edition, of: method)
    windows.secureBoot = observation(facts.secureBoot, of: method)
    windows.testSigning = observation(facts.testSigning, of: method)
    return windows
  }
}
