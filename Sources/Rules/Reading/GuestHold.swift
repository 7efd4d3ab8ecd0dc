// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Who holds the balloon's PCI function, by the guest's own word.
enum GuestHold: Hashable, Sendable {
  /// Nobody; `transport` when the virtio transport is bound and no balloon driver on it.
  case nobody(transport: Bool)
  /// The balloon's own driver, and whether it says that it started.
  case balloonDriver(String, started: Bool?)
  /// A driver that is known to be none of a balloon's.
  case other(String, Confidence)
  /// A driver of a name that is not known; it may be a vendor's balloon driver.
  case unrecognised(String)
  case unknown

  /// Linux drivers that hold any function they are given.
  static let generic: Set<String> = ["uio_pci_generic", "vfio-pci", "pci-stub", "igb_uio", "pciback", "xen-pciback"]
}

extension EvidenceReader {
  /// Who holds the balloon in the guest, citing what tells; `nil`, with what is missing noted, when the guest's
  /// functions are not known or the balloon is not among them.
  mutating func guestHold() -> GuestHold? {
    guard require(\.guest.functions) != nil else { return nil }
    guard let index = balloonIndex else {
      note(
        missing: "the guest lists no function that is this balloon", at: "guest.functions", ask: nil)
      return nil
    }
    guard let driver = read(guestFunction: index, \.driver) else { return nil }
    switch driver {
    case .failed:
      note(missing: driver, at: "guest.functions.value.\(index).driver")
      return .unknown
    case .absent: return holdWithoutDriver(index)
    case .observed(let name, _): return hold(by: name, index)
    }
  }

  /// No sysfs driver, or no Service value. Windows' machine.inf holds a function without any service.
  private mutating func holdWithoutDriver(_ index: Int) -> GuestHold {
    let function = peek(\.guest.functions).value?[index]
    let section = function?.windows?.infSection.value ?? ""
    let isGeneric = section.isSameWindowsName(as: BalloonNames.genericSection)
    if isGeneric { _ = read(windowsFunction: index, \.infSection) }
    guard let module = function?.module.value, module.lowercased().hasSuffix(".inf") else {
      return isGeneric ? .other(BalloonNames.genericINF, .inferred) : .nobody(transport: false)
    }
    _ = read(guestFunction: index, \.module)
    let provider = read(guestFunction: index, \.provider)?.value
    if isGeneric || module.isSameWindowsName(as: BalloonNames.genericINF)
      || provider?.isSameWindowsName(as: "Microsoft") == true
    {
      return .other(EvidenceText.name(module), .inferred)
    }
    return .unrecognised(EvidenceText.name(module))
  }

  /// Whether the function's INF is the balloon's, whatever its vendor calls the service.
  private mutating func isBalloonPackage(_ index: Int) -> Bool {
    guard let windows = peek(\.guest.functions).value?[index].windows else { return false }
    if windows.originalINF.value.map(BalloonNames.isDriverINF) == true {
      _ = read(windowsFunction: index, \.originalINF)
      return true
    }
    guard windows.infSection.value?.hasWindowsPrefix("BALLOON_Device") == true else { return false }
    _ = read(windowsFunction: index, \.infSection)
    return true
  }

  /// Windows' own word on whether the driver has started.
  private mutating func windowsHold(by name: String, _ index: Int) -> GuestHold {
    guard let code = read(guestFunction: index, \.problemCode) else { return .balloonDriver(name, started: nil) }
    note(missing: code, at: "guest.functions.value.\(index).problemCode")
    return .balloonDriver(name, started: code.value.map { $0 == 0 })
  }

  /// `code 28, CM_PROB_FAILED_INSTALL, status 0xc0000490`, cited; `nil` when Windows has no problem with the function.
  mutating func problem(_ index: Int) -> String? {
    guard let code = peek(\.guest.functions).value?[index].problemCode.value, code != 0 else { return nil }
    _ = read(guestFunction: index, \.problemCode)
    var words = "code \(code)"
    if let name = ProblemCode(rawValue: UInt32(code)).name { words += ", " + name }
    if let status = peek(\.guest.functions).value?[index].windows?.problemStatus.value, status != 0 {
      _ = read(windowsFunction: index, \.problemStatus)
      words += ", status 0x" + String(status, radix: 16)
    }
    return words
  }

  /// As ``problem(_:)`` of the balloon, as a clause in brackets for the end of a sentence; empty when there is none.
  mutating func problemInBrackets() -> String {
    guard let index = balloonIndex, let words = problem(index) else { return "" }
    return " (\(words))"
  }

  private mutating func hold(by driver: String, _ index: Int) -> GuestHold {
    let name = EvidenceText.name(driver)
    switch driver.lowercased() {
    case "balloon": return windowsHold(by: name, index)
    case "virtio-pci", "virtio_pci":
      guard let virtio = read(guestFunction: index, \.virtioDriver) else { return .unknown }
      switch virtio {
      case .absent: return .nobody(transport: true)
      case .failed:
        note(missing: virtio, at: "guest.functions.value.\(index).virtioDriver")
        return .unknown
      case .observed("virtio_balloon", _):
        guard let status = read(guestFunction: index, \.virtioStatus) else { return .unknown }
        note(missing: status, at: "guest.functions.value.\(index).virtioStatus")
        // DRIVER_OK is 4; NEEDS_RESET is 64, FAILED 128 (virtio 1.2, 2.1).
        return .balloonDriver("virtio_balloon", started: status.value.map { $0 & 4 != 0 && $0 & 0xc0 == 0 })
      case .observed(let other, _): return .other(EvidenceText.name(other), .established)
      }
    default:
      if isBalloonPackage(index) { return windowsHold(by: name, index) }
      let provider = read(guestFunction: index, \.provider)?.value
      if provider?.lowercased() == "microsoft" { return .other(name, .inferred) }
      if GuestHold.generic.contains(driver) || guestFamilyByItsWord() == "linux" {
        return .other(name, .established)
      }
      return .unrecognised(name)
    }
  }

  /// A sentence for a balloon of which nobody told whether it is there, with a space in front; `nil` for any other.
  mutating func presenceInDoubt() -> String? {
    guard let index = balloonIndex,
      peek(\.guest.functions).value?[index].isPresenceUnknown == true
    else { return nil }
    _ = read(windowsFunction: index, \.isPresent)
    return " Whether the device is there, or only remembered from earlier, was not told."
  }
}
