// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore

/// Where a device property (DEVPKEY_* of devpkey.h) stands below a device's key.
///
/// Windows 8 and later have it as the default value of `Properties\{fmtid}\NNNN`, Windows 7 and Vista as the values
/// `Type` and `Data` of `Properties\{fmtid}\0000NNNN\00000000`.
struct PropertyKey {
  let format: String
  let id: Int

  static func device(_ id: Int) -> PropertyKey { PropertyKey(format: "{a45c254e-df1c-4efd-8020-67d146a850e0}", id: id) }
  static func bus(_ id: Int) -> PropertyKey { PropertyKey(format: "{540b947e-8b40-45bc-a8a2-6a0b894cbda2}", id: id) }
  static func history(_ id: Int) -> PropertyKey {
    PropertyKey(format: "{83da6326-97a6-4088-9453-a1923f573b29}", id: id)
  }
  static func driver(_ id: Int) -> PropertyKey { PropertyKey(format: "{a8b865dd-2e3d-4094-ad97-e593a70c75d6}", id: id) }
  static func pci(_ id: Int) -> PropertyKey { PropertyKey(format: "{3ab22e31-8264-4b4e-9af5-a8d2d8e33e62}", id: id) }

  private func name(digits: Int) -> String {
    let text = String(id, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  /// For people: `Properties\{a8b865dd-2e3d-4094-ad97-e593a70c75d6}\0005`.
  var path: String { "Properties\\" + format + "\\" + name(digits: 4) }

  /// - Parameter properties: the device's key `Properties`.
  func value(in properties: HiveKey) -> Reading<HiveValue> {
    properties.key(format).then { format in
      format.key(name(digits: 4)).then { $0.values[""] }.or {
        format.key(name(digits: 8)).then { $0.key("00000000") }.then { old in
          let values = old.values
          return values["Type"].then { $0.number }.then { type in
            values["Data"].then { $0.bytes }.then {
              .value(HiveValue(property: UInt32(truncatingIfNeeded: type), bytes: $0))
            }
          }
        }
      }
    }
  }
}
