// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
package import AgentProtocol
package import WindowsPnP

/// What Windows' inventory of devices says of the functions that bear on the balloon: the key `InventoryDevicePnp` of
/// `Windows\AppCompat\Programs\Amcache.hve`, since Windows 10 1607.
///
/// A scheduled task writes it, so it tells what was when that last ran. Its value is the problem code, which no other
/// hive has.
package struct AmcacheInventory: Sendable {
  /// One device, by what the inventory has of it.
  package struct Device: Sendable {
    /// As Windows calls it: the inventory has `/` where an instance id has `\`, in small letters.
    package let instance: InstanceID
    package let problemCode: Fact<UInt16>
    /// The INF that it has: `oem5.inf`, `machine.inf`.
    package let inf: Fact<String>
    package let service: Fact<String>
    package let provider: Fact<String>
    package let version: Fact<String>
    package let matchingID: Fact<String>
    package let hardwareIDs: Fact<[String]>
  }

  package let devices: [Device]
  package let notices: [String]

  /// More devices than any Windows remembers.
  private static let limit = 16_384
  private static let keptLimit = 256
  private static let folder = ["Root", "InventoryDevicePnp"]

  /// - Throws: when the file cannot be read, or is another hive.
  package init(_ path: String) throws(HiveError) {
    let hive = try Hive(path, as: "Amcache")
    let key = try hive.key(at: Self.folder, in: path, expected: "Amcache.hve of Windows 10 1607 or later")
    let keys = key.keys(limit: Self.limit) { $0.hasWindowsPrefix("pci/ven_") }
    devices = keys.elements.prefix(Self.limit).lazy.compactMap { Self.device($0.name, $0.key) }.prefix(Self.keptLimit)
      .map { $0 }
    var notices = [
      "Amcache.hve was read: Windows' inventory of devices as of when a scheduled task last wrote it, which may be "
        + "days ago."
    ]
    if let failure = keys.failure { notices.append("Not all of Amcache.hve could be read: \(failure.detail).") }
    try OfflineWindows.finish(hive, path, &notices)
    self.notices = notices
  }

  /// `nil` for a function that does not bear on the balloon.
  private static func device(_ name: String, _ key: HiveKey) -> Device? {
    let parts = name.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    guard parts.count == 3 else { return nil }
    let instance = InstanceID(parts.map { $0.uppercased() }.joined(separator: "\\"))
    guard instance.hardware?.vendor == BalloonNames.vendor else { return nil }
    let values = key.values
    return Device(
      instance: instance, problemCode: problem(values), inf: values.text("Inf"), service: values.text("Service"),
      provider: values.text("Provider"), version: values.text("DriverVerVersion"),
      matchingID: values.text("MatchingID"), hardwareIDs: ids(values))
  }

  /// A number, or the text of one.
  private static func problem(_ values: HiveValues) -> Fact<UInt16> {
    let source = values.key.source("ProblemCode")
    return values["ProblemCode"].then { value -> Reading<UInt16> in
      let number: UInt64? =
        switch value {
        case .number(let number): number
        case .text(let text): text.utf8.count <= 5 ? UInt64(text) : nil
        default: nil
        }
      guard let number, let code = UInt16(exactly: number) else {
        return .failed(FactFailure(.malformed, "no problem code"))
      }
      return .value(code)
    }.fact(source: source)
  }

  /// A list, or one text with commas.
  private static func ids(_ values: HiveValues) -> Fact<[String]> {
    let source = values.key.source("HWID")
    return values["HWID"].then { value -> Reading<[String]> in
      switch value {
      case .texts(let texts): return texts.isEmpty ? .missing : .value(texts)
      case .text(let text):
        let list = text.split(separator: ",").prefix(HardwareID.listLimit).map { String($0) }
        return list.isEmpty ? .missing : .value(list)
      default: return .failed(FactFailure(.malformed, "no list of ids"))
      }
    }.fact(source: source)
  }
}
