// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

extension OfflineDevice {
  /// What only a running Windows knows.
  private static var notKept: FactFailure {
    FactFailure(.unsupported, "a registry hive does not keep it: only the running Windows knows")
  }

  /// What the agent tells of it in a running Windows, as far as the hive has it. The package behind its INF is told by
  /// the driver database, which may be another hive.
  ///
  /// - Parameter set: the control set.
  func facts(in set: ControlSet) -> PCIFunctionFacts {
    let place = place
    let registers = registers
    let service = text([.key("Service")])
    let live = key.source()
    return PCIFunctionFacts(
      address: place.address, path: place.path, vendor: registers.vendor, device: registers.device,
      subsystemVendor: registers.subsystemVendor, subsystem: registers.subsystem, classCode: registers.classCode,
      revision: registers.revision, driver: service,
      module: text([.driverKey("InfPath"), .property(.driver(5))]),
      virtioDriver: .failed(Self.notKept, source: live), virtioStatus: .failed(Self.notKept, source: live),
      virtioFeatures: .failed(Self.notKept, source: live),
      provider: text([.driverKey("ProviderName"), .property(.driver(9))]),
      driverVersion: text([.driverKey("DriverVersion"), .property(.driver(3))]),
      problemCode: .failed(Self.notKept, source: live),
      windows: windowsFacts(in: set, place, service))
  }

  private func windowsFacts(in set: ControlSet, _ place: Place, _ service: Fact<String>) -> WindowsDeviceFacts {
    var facts = WindowsDeviceFacts(Self.notKept, source: key.source())
    facts.instanceID = .observed(id, source: key.source())
    facts.hardwareIDs = texts([.key("HardwareID")])
    facts.compatibleIDs = texts([.key("CompatibleIDs")])
    facts.locationPath = place.locationPath
    facts.instancePath = place.instancePath
    facts.locationInformation = place.locationText
    facts.locationAddress = place.locationAddress
    let name = first([.property(.driver(4)), .driverKey("DriverDesc"), .key("DeviceDesc")]) { $0.text }
    facts.description = name.reading.then { .value(DeviceText.translated($0)) }.fact(source: name.source)
    facts.busDescription = text([.property(.bus(4))])
    facts.classGUID = text([.key("ClassGUID")])
    facts.setupClass = text([.key("Class")])
    if case .absent = facts.setupClass, let guid = facts.classGUID.value {
      facts.setupClass = set.setupClass(guid) ?? facts.setupClass
    }
    facts.infSection = text([.driverKey("InfSection"), .property(.driver(6))])
    facts.driverDate = driverDate
    facts.driverRank = number([.property(.driver(14))])
    facts.matchingID = text([.driverKey("MatchingDeviceId"), .property(.driver(8))])
    facts.configFlags = number([.key("ConfigFlags")])
    facts.firstInstall = time(.history(0x65))
    facts.lastArrival = time(.history(0x66))
    facts.lastRemoval = time(.history(0x67))
    facts.isPresent = presence(facts.lastArrival, facts.lastRemoval)
    facts.driverFile = service.value.map { set.driverFile(ofService: $0) } ?? .absent(source: service.source)
    return facts
  }

  private var driverDate: Fact<String> {
    let text = first([.driverKey("DriverDate")]) { $0.text }
    if case .value = text.reading {
      return text.reading.parsed(as: "a date") { DriverDate.iso($0) }.fact(source: text.source)
    }
    let stamp = first([.driverKey("DriverDateData"), .property(.driver(2))]) { value in
      // DriverDateData is a FILETIME in eight bytes of no type.
      if case .bytes(let bytes) = value, bytes.count == 8 { return HiveValue(property: 0x10, bytes: bytes).time }
      return value.time
    }
    return stamp.reading.parsed(as: "a date") { FileTime.date($0) }.fact(source: stamp.source)
  }

  /// A device that was removed after it last arrived was gone when the hive was written. That it arrived, or has no
  /// such dates, proves nothing: one that vanishes while Windows is off leaves no trace.
  private func presence(_ arrival: Fact<Int64>, _ removal: Fact<Int64>) -> Fact<Bool> {
    if let removed = removal.value, let arrived = arrival.value, removed > arrived {
      return .observed(false, source: removal.source + ", after " + arrival.source)
    }
    return .failed(
      FactFailure(.unsupported, "a registry hive does not tell whether a device is there now"), source: key.source())
  }
}
