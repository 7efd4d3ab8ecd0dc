// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import WindowsPnP

/// A value of a hive, by its type: those of the registry (REG_* of winnt.h), and those of device properties
/// (DEVPROP_TYPE_* of devpropdef.h), which Windows 8 and later write as the registry's own type with the high half set.
enum HiveValue {
  case text(String)
  case texts([String])
  case number(UInt64)
  /// A FILETIME.
  case time(UInt64)
  case bytes([UInt8])

  init(type: UInt32, bytes: [UInt8]) {
    if type >> 16 == 0xffff {
      self.init(property: type & 0xffff, bytes: bytes)
      return
    }
    switch type {
    case 1, 2: self = .text(Self.text(bytes))  // REG_SZ, REG_EXPAND_SZ
    case 7: self = .texts(Self.texts(bytes))  // REG_MULTI_SZ
    case 4 where bytes.count == 4, 11 where bytes.count == 8: self = .number(Self.number(bytes))  // DWORD, QWORD
    default: self = .bytes(bytes)
    }
  }

  init(property type: UInt32, bytes: [UInt8]) {
    switch type {
    case 0x12, 0x19: self = .text(Self.text(bytes))  // STRING, STRING_INDIRECT
    case 0x2012: self = .texts(Self.texts(bytes))  // STRING_LIST
    case 0x03 where bytes.count == 1, 0x05 where bytes.count == 2, 0x07 where bytes.count == 4,
      0x09 where bytes.count == 8, 0x18 where bytes.count == 4:
      self = .number(Self.number(bytes))  // BYTE, UINT16, UINT32, UINT64, NTSTATUS
    case 0x10 where bytes.count == 8: self = .time(Self.number(bytes))  // FILETIME
    default: self = .bytes(bytes)
    }
  }

  // No text that is asked for has so many characters.
  private static func text(_ bytes: [UInt8]) -> String { WideText.string(bytes: bytes, limit: 4096) }
  private static func texts(_ bytes: [UInt8]) -> [String] {
    WideText.strings(bytes: bytes, count: HardwareID.listLimit, limit: 16_384)
  }
  private static func number(_ bytes: [UInt8]) -> UInt64 {
    bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static var otherKind: FactFailure { FactFailure(.malformed, "not of the kind that was expected") }

  // Unknown is never "", nor a time that stands for "never".

  var text: Reading<String> {
    guard case .text(let text) = self else { return .failed(Self.otherKind) }
    return text.isEmpty ? .missing : .value(text)
  }
  var texts: Reading<[String]> {
    switch self {
    case .texts(let texts): texts.isEmpty ? .missing : .value(texts)
    // Tools have been seen to write one text where Windows writes a list.
    case .text(let text): text.isEmpty ? .missing : .value([text])
    default: .failed(Self.otherKind)
    }
  }
  var number: Reading<UInt64> {
    guard case .number(let number) = self else { return .failed(Self.otherKind) }
    return .value(number)
  }
  var time: Reading<UInt64> {
    guard case .time(let time) = self else { return .failed(Self.otherKind) }
    return time == 0 ? .missing : .value(time)
  }
  var bytes: Reading<[UInt8]> {
    guard case .bytes(let bytes) = self else { return .failed(Self.otherKind) }
    return .value(bytes)
  }
}
