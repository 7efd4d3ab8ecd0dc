// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

/// The balloon's driver in Windows, as far as somebody told its version and its day.
struct BalloonDriver: Hashable, Sendable {
  /// The version as it was told.
  let text: String
  /// The version as a number; `nil` when the text is none.
  let version: DriverVersion?
  /// `2025-06-17`; `nil` when nobody told it.
  let day: String?

  /// What the version says by virtio-win's scheme; `nil` for one of another scheme.
  var scheme: VirtioWinVersion? { version.flatMap(VirtioWinVersion.init) }

  /// `100.101.104.28500 (virtio-win 0.1.285) of 2025-08-12`, for a sentence.
  var words: String {
    let release = scheme?.release.map { " (virtio-win \($0))" } ?? ""
    return EvidenceText.name(text) + release + (day.map { " of \(EvidenceText.name($0))" } ?? "")
  }
}

extension EvidenceReader {
  /// The version of the balloon's own driver, by the device manager or else by qemu-ga, cited; `nil`, with what is
  /// missing noted, when nobody told one.
  mutating func balloonDriver() -> BalloonDriver? {
    if let index = balloonIndex, let function = peek(\.guest.functions).value?[index],
      let version = function.driverVersion.value, isBalloonDriver(version),
      let text = read(guestFunction: index, \.driverVersion)?.value
    {
      let day = function.windows?.driverDate.value
      if day != nil { _ = read(windowsFunction: index, \.driverDate) }
      return BalloonDriver(text: text, version: DriverVersion(text), day: day)
    }
    let drivers = peek(\.guest.qemuGA)?.devices.value ?? []
    if let index = drivers.firstIndex(where: { $0.identity.value?.isBalloon == true && $0.version.value != nil }),
      let text = read(qemuGADriver: index, \.version)?.value
    {
      _ = read(qemuGADriver: index, \.identity)
      return BalloonDriver(
        text: text, version: DriverVersion(text), day: read(qemuGADriver: index, \.date)?.value)
    }
    noteNoDriverVersion()
    return nil
  }

  /// Whether a driver of this version that holds the balloon is the balloon's. Lists of drivers do not name the
  /// service; the scheme of the version is virtio-win's alone.
  private mutating func isBalloonDriver(_ version: String) -> Bool {
    switch guestHold() {
    case .balloonDriver: true
    case .unknown: DriverVersion(version).flatMap(VirtioWinVersion.init).map { !$0.isSelfBuilt } ?? false
    default: false
    }
  }

  private mutating func noteNoDriverVersion() {
    guard require(\.guest.functions) != nil else { return }
    guard let index = balloonIndex else {
      note(missing: "the guest lists no function that is this balloon", at: "guest.functions", ask: nil)
      return
    }
    if let leaf = read(guestFunction: index, \.driverVersion) {
      note(missing: leaf, at: "guest.functions.value.\(index).driverVersion")
    }
  }

  /// Which Windows NT the guest is, by the agent, by `ver`, or by qemu-ga's build number, cited; `nil` when nobody
  /// told.
  mutating func windowsVersion() -> NTVersion? {
    if guestFamily() == "windows", let text = peek(\.guest.kernel).value, let version = NTVersion(text) {
      _ = read(\.guest.kernel)
      return version
    }
    if let agent = peek(\.guest.qemuGA), agent.osFamily == "windows", let text = agent.kernel.value,
      let version = NTVersion(build: text)
    {
      _ = read(qemuGA: \.kernel)
      return version
    }
    return nil
  }

  /// Notes that it is not known which Windows the guest is.
  mutating func noteNoWindowsVersion() {
    _ = read(\.guest.kernel)
    note(missing: "which Windows it is was not told", at: "guest.kernel", ask: "ver, in the guest")
  }

  /// ``unlessWindows()``, and the reason why there is no driver whose version could be judged.
  mutating func unlessBalloonDriver() -> Assessment? {
    if let excuse = unlessWindows() { return excuse }
    guard balloonIndex != nil else {
      guard peek(\.guest.functions).value != nil, peek(\.guest.qemuGA)?.devices.value == nil else { return nil }
      _ = read(\.guest.functions)
      return .notApplicable("The guest's list does not have the balloon: see pci.function.missing-in-guest.")
    }
    switch guestHold() {
    case .nobody: return .notApplicable("No driver holds the balloon in the guest: see driver.none.")
    case .other(let name, _):
      return .notApplicable("In the guest \(name) holds the balloon: see driver.generic.")
    case .unrecognised(let name):
      return .notApplicable("In the guest \(name) holds the balloon, whose versions are not known.")
    case .balloonDriver, .unknown, nil: return nil
    }
  }
}
