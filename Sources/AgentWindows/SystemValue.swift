// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// A value of the registry, or a property of a device.
enum SystemValue {
  case text(String)
  case texts([String])
  case number(UInt64)
  /// A FILETIME, which is how a property has it.
  case time(UInt64)
  case bytes([UInt8])

  /// Kinds that a reader may need.
  enum Kind: Hashable { case text, texts, number, time, bytes }

  /// - Parameter registryType: REG_* of winnt.h.
  init(registryType: UInt32, bytes: [UInt8]) {
    switch registryType {
    case 1, 2: self = .text(WideText.string(bytes: bytes))  // REG_SZ, REG_EXPAND_SZ
    case 7: self = .texts(WideText.strings(bytes: bytes, count: HardwareID.listLimit))  // REG_MULTI_SZ
    case 4 where bytes.count == 4, 11 where bytes.count == 8: self = .number(littleEndian(bytes[...]))  // DWORD, QWORD
    default: self = .bytes(bytes)
    }
  }

  /// - Parameter propertyType: DEVPROP_TYPE_* of devpropdef.h.
  init(propertyType: UInt32, bytes: [UInt8]) {
    switch propertyType {
    case 0x12, 0x19: self = .text(WideText.string(bytes: bytes))  // STRING, STRING_INDIRECT
    case 0x2012: self = .texts(WideText.strings(bytes: bytes, count: HardwareID.listLimit))  // STRING_LIST
    case 0x03 where bytes.count == 1, 0x05 where bytes.count == 2, 0x07 where bytes.count == 4,
      0x09 where bytes.count == 8, 0x18 where bytes.count == 4:
      self = .number(littleEndian(bytes[...]))  // BYTE, UINT16, UINT32, UINT64, NTSTATUS
    case 0x10 where bytes.count == 8: self = .time(littleEndian(bytes[...]))  // FILETIME
    default: self = .bytes(bytes)
    }
  }

  /// This value when it is of a kind; missing when it is empty, for unknown is never "".
  func reading(as kind: Kind) -> Reading<SystemValue> {
    switch (self, kind) {
    case (.text(let text), .text): text.utf8.isEmpty ? .missing : .value(self)
    case (.texts(let texts), .texts): texts.isEmpty ? .missing : .value(self)
    // Tools have been seen to write one text where Windows writes a list.
    case (.text(let text), .texts): text.utf8.isEmpty ? .missing : .value(.texts([text]))
    case (.time(let time), .time): time == 0 ? .missing : .value(self)
    case (.number, .number), (.bytes, .bytes): .value(self)
    default: .failed(FactFailure(.malformed, "not of the kind that was expected"))
    }
  }

  var text: Reading<String> {
    reading(as: .text).then { if case .text(let text) = $0 { .value(text) } else { .missing } }
  }
  var texts: Reading<[String]> {
    reading(as: .texts).then { if case .texts(let texts) = $0 { .value(texts) } else { .missing } }
  }
  var number: Reading<UInt64> {
    reading(as: .number).then { if case .number(let number) = $0 { .value(number) } else { .missing } }
  }
  var time: Reading<UInt64> {
    reading(as: .time).then { if case .time(let time) = $0 { .value(time) } else { .missing } }
  }
  var bytes: Reading<[UInt8]> {
    reading(as: .bytes).then { if case .bytes(let bytes) = $0 { .value(bytes) } else { .missing } }
  }
}

/// Up to eight bytes, the lowest first.
func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  var number: UInt64 = 0
  for byte in bytes.prefix(8).reversed() { number = number << 8 | UInt64(byte) }
  return number
}

/// A value's type and bytes by a function of the shim: asked briefly first, for most are short, and once more for a
/// long one.
@inline(never)
func typedBytes(
  _ call: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt8>?, Int64) -> Int64
) -> Reading<(type: UInt32, bytes: [UInt8])> {
  let longest = 32 << 10
  var capacity = 512
  while true {
    var type: UInt32 = 0
    var bytes = [UInt8](repeating: 0, count: capacity)
    let count = bytes.withUnsafeMutableBufferPointer { call(&type, $0.baseAddress, Int64($0.count)) }
    if count >= 0, count <= bytes.count {
      bytes.removeLast(bytes.count &- Int(count))
      return .value((type, bytes))
    }
    let error = WindowsError(count)
    guard error.kind == .tooLong, capacity < longest else { return Reading(error) }
    capacity = longest
  }
}
