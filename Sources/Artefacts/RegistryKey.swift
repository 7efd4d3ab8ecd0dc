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

  init(path: String) { self.path = path }

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

  /// Below `SYSTEM\CurrentControlSet` or `SYSTEM\ControlSet001`, in parts.
  private var parts: [Substring] {
    let all = path.split(separator: "\\", maxSplits: 8)
    guard all.count > 2, String(all[0]).isSameWindowsName(as: "SYSTEM"),
      String(all[1]).isSameWindowsName(as: "CurrentControlSet") || String(all[1]).hasWindowsPrefix("ControlSet00")
    else { return [] }
    return Array(all[2...])
  }

  /// The instance id, when this is a PCI device's own key.
  var pciInstance: InstanceID? {
    let parts = parts
    guard parts.count == 4, String(parts[0]).isSameWindowsName(as: "Enum"),
      String(parts[1]).isSameWindowsName(as: "PCI")
    else { return nil }
    return InstanceID("PCI\\\(parts[2])\\\(parts[3])")
  }

  /// `{4d36e97d-…}\0012`, when this is a driver's key.
  var driverKey: String? {
    let parts = parts
    guard parts.count == 4, String(parts[0]).isSameWindowsName(as: "Control"),
      String(parts[1]).isSameWindowsName(as: "Class")
    else { return nil }
    return "\(parts[2])\\\(parts[3])".lowercased()
  }

  /// The service's name, when this is its key.
  var service: String? {
    let parts = parts
    guard parts.count == 2, String(parts[0]).isSameWindowsName(as: "Services") else { return nil }
    return String(parts[1])
  }

  var isWanted: Bool { pciInstance != nil || driverKey != nil || service != nil }
}
