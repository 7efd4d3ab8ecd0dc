// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension Facts {
  /// `qemu-ga 8.2.0; mswindows, build 20348; 3 drivers listed`, or why it is silent.
  mutating func qemuGA(_ agent: QEMUGuestAgentEvidence) {
    func short(_ text: String) -> String { TerminalText.shortened(text, to: 60) }
    if let failure = agent.version.failure, agent.osID.value == nil, agent.devices.value == nil {
      return field("qemu-ga", Known.unknown(failure))
    }
    var parts = [Known.text(agent.version, absent: "no version")]
    if let id = agent.osID.value {
      parts.append(short(id) + (agent.kernel.value.map { ", kernel \(short($0))" } ?? ""))
    } else {
      parts.append("system " + Known.text(agent.osID))
    }
    if let devices = agent.devices.value {
      parts.append(devices.count == 1 ? "1 driver listed" : "\(devices.count) drivers listed")
    } else if agent.osFamily == nil || agent.osFamily == "windows" {
      parts.append("drivers " + Known.text(agent.devices) { _ in "" })
    }
    field("qemu-ga", parts.joined(separator: "; "))
  }
}
