// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension ShellWord {
  /// `text` when it is a plain name, at most 64 letters, digits, `_`, `.` and `-`; `nil` otherwise. Only such a name
  /// that a guest told may stand in a command.
  static func name(_ text: String) -> String? {
    let bytes = text.utf8
    guard !bytes.isEmpty, bytes.count <= 64, bytes.allSatisfy(isPlain), bytes.first != UInt8(ascii: "-"),
      text != ".", text != ".."
    else { return nil }
    return text
  }

  /// `text` when it has the form of a PCI device's instance id in Windows, which may stand between the double quotes of
  /// its command line; `nil` otherwise.
  static func instance(_ text: String) -> String? {
    let bytes = text.utf8
    guard bytes.count <= 200, text.hasPrefix("PCI\\"), bytes.count > 4,
      bytes.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "&") })
    else { return nil }
    return text
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension EvidenceReader {
  /// The command that looks again, and where only the agent was asked, the one that asks the host.
  func diagnose() -> String { target.kind == .agent ? Target.askHost : peek(\.self).diagnoseAgain() }

  /// The command that would give the leaf at `path`, where its source named none.
  func usualAsk(for path: String) -> String? {
    if path.hasPrefix("device."), target.kind == .libvirt { return target.diagnose("--monitor") }
    guard path.hasPrefix("guest.") else { return nil }
    let agent =
      "start virt-balloon-agent in the guest, then: "
      + (target.kind == .qmp ? target.diagnose("--agent-socket", "PATH") : target.diagnose())
    switch target.kind {
    case .agent, .artefacts: return agent
    // Most guests have no agent: what can be done at once comes first.
    case .libvirt, .qmp:
      return path == "guest.agent" ? agent : Target.askGuestByHand(guestFamily()) + " (or \(agent))"
    case .proxmox:
      return "where qemu-ga runs in the guest: " + target.diagnose("--guest-exec")
        + " (else start virt-balloon-agent in it)"
    }
  }
}
