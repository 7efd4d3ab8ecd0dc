// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import PCI
import WindowsPnP

extension RemedyContext {
  /// What the evidence tells of the guest's system and names; what is not safe in a command is left out.
  package init(_ evidence: Evidence) {
    let family = EvidenceReader(evidence).guestFamily()
    let function = evidence.guestBalloonIndex.flatMap { evidence.guest.functions.value?[$0] }
    let target = evidence.target
    let identity = evidence.device.identity.value ?? function?.identity.value
    self.init(
      system: family == "linux" ? .linux : family == "windows" ? .windows : .unknown,
      domain: target.domainName.map(ShellWord.quoted),
      uri: target.kind == .libvirt ? ShellWord.quoted(target.location) : nil,
      guestAddress: function?.address.value?.description, driver: function?.driver.value.flatMap(ShellWord.name),
      balloonID: identity.map { hexadecimal($0.vendor, width: 4) + " " + hexadecimal($0.device, width: 4) },
      qomPath: evidence.device.qomPath.value.flatMap { path in
        path.split(separator: "/").allSatisfy { ShellWord.name(String($0)) != nil } ? path : nil
      },
      instance: function?.windows?.instanceID.value.flatMap(ShellWord.instance),
      monitorSocket: target.kind == .qmp ? ShellWord.quoted(target.location) : nil,
      vmid: target.vmid.map(ShellWord.quoted),
      problemCode: function?.problemCode.value.flatMap { $0 == 0 ? nil : $0 },
      isDriverStuck: evidence.device.status.value.map { DeviceState(status: $0).isStuck } ?? false,
      check: evidence.diagnoseAgain())
  }
}

extension Evidence {
  /// Which of the guest's functions is the host's balloon: the one on the same bridge path, unless it says that it is
  /// something else; where no such function is listed, the only one with a balloon's identity. What Windows only
  /// remembers is none: a phantom may have stood at the same place.
  package var guestBalloonIndex: Int? {
    guard let functions = guest.functions.value else { return nil }
    let present = functions.indices.filter { !functions[$0].isPhantom }
    if let path = device.path.value ?? configuration.path.value,
      let match = present.first(where: {
        functions[$0].path.value == path && functions[$0].identity.value?.isBalloon != false
      })
    {
      return match
    }
    let balloons = present.filter { functions[$0].identity.value?.isBalloon == true }
    return balloons.count == 1 ? balloons[0] : nil
  }

  /// The balloons that Windows remembers from earlier configurations.
  var guestPhantomIndices: [Int] {
    (guest.functions.value ?? []).enumerated()
      .filter { $0.element.isPhantom && $0.element.identity.value?.isBalloon == true }.map(\.offset)
  }
}

extension GuestFunction {
  /// Whether Windows remembers the function, and it is not there.
  package var isPhantom: Bool {
    windows?.isPresent.value.map { !$0 }
      ?? (problemCode.value.map { ProblemCode(rawValue: UInt32($0)) == .phantom } ?? false)
  }

  /// Whether nobody told if the function is there, or only remembered: the registry keeps both alike.
  var isPresenceUnknown: Bool {
    guard let windows else { return false }
    return windows.isPresent.value == nil && problemCode.value == nil
  }
}
