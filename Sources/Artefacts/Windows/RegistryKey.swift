// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// A key of Windows' registry with its values.
struct RegistryKey: Hashable, Sendable {
  /// Below HKEY_LOCAL_MACHINE.
  let path: String
  /// By their names in lower case.
  var values: [String: Value] = [:]
  /// Whether the paste goes on behind it, so that a value which is not here is not there.
  var isWhole = false

  struct Value: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
      case string = "REG_SZ"
      case expandable = "REG_EXPAND_SZ"
      case list = "REG_MULTI_SZ"
      case number = "REG_DWORD"
    }
    let kind: Kind
    /// As `reg query` prints it: a number as `0x60`, a list with `\0` between.
    let text: String
  }

  /// What the key is about; `nil` for one of which nothing is wanted.
  let subject: Subject?

  enum Subject: Hashable, Sendable {
    /// A PCI device's own key, by its instance id.
    case device(String)
    /// A driver's key, as `{4d36e97d-…}\0012` in lower case.
    case driver(String)
    /// A service's or kernel driver's key, by its name.
    case service(String)
    /// `SOFTWARE\Microsoft\Windows NT\CurrentVersion`
    case system
  }

  init(path: String) {
    self.path = path
    subject = Self.subject(path)
  }

  func text(_ name: String) -> String? {
    guard let value = values[name], value.kind == .string || value.kind == .expandable, !value.text.isEmpty else {
      return nil
    }
    return value.text
  }

  func number(_ name: String) -> UInt64? {
    guard let value = values[name], value.kind == .number else { return nil }
    return value.text[...].dropping("0x").flatMap { UInt64($0, radix: 16) }
  }

  func list(_ name: String) -> [String]? {
    guard let value = values[name], value.kind == .list else { return nil }
    return value.text.split(separator: "\\0").prefix(HardwareID.listLimit).map(String.init)
  }

  private static func subject(_ path: String) -> Subject? {
    let all = path.split(separator: "\\", maxSplits: 8)
    guard all.count > 2 else { return nil }
    func has(_ place: Int, _ name: String) -> Bool { String(all[place]).isSameWindowsName(as: name) }
    if all.count == 4, has(0, "SOFTWARE"), has(1, "Microsoft"), has(2, "Windows NT"), has(3, "CurrentVersion") {
      return .system
    }
    guard has(0, "SYSTEM"), has(1, "CurrentControlSet") || String(all[1]).hasWindowsPrefix("ControlSet00") else {
      return nil
    }
    if all.count == 6, has(2, "Enum"), has(3, "PCI") { return .device("PCI\\\(all[4])\\\(all[5])") }
    if all.count == 6, has(2, "Control"), has(3, "Class") { return .driver("\(all[4])\\\(all[5])".lowercased()) }
    return all.count == 4 && has(2, "Services") ? .service(String(all[3])) : nil
  }

  /// The instance id, when this is a PCI device's own key.
  var pciInstance: InstanceID? {
    guard case .device(let instance) = subject else { return nil }
    return InstanceID(instance)
  }

  /// `{4d36e97d-…}\0012`, when this is a driver's key.
  var driverKey: String? {
    guard case .driver(let name) = subject else { return nil }
    return name
  }

  /// The service's name, when this is its key.
  var service: String? {
    guard case .service(let name) = subject else { return nil }
    return name
  }

  var isWanted: Bool { subject != nil }
}
