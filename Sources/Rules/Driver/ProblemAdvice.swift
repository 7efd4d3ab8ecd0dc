// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// What Windows means by a problem code that no rule of its own stands for, and what to do about it.
///
/// The meanings are Microsoft's (its pages cm-prob-* under
/// https://learn.microsoft.com/windows-hardware/drivers/install/); none of these codes is known to have been seen on a
/// balloon.
enum ProblemAdvice: Hashable, Sendable {
  /// The driver, or what the registry keeps of it, must be put in place again.
  case reinstall(String)
  /// Windows could not give the function its memory or interrupts.
  case resources(String)
  /// Only the next start of Windows ends it.
  case restart(String)
  /// The function does not answer as one that is there.
  case device(String)
  /// The kernel's debugger has it.
  case debugger
  /// It passes by itself, or by what it waits for.
  case wait(String)
  /// A code without further meaning for a balloon.
  case none

  init(_ code: ProblemCode) {
    switch code.rawValue {
    case 1: self = .reinstall("the device has not been configured")
    case 2, 7, 8, 20, 23, 26: self = .reinstall("what should load its driver did not")
    case 3: self = .reinstall("its driver is damaged, or memory ran out")
    case 4, 5, 11, 13: self = .reinstall("its driver or its entries in the registry are not what they should be")
    case 18: self = .reinstall("the driver must be installed again")
    case 19: self = .reinstall("its entries in the registry are incomplete or damaged")
    case 49: self = .reinstall("the registry has grown too large; devices that are gone for good can be removed")
    case 50, 56: self = .reinstall("its properties or its class could not be set up")
    case 6, 12, 17, 27, 30: self = .resources("it found no free resources for the device")
    case 16: self = .resources("it does not know all the resources that the device needs")
    case 33...36: self = .resources("the firmware's tables do not tell it the device's resources or interrupt")
    case 29: self = .resources("the firmware has switched the device off, or gave it no resources")
    case 21: self = .restart("it is about to remove the device")
    case 46: self = .restart("it is shutting down")
    case 47: self = .restart("the device was prepared for its removal, and is still there")
    case 44: self = .restart("a program has halted the device")
    case 54: self = .restart("the device failed and is being reset")
    case 25: self = .restart("the device was moved, and is being set up")
    case 9: self = .device("the device's ids or its data are not valid")
    case 15: self = .device("it was not enumerated as it should be")
    case 24: self = .device("the device is not there, or does not answer")
    case 41: self = .device("a driver is loaded for it and finds no device")
    case 42: self = .device("it sees the device twice")
    case 57: self = .device("it could not be assigned to a guest of this guest")
    case 53: self = .debugger
    case 51: self = .wait("it waits for another device, or several, to start")
    case 55: self = .wait("the console is locked")
    default: self = .none
    }
  }

  /// What Windows means, as a sentence with a space in front; empty when there is nothing to say.
  var sentence: String {
    switch self {
    case .reinstall(let words), .resources(let words), .restart(let words), .device(let words), .wait(let words):
      " To Windows this means that \(words)."
    case .debugger: " To Windows this means that its kernel debugger has the device."
    case .none: ""
    }
  }
}

extension RemedyContext {
  /// The steps for the problem code that Windows has for the balloon, before all others.
  var mendProblem: [RemedyStep] {
    guard let problemCode else { return [] }
    switch ProblemAdvice(ProblemCode(rawValue: UInt32(problemCode))) {
    case .reinstall: return removeDevice + updateDriver
    case .resources:
      return [
        restartWindows,
        editDefinition(
          "If it stays so, give the balloon another slot: another <address> in <memballoon>.",
          "If it stays so, start QEMU with another addr= for the balloon."),
      ]
    case .restart: return [restartWindows]
    case .device: return removeDevice + [restartWindows]
    case .debugger:
      return [
        RemedyStep(.guest, "See what the debugger is set to.", command: "bcdedit /dbgsettings"),
        RemedyStep(.guest, "Switch debugging off, and restart.", command: "bcdedit /debug off"),
      ]
    case .wait: return [RemedyStep(.guest, "Wait some minutes; if it stays so, restart Windows.")]
    case .none: return []
    }
  }

  var restartWindows: RemedyStep {
    RemedyStep(.guest, "Restart Windows (a shutdown with fast startup is no restart).", command: "shutdown /r /t 0")
  }

  /// Makes Windows forget the device and find it again.
  private var removeDevice: [RemedyStep] {
    [
      RemedyStep(
        .guest,
        "Make Windows forget the device (Windows 10 2004 and later; earlier: device manager, uninstall the device).",
        command: "pnputil /remove-device \"\(instance ?? "INSTANCE-ID")\""),
      RemedyStep(.guest, "And find it anew.", command: "pnputil /scan-devices"),
    ]
  }
}
