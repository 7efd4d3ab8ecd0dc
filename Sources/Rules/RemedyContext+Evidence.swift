// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import PCI

extension RemedyContext {
  /// What the evidence tells of the guest's system and names.
  package init(_ evidence: Evidence) {
    let family = evidence.guest.osFamily.value ?? evidence.domain.osFamily.value
    let index = evidence.guestBalloonIndex
    let function = index.flatMap { evidence.guest.functions.value?[$0] }
    self.init(
      system: family == "linux" ? .linux : family == "windows" ? .windows : .unknown,
      domain: evidence.target.kind == .libvirt ? evidence.target.name.map(Self.quoted) : nil,
      uri: evidence.target.kind == .libvirt ? evidence.target.location : nil,
      guestAddress: function?.address.value?.description, driver: function?.driver.value)
  }

  /// `text` as one word of a POSIX shell.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return plain && !text.isEmpty
      ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

extension Evidence {
  /// Which of the guest's functions is the host's balloon: the one on the same bridge path, or, where no path is known
  /// on one side, the only one with a balloon's identity.
  package var guestBalloonIndex: Int? {
    guard let functions = guest.functions.value else { return nil }
    if let path = device.path.value ?? configuration.path.value,
      let match = functions.firstIndex(where: { $0.path.value == path })
    {
      return match
    }
    let balloons = functions.indices.filter { functions[$0].identity.value?.isBalloon == true }
    return balloons.count == 1 ? balloons[0] : nil
  }
}
