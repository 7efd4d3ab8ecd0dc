// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import PCI
import WindowsPnP

extension WindowsPlatform {
  package func functions() throws(ProtocolError) -> [UInt64] {
    do throws(WindowsError) { try devices.refresh() } catch { throw error.methodFailure("SetupDiGetClassDevs PCI") }
    return devices.entries.map { $0.key }
  }

  package func function(_ key: UInt64) -> PCIFunctionFacts? {
    guard let id = devices.instanceID(key), let device = try? Device(id) else { return nil }
    return facts(of: device)
  }

  private func facts(of device: borrowing Device) -> PCIFunctionFacts {
    let node = NodeState(of: device)
    let place = DevicePlace(of: device)
    let registers = DeviceRegisters(of: device)
    let inf = device.text([.property(.driver("DriverInfPath", 5)), .driverKey("InfPath")])
    let service = device.text([.property(.device("Service", 6)), .setup(0x04, "SERVICE"), .key("Service")])
    return PCIFunctionFacts(
      address: place.address, path: place.path, vendor: registers.vendor, device: registers.device,
      subsystemVendor: registers.subsystemVendor, subsystem: registers.subsystem, classCode: registers.classCode,
      revision: registers.revision, driver: service, module: inf,
      virtioDriver: .failed(Self.noVirtioBus, source: "windows"),
      virtioStatus: .failed(Self.noVirtioBus, source: "windows"),
      virtioFeatures: .failed(Self.noVirtioBus, source: "windows"),
      provider: device.text([.property(.driver("DriverProvider", 9)), .driverKey("ProviderName")]),
      driverVersion: device.text([.property(.driver("DriverVersion", 3)), .driverKey("DriverVersion")]),
      problemCode: node.problemCode,
      windows: windowsFacts(of: device, node, place, inf: inf, service: service))
  }

  private static var noVirtioBus: FactFailure {
    FactFailure(.unsupported, "Windows does not show the virtio device to programs")
  }

  private func windowsFacts(
    of device: borrowing Device, _ node: NodeState, _ place: DevicePlace, inf: Fact<String>, service: Fact<String>
  ) -> WindowsDeviceFacts {
    var facts = WindowsDeviceFacts(FactFailure(.unsupported, ""), source: "")
    facts.instanceID = .observed(device.id, source: "SetupDiGetDeviceInstanceId")
    facts.isPresent = node.isPresent
    facts.hardwareIDs = device.texts(Device.Source.hardwareIDs)
    facts.compatibleIDs = device.texts(Device.Source.compatibleIDs)
    facts.locationPath = place.locationPath
    facts.instancePath = place.instancePath
    facts.locationInformation = place.locationText
    facts.locationAddress = place.locationAddress
    let name = device.first(
      [.property(.driver("DriverDesc", 4)), .driverKey("DriverDesc"), .setup(0x00, "DEVICEDESC"), .key("DeviceDesc")],
      as: .text)
    facts.description = name.value.then { $0.text }.then { .value(DeviceText.translated($0)) }.fact(source: name.source)
    facts.busDescription = device.text([.property(.bus("BusReportedDeviceDesc", 4))])
    facts.setupClass = device.text([.property(.device("Class", 9)), .setup(0x07, "CLASS"), .key("Class")])
    facts.classGUID = device.text([.setup(0x08, "CLASSGUID"), .key("ClassGUID")])
    facts.infSection = device.text([.property(.driver("DriverInfSection", 6)), .driverKey("InfSection")])
    facts.driverDate = driverDate(of: device)
    facts.driverRank = device.number([.property(.driver("DriverRank", 14))])
    facts.matchingID = device.text([.property(.driver("MatchingDeviceId", 8)), .driverKey("MatchingDeviceId")])
    facts.status = node.status
    facts.problem = node.problem
    facts.problemStatus = device.number([.property(.node("ProblemStatus", 12))])
    // STATUS_SUCCESS is no reason for a problem.
    if case .observed(0, let source) = facts.problemStatus { facts.problemStatus = .absent(source: source) }
    facts.configFlags = device.number([.setup(0x0a, "CONFIGFLAGS"), .key("ConfigFlags")])
    facts.firstInstall = device.time(.history("FirstInstallDate", 101))
    facts.lastArrival = device.time(.history("LastArrivalDate", 102))
    facts.lastRemoval = device.time(.history("LastRemovalDate", 103))
    let package = DriverStore.package(publishedAs: inf)
    facts.originalINF = package.originalName
    facts.signer = package.signer
    let file = DriverFile(of: service, systemRoot: systemRoot)
    facts.driverFile = file.path
    facts.driverFileVersion = file.version
    return facts
  }

  private func driverDate(of device: borrowing Device) -> Fact<String> {
    let stamp = device.first([.property(.driver("DriverDate", 2))], as: .time)
    if case .value = stamp.value {
      return stamp.value.then { $0.time }.parsed(as: "a date") { FileTime.date($0) }.fact(source: stamp.source)
    }
    let text = device.first([.driverKey("DriverDate")], as: .text)
    return text.value.then { $0.text }.parsed(as: "a date") { DriverDate.iso($0) }.fact(source: text.source)
  }
}
