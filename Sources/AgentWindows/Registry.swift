// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// Reads HKEY_LOCAL_MACHINE.
enum Registry {
  /// Where the running system's settings stand.
  static var control: String { "SYSTEM\\CurrentControlSet" }

  static func value(_ key: String, _ name: String) -> Reading<SystemValue> {
    key.withWide { key in
      name.withWide { name in
        typedBytes { vb_win_registry_value(key, name, $0, $1, $2) }
      }
    }.then { .value(SystemValue(registryType: $0.type, bytes: $0.bytes)) }
  }

  static func text(_ key: String, _ name: String) -> Reading<String> { value(key, name).then { $0.text } }
  static func number(_ key: String, _ name: String) -> Reading<UInt64> { value(key, name).then { $0.number } }

  /// The place of a value, for people: `HKLM\…\Control\SecureBoot\State UEFISecureBootEnabled`.
  static func source(_ key: String, _ name: String) -> String { "HKLM\\" + key + (name.isEmpty ? "" : " " + name) }

  /// Gives the names of a key's subkeys to `body` until it returns false; at most 65,536.
  static func subkeys(_ key: String, _ body: (String) -> Bool) throws(WindowsError) {
    try names(key, vb_win_registry_subkey, body)
  }

  /// The same with the names of its values.
  static func valueNames(_ key: String, _ body: (String) -> Bool) throws(WindowsError) {
    try names(key, vb_win_registry_name, body)
  }

  private static func names(
    _ key: String, _ next: (UnsafeMutableRawPointer?, UInt32, UnsafeMutablePointer<UInt16>?, Int64) -> Int64,
    _ body: (String) -> Bool
  ) throws(WindowsError) {
    var open: UnsafeMutableRawPointer?
    let opened = key.withWide { vb_win_registry_open($0, &open) }
    guard opened >= 0, let open else { throw WindowsError(opened) }
    defer { vb_win_registry_close(open) }
    for index in UInt32(0)..<65_536 {
      let name: String
      do throws(WindowsError) { name = try wideText { next(open, index, $0, $1) } } catch {
        if error.kind == .ended { return }
        // A name of over 1024 characters is none that the agent looks for.
        if error.kind == .tooLong { continue }
        throw error
      }
      guard body(name) else { return }
    }
  }
}
