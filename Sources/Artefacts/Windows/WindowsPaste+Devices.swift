// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

// What all artefacts say of one device, put together.
extension WindowsPaste {
  /// What is about one device.
  private struct Group {
    var key: Sourced<RegistryKey>?
    var testimonies: [Sourced<DeviceTestimony>] = []
    var hardware: HardwareID?
    var instance: String?
  }

  /// Every device that was told of, with its instance id or without.
  mutating func functions() -> [GuestFunction] {
    var groups: [Group] = []
    var places: [String: Int] = [:]
    for key in devices {
      guard let instance = key.value.pciInstance else { continue }
      places[instance.text.lowercased()] = groups.count
      groups.append(Group(key: key, hardware: instance.hardware, instance: instance.text))
    }
    for told in testimonies {
      guard let instance = told.value.instance else { continue }
      let key = instance.lowercased()
      if let place = places[key] {
        groups[place].testimonies.append(told)
      } else if groups.count < Self.deviceLimit {
        places[key] = groups.count
        groups.append(Group(testimonies: [told], hardware: told.value.hardware, instance: instance))
      }
    }
    for told in testimonies where told.value.instance == nil {
      guard let hardware = told.value.hardware else { continue }
      let same = groups.indices.filter {
        groups[$0].hardware?.vendor == hardware.vendor && groups[$0].hardware?.device == hardware.device
      }
      // Without its instance id one of several such devices cannot be told from the others.
      if same.count == 1 {
        groups[same[0]].testimonies.append(told)
      } else if same.isEmpty, groups.count < Self.deviceLimit {
        groups.append(Group(testimonies: [told], hardware: hardware))
      }
    }
    return groups.map { function($0) }
  }

  private mutating func function(_ group: Group) -> GuestFunction {
    var function: GuestFunction
    if let key = group.key {
      function = self.function(key)
    } else {
      function = blank(group.testimonies.first?.source)
    }
    var windows = function.windows ?? WindowsFunction(Self.notTold(function.identity.provenance))
    for told in group.testimonies { complete(&function, &windows, told.value, told.source, group.instance) }
    completeFromStore(&function, &windows)
    infer(&function, &windows)
    function.windows = windows
    return function
  }

  private static func notTold(_ source: Provenance) -> Unknown {
    Unknown(
      failure: Failure(.notAsked, "nothing that was given tells it", ask: GuestCommands.probe), provenance: source)
  }

  private func blank(_ source: Provenance?) -> GuestFunction {
    let source = source ?? Provenance("artefacts", trust: .guest, time: nil)
    let unknown = Self.notTold(source)
    var function = GuestFunction(unknown)
    let nowhere = Unknown(
      failure: Failure(.unsupported, "Windows does not show the virtio device"), provenance: source)
    (function.virtioDriver, function.virtioStatus) = (nowhere(), nowhere())
    var windows = WindowsFunction(unknown)
    let problem = Unknown(
      failure: Failure(
        .notAsked, "nothing that was given tells the device's problem code",
        ask:
          "pnputil /enum-devices /problem (Windows 11, Server 2022), or the PowerShell line of: virt-balloon probe "
          + "windows"), provenance: source)
    (function.problemCode, windows.problem, windows.problemStatus) = (problem(), problem(), problem())
    function.windows = windows
    return function
  }

  private mutating func complete(
    _ function: inout GuestFunction, _ windows: inout WindowsFunction, _ told: DeviceTestimony, _ source: Provenance,
    _ name: String?
  ) {
    let device = name ?? "the device"
    complete(&function.identity, told.hardware, source)
    if let instance = told.instance {
      put(&windows.instanceID, instance, source, nil)
      let path = InstanceID(instance).path
      put(&windows.instancePath, path, source, nil)
      put(&function.path, told.locationPath ?? path, source, "place of \(device)")
    }
    put(&windows.locationPath, told.locationPath, source, nil)
    put(&function.address, told.address, source, nil)
    put(&windows.isPresent, told.isPresent, source, "presence of \(device)")
    put(&windows.hardwareIDs, told.hardwareIDs.isEmpty ? nil : told.hardwareIDs, source, nil)
    put(&windows.compatibleIDs, told.compatibleIDs.isEmpty ? nil : told.compatibleIDs, source, nil)
    put(&function.driver, told: told.service, source, "service of \(device)")
    put(&function.module, told: told.inf, source, "INF of \(device)")
    put(&function.provider, told.provider, source, "provider of \(device)")
    put(&function.driverVersion, told.version, source, "driver version of \(device)")
    if let code = told.problemCode {
      let isFirst = function.problemCode.failure != nil
      put(&function.problemCode, code, source, "problem code of \(device)")
      if isFirst {
        windows.problem = ProblemCode(rawValue: UInt32(code)).name.map { .observed($0, source) } ?? .absent(source)
      }
    }
    put(&windows.problemStatus, told.problemStatus, source, "problem status of \(device)")
    put(&windows.status, told.nodeStatus, source, nil)
    put(&windows.configFlags, told.configFlags, source, "ConfigFlags of \(device)")
    put(&windows.originalINF, told.originalINF, source, "original INF of \(device)")
    put(&windows.infSection, told.infSection, source, "INF section of \(device)")
    put(&windows.driverDate, told.date, source, nil)
    put(&windows.driverRank, told.rank, source, nil)
    put(&windows.signer, told.signer, source, nil)
    put(&windows.matchingID, told.matchingID, source, nil)
    put(&windows.driverFile, told.driverFile, source, nil)
    put(&windows.description, told.description, source, nil)
    put(&windows.busDescription, told.busDescription, source, nil)
    put(&windows.setupClass, told.setupClass, source, nil)
  }

  /// The ids that name more of the registers count.
  private func complete(_ leaf: inout Observation<PCIIdentity>, _ hardware: HardwareID?, _ source: Provenance) {
    guard let told = hardware?.identity else { return }
    guard let known = leaf.value else {
      leaf = .observed(told, source)
      return
    }
    guard known.vendor == told.vendor, known.device == told.device else { return }
    if known.classCode == nil, told.classCode != nil, known.subsystem == nil || told.subsystem != nil {
      leaf = .observed(told, source)
    } else if known.subsystem == nil, told.subsystem != nil, known.classCode == nil {
      leaf = .observed(told, source)
    }
  }

  /// What the driver store says of the package that the device has.
  private mutating func completeFromStore(_ function: inout GuestFunction, _ windows: inout WindowsFunction) {
    guard let inf = function.module.value, let package = packages[inf.lowercased()] else { return }
    let told = package.value
    put(&windows.originalINF, told.original, package.source, "original INF of \(inf)")
    put(&function.provider, told.provider, package.source, "provider of \(inf)")
    put(&function.driverVersion, told.version, package.source, "version of \(inf)")
    put(&windows.driverDate, told.date, package.source, nil)
    put(&windows.signer, told.signer, package.source, nil)
  }

  /// What follows for the driver's service, where no artefact tells it.
  private func infer(_ function: inout GuestFunction, _ windows: inout WindowsFunction) {
    guard function.driver.failure != nil else { return }
    func because(_ source: Provenance, _ reason: String) -> Provenance {
      Provenance("\(source.source): \(reason)", trust: source.trust, time: source.time)
    }
    let code = function.problemCode
    if code.value == 28 {
      // CM_PROB_FAILED_INSTALL: no driver is selected for the device.
      function.driver = .absent(because(code.provenance, "code 28, no driver is installed"))
    } else if function.module.value?.isSameWindowsName(as: BalloonNames.genericINF) == true {
      // machine.inf holds a RAM controller by a section that installs nothing.
      function.driver = .absent(because(function.module.provenance, "machine.inf has no service for it"))
    } else if let original = windows.originalINF.value, BalloonNames.isDriverINF(original) {
      let source = because(windows.originalINF.provenance, "balloon.inf installs this service")
      function.driver = .observed(BalloonNames.driverService, source)
    } else if let file = windows.driverFile.value,
      String(LabelledValue.file(file[...])).isSameWindowsName(as: BalloonNames.driverFile)
    {
      let source = because(windows.driverFile.provenance, "balloon.sys is this service's file")
      function.driver = .observed(BalloonNames.driverService, source)
    }
  }
}
