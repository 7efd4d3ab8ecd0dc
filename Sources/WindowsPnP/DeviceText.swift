// SPDX-License-Identifier: BSD-3-Clause

/// Windows' texts that stand for translated ones.
package enum DeviceText {
  /// `VirtIO Balloon Driver` of `@oem5.inf,%balloon.devicedesc%;VirtIO Balloon Driver`.
  package static func translated(_ text: String) -> String {
    guard text.utf8.first == UInt8(ascii: "@"), let end = text.utf8.lastIndex(of: UInt8(ascii: ";")) else {
      return text
    }
    let rest = text[text.utf8.index(after: end)...]
    return rest.utf8.isEmpty ? text : String(rest)
  }
}
