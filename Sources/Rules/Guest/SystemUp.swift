// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What shows that an operating system runs in the guest, and not its firmware.
struct SystemUp: Hashable, Sendable {
  /// A clause: "virtio-serial is at DRIVER_OK, which no firmware drives".
  let reason: String
  /// Whether only the time since the start says so: a guest can sit in its firmware for hours.
  let isByTimeAlone: Bool

  /// After so many seconds a guest counts as booted.
  static let grace: Double = 300
}

extension EvidenceReader {
  /// What shows that the guest's operating system is up, citing the leaf that decides; `nil` when nothing does.
  mutating func systemUp() -> SystemUp? {
    if let sibling = peek(\.device.siblings).value?.first(where: { $0.isNeverDrivenByFirmware && $0.isDriverOK }) {
      _ = read(\.device.siblings)
      return SystemUp(
        reason: "\(EvidenceText.name(sibling.name)) is at DRIVER_OK, which no firmware drives", isByTimeAlone: false)
    }
    if peek(\.guest.agent).value != nil {
      _ = read(\.guest.agent)
      return SystemUp(reason: "the agent in the guest answers", isByTimeAlone: false)
    }
    if peek(\.guest.qemuGA)?.version.value != nil {
      _ = read(qemuGA: \.version)
      return SystemUp(reason: "qemu-ga in the guest answers", isByTimeAlone: false)
    }
    if peek(\.channel.guestOpen).value == true {
      _ = read(\.channel.guestOpen)
      return SystemUp(reason: "a program in the guest has opened the agent's port", isByTimeAlone: false)
    }
    // Time counts from the machine's start, whatever resets came since. A guest that never had a driver in all that
    // time has none; one that had may be rebooting right now.
    if let uptime = peek(\.domain.uptime).value, uptime > SystemUp.grace, answeredBefore() == nil,
      let state = peek(\.domain.state).value, Steadiness.running.contains(state),
      (peek(\.domain.interruptions).value ?? []).isEmpty
    {
      _ = read(\.domain.uptime)
      _ = read(\.domain.state)
      return SystemUp(
        reason: "the machine was started \(EvidenceText.duration(uptime)) ago",
        isByTimeAlone: true)
    }
    return nil
  }

  /// The index of a reading that shows that a driver has answered since the machine was started, in this boot or an
  /// earlier one; `nil` when none does. Not cited.
  func answeredBefore() -> Int? { peek(\.readings).lastIndex { ($0.lastUpdate.value ?? 0) > 0 } }

  /// Notes what would tell a system that is up from one that is still booting.
  mutating func noteSystemUnknown() {
    _ = ask(\.device.siblings)
    _ = ask(\.guest.agent)
    switch peek(\.domain.uptime) {
    case .observed(let uptime, _) where uptime <= SystemUp.grace:
      _ = read(\.domain.uptime)
      note(
        missing: "the machine was started \(EvidenceText.duration(uptime)) ago and may still be booting",
        at: "domain.uptime", ask: "wait some minutes, then: " + diagnose())
    case .observed:
      note(
        missing: "a driver has answered since the machine was started, so the guest may be rebooting now",
        at: "domain.uptime", ask: "wait some minutes, then: " + diagnose())
    case .absent, .failed:
      _ = read(\.domain.uptime)
      note(
        missing: "how long the guest has been running is not known: it may still be booting", at: "domain.uptime",
        ask: "wait some minutes, then: " + diagnose())
    }
  }
}
