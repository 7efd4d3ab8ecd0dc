// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import PCI

extension RemedyContext {
  /// What the evidence tells of the guest's system and names; what is not safe in a command is left out.
  package init(_ evidence: Evidence) {
    let family = evidence.guest.osFamily.value ?? evidence.domain.osFamily.value
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
      monitorSocket: target.kind == .qmp ? ShellWord.quoted(target.location) : nil, check: target.diagnose())
  }
}

extension Evidence {
  /// Which of the guest's functions is the host's balloon: the one on the same bridge path, unless it says that it is
  /// something else; where no such function is listed, the only one with a balloon's identity.
  package var guestBalloonIndex: Int? {
    guard let functions = guest.functions.value else { return nil }
    if let path = device.path.value ?? configuration.path.value,
      let match = functions.firstIndex(where: { $0.path.value == path && $0.identity.value?.isBalloon != false })
    {
      return match
    }
    let balloons = functions.indices.filter { functions[$0].identity.value?.isBalloon == true }
    return balloons.count == 1 ? balloons[0] : nil
  }
}
