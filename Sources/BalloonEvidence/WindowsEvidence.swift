// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// What Windows knows of a PCI function beyond what every system does, by the protocol's names (specification, 9.6).
///
/// Texts in the guest's language stand here for people; no rule reads their words.
package struct WindowsFunction: Codable, Hashable, Sendable {
  /// `PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13C0B0C5&0&28`.
  package var instanceID: Observation<String>
  /// False for a phantom, which Windows remembers from an earlier configuration.
  package var isPresent: Observation<Bool>
  package var hardwareIDs: Observation<[String]>
  package var compatibleIDs: Observation<[String]>
  /// The bridge path by LocationPaths, below the root.
  package var locationPath: Observation<PCIPath>
  /// The bridge path by the instance id's suffix.
  package var instancePath: Observation<PCIPath>
  /// Bus, device and function by the numbers at the end of LocationInformation.
  package var locationAddress: Observation<PCIAddress>
  /// The device's name by the driver's INF, in the guest's language.
  package var description: Observation<String>
  /// The device's name by its bus.
  package var busDescription: Observation<String>
  /// The setup class, such as `System`.
  package var setupClass: Observation<String>
  /// The INF's name in its package, such as `balloon.inf`.
  package var originalINF: Observation<String>
  /// The section of the INF that was installed, such as `BALLOON_Device.NT` or `NO_DRV`.
  package var infSection: Observation<String>
  /// `2025-06-17`.
  package var driverDate: Observation<String>
  /// Lower is better; 0x00ff0000 is a trusted exact match.
  package var driverRank: Observation<UInt64>
  package var signer: Observation<String>
  /// The id by which the INF matched.
  package var matchingID: Observation<String>
  package var driverFile: Observation<String>
  package var driverFileVersion: Observation<String>
  /// DN_* flags of the device node (cfg.h).
  package var status: Observation<UInt64>
  /// The problem code's name, such as `CM_PROB_FAILED_INSTALL`; absent when there is no problem.
  package var problem: Observation<String>
  /// The NTSTATUS behind the problem.
  package var problemStatus: Observation<UInt64>
  /// CONFIGFLAG_* (regstr.h).
  package var configFlags: Observation<UInt64>
  /// Seconds since 1970 by the guest's clock, as the next two.
  package var firstInstall: Observation<Int64>
  package var lastArrival: Observation<Int64>
  package var lastRemoval: Observation<Int64>

  package init(_ unknown: Unknown) {
    instanceID = unknown()
    isPresent = unknown()
    hardwareIDs = unknown()
    compatibleIDs = unknown()
    locationPath = unknown()
    instancePath = unknown()
    locationAddress = unknown()
    description = unknown()
    busDescription = unknown()
    setupClass = unknown()
    originalINF = unknown()
    infSection = unknown()
    driverDate = unknown()
    driverRank = unknown()
    signer = unknown()
    matchingID = unknown()
    driverFile = unknown()
    driverFileVersion = unknown()
    status = unknown()
    problem = unknown()
    problemStatus = unknown()
    configFlags = unknown()
    firstInstall = unknown()
    lastArrival = unknown()
    lastRemoval = unknown()
  }
}

/// What Windows' service manager knows of a service or kernel driver beyond its state (specification, 9.7).
package struct WindowsService: Codable, Hashable, Sendable {
  /// 0 boot, 1 system, 2 automatic, 3 on demand, 4 disabled.
  package var startType: Observation<UInt64>
  package var binaryPath: Observation<String>
  /// Whether the file that the path names is there.
  package var binaryExists: Observation<Bool>
  /// The Win32 error with which it last ended; 1066 when ``serviceExitCode`` tells.
  package var exitCode: Observation<UInt64>
  package var serviceExitCode: Observation<UInt64>
  /// The services that it needs.
  package var dependencies: Observation<[String]>

  package init(_ unknown: Unknown) {
    startType = unknown()
    binaryPath = unknown()
    binaryExists = unknown()
    exitCode = unknown()
    serviceExitCode = unknown()
    dependencies = unknown()
  }
}

/// What Windows tells of itself beyond what every system does (specification, 9.3).
package struct WindowsSystem: Codable, Hashable, Sendable {
  /// EditionID, such as `ServerStandard`.
  package var edition: Observation<String>
  package var secureBoot: Observation<Bool>
  /// Whether test-signed drivers are loaded.
  package var testSigning: Observation<Bool>

  package init(_ unknown: Unknown) {
    edition = unknown()
    secureBoot = unknown()
    testSigning = unknown()
  }
}
