// SPDX-License-Identifier: BSD-3-Clause

/// What Windows knows of a device beyond what every system does: the member `windows` of an element of `pci.functions`.
///
/// The names are those of Windows' device properties (devpkey.h), where it has one.
package struct WindowsDeviceFacts: Hashable, Sendable {
  /// `PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13C0B0C5&0&28`: the key of all else.
  package var instanceID: Fact<String>
  /// Whether the device is there now; false for a phantom, which Windows remembers from an earlier configuration.
  package var isPresent: Fact<Bool>
  package var hardwareIDs: Fact<[String]>
  package var compatibleIDs: Fact<[String]>
  /// The bridge path by `LocationPaths`; the segment and the root's own number are left out.
  package var locationPath: Fact<String>
  /// The bridge path by the instance id's suffix.
  package var instancePath: Fact<String>
  /// The text of `LocationInformation`, in the guest's language; the numbers at its end are in `locationAddress`.
  package var locationInformation: Fact<String>
  /// Bus, device and function by the numbers at the end of `LocationInformation`.
  package var locationAddress: Fact<String>
  /// The name that the driver's INF gives, in the guest's language; for people only.
  package var description: Fact<String>
  /// The name that the bus gives.
  package var busDescription: Fact<String>
  /// The setup class, such as `System`.
  package var setupClass: Fact<String>
  /// Its GUID, `{4d36e97d-e325-11ce-bfc1-08002be10318}`.
  package var classGUID: Fact<String>
  /// The INF's name in its package, such as `balloon.inf`; `module` has the published name, `oem12.inf`.
  package var originalINF: Fact<String>
  /// The section of the INF that was installed, such as `BALLOON_Device.NT` or `NO_DRV`.
  package var infSection: Fact<String>
  /// The date of the driver package, `2025-06-17`.
  package var driverDate: Fact<String>
  /// The rank of the driver for this device; lower is better (0x00ff0000 is a trusted exact match).
  package var driverRank: Fact<UInt64>
  /// Who signed the driver package.
  package var signer: Fact<String>
  /// The id by which the INF matched.
  package var matchingID: Fact<String>
  /// The driver's file, such as `\SystemRoot\System32\drivers\balloon.sys`.
  package var driverFile: Fact<String>
  /// The version in that file's own resources.
  package var driverFileVersion: Fact<String>
  /// DN_* flags of the device node (cfg.h).
  package var status: Fact<UInt64>
  /// The name of the problem code, such as `CM_PROB_FAILED_INSTALL`; absent when there is no problem.
  package var problem: Fact<String>
  /// The NTSTATUS behind the problem.
  package var problemStatus: Fact<UInt64>
  /// CONFIGFLAG_* (regstr.h).
  package var configFlags: Fact<UInt64>
  /// Seconds since 1970, as the next two.
  package var firstInstall: Fact<Int64>
  package var lastArrival: Fact<Int64>
  package var lastRemoval: Fact<Int64>

  /// Every fact as not had, for the one reason.
  package init(_ failure: FactFailure, source: String) {
    instanceID = .failed(failure, source: source)
    isPresent = .failed(failure, source: source)
    hardwareIDs = .failed(failure, source: source)
    compatibleIDs = .failed(failure, source: source)
    locationPath = .failed(failure, source: source)
    instancePath = .failed(failure, source: source)
    locationInformation = .failed(failure, source: source)
    locationAddress = .failed(failure, source: source)
    description = .failed(failure, source: source)
    busDescription = .failed(failure, source: source)
    setupClass = .failed(failure, source: source)
    classGUID = .failed(failure, source: source)
    originalINF = .failed(failure, source: source)
    infSection = .failed(failure, source: source)
    driverDate = .failed(failure, source: source)
    driverRank = .failed(failure, source: source)
    signer = .failed(failure, source: source)
    matchingID = .failed(failure, source: source)
    driverFile = .failed(failure, source: source)
    driverFileVersion = .failed(failure, source: source)
    status = .failed(failure, source: source)
    problem = .failed(failure, source: source)
    problemStatus = .failed(failure, source: source)
    configFlags = .failed(failure, source: source)
    firstInstall = .failed(failure, source: source)
    lastArrival = .failed(failure, source: source)
    lastRemoval = .failed(failure, source: source)
  }

  package var json: JSON {
    [
      "instanceID": instanceID.json, "isPresent": isPresent.json, "hardwareIDs": hardwareIDs.json,
      "compatibleIDs": compatibleIDs.json, "locationPath": locationPath.json, "instancePath": instancePath.json,
      "locationInformation": locationInformation.json, "locationAddress": locationAddress.json,
      "description": description.json, "busDescription": busDescription.json, "setupClass": setupClass.json,
      "classGUID": classGUID.json, "originalINF": originalINF.json, "infSection": infSection.json,
      "driverDate": driverDate.json, "driverRank": driverRank.json, "signer": signer.json,
      "matchingID": matchingID.json, "driverFile": driverFile.json, "driverFileVersion": driverFileVersion.json,
      "status": status.json, "problem": problem.json, "problemStatus": problemStatus.json,
      "configFlags": configFlags.json, "firstInstall": firstInstall.json, "lastArrival": lastArrival.json,
      "lastRemoval": lastRemoval.json,
    ]
  }
  package init(json: JSON) {
    instanceID = Fact(json: json["instanceID"], member: "instanceID")
    isPresent = Fact(json: json["isPresent"], member: "isPresent")
    hardwareIDs = Fact(json: json["hardwareIDs"], member: "hardwareIDs")
    compatibleIDs = Fact(json: json["compatibleIDs"], member: "compatibleIDs")
    locationPath = Fact(json: json["locationPath"], member: "locationPath")
    instancePath = Fact(json: json["instancePath"], member: "instancePath")
    locationInformation = Fact(json: json["locationInformation"], member: "locationInformation")
    locationAddress = Fact(json: json["locationAddress"], member: "locationAddress")
    description = Fact(json: json["description"], member: "description")
    busDescription = Fact(json: json["busDescription"], member: "busDescription")
    setupClass = Fact(json: json["setupClass"], member: "setupClass")
    classGUID = Fact(json: json["classGUID"], member: "classGUID")
    originalINF = Fact(json: json["originalINF"], member: "originalINF")
    infSection = Fact(json: json["infSection"], member: "infSection")
    driverDate = Fact(json: json["driverDate"], member: "driverDate")
    driverRank = Fact(json: json["driverRank"], member: "driverRank")
    signer = Fact(json: json["signer"], member: "signer")
    matchingID = Fact(json: json["matchingID"], member: "matchingID")
    driverFile = Fact(json: json["driverFile"], member: "driverFile")
    driverFileVersion = Fact(json: json["driverFileVersion"], member: "driverFileVersion")
    status = Fact(json: json["status"], member: "status")
    problem = Fact(json: json["problem"], member: "problem")
    problemStatus = Fact(json: json["problemStatus"], member: "problemStatus")
    configFlags = Fact(json: json["configFlags"], member: "configFlags")
    firstInstall = Fact(json: json["firstInstall"], member: "firstInstall")
    lastArrival = Fact(json: json["lastArrival"], member: "lastArrival")
    lastRemoval = Fact(json: json["lastRemoval"], member: "lastRemoval")
  }
}

/// What Windows' service manager knows of a service or kernel driver beyond its state: the member `windows` of an
/// element of `driver.services`. The names are those of QUERY_SERVICE_CONFIG and SERVICE_STATUS.
package struct WindowsServiceFacts: Hashable, Sendable {
  /// SERVICE_BOOT_START 0, SYSTEM 1, AUTO 2, DEMAND 3, DISABLED 4.
  package var startType: Fact<UInt64>
  package var binaryPath: Fact<String>
  /// Whether the file at `binaryPath` is there.
  package var binaryExists: Fact<Bool>
  /// dwWin32ExitCode: why it ended, ERROR_SERVICE_SPECIFIC_ERROR (1066) when `serviceExitCode` tells.
  package var exitCode: Fact<UInt64>
  package var serviceExitCode: Fact<UInt64>
  package var dependencies: Fact<[String]>

  /// Every fact as not had, for the one reason.
  package init(_ failure: FactFailure, source: String) {
    startType = .failed(failure, source: source)
    binaryPath = .failed(failure, source: source)
    binaryExists = .failed(failure, source: source)
    exitCode = .failed(failure, source: source)
    serviceExitCode = .failed(failure, source: source)
    dependencies = .failed(failure, source: source)
  }

  package var json: JSON {
    [
      "startType": startType.json, "binaryPath": binaryPath.json, "binaryExists": binaryExists.json,
      "exitCode": exitCode.json, "serviceExitCode": serviceExitCode.json, "dependencies": dependencies.json,
    ]
  }
  package init(json: JSON) {
    startType = Fact(json: json["startType"], member: "startType")
    binaryPath = Fact(json: json["binaryPath"], member: "binaryPath")
    binaryExists = Fact(json: json["binaryExists"], member: "binaryExists")
    exitCode = Fact(json: json["exitCode"], member: "exitCode")
    serviceExitCode = Fact(json: json["serviceExitCode"], member: "serviceExitCode")
    dependencies = Fact(json: json["dependencies"], member: "dependencies")
  }
}

/// What Windows tells of itself beyond what every system does: the member `windows` of `guest.os`.
package struct WindowsSystemFacts: Hashable, Sendable {
  /// EditionID, such as `ServerStandard`.
  package var edition: Fact<String>
  /// Whether the firmware started it with Secure Boot: an unattested driver is then refused.
  package var secureBoot: Fact<Bool>
  /// Whether test-signed drivers are accepted (`bcdedit /set testsigning on`).
  package var testSigning: Fact<Bool>

  package init(edition: Fact<String>, secureBoot: Fact<Bool>, testSigning: Fact<Bool>) {
    self.edition = edition
    self.secureBoot = secureBoot
    self.testSigning = testSigning
  }
  package var json: JSON {
    ["edition": edition.json, "secureBoot": secureBoot.json, "testSigning": testSigning.json]
  }
  package init(json: JSON) {
    edition = Fact(json: json["edition"], member: "edition")
    secureBoot = Fact(json: json["secureBoot"], member: "secureBoot")
    testSigning = Fact(json: json["testSigning"], member: "testSigning")
  }
}
