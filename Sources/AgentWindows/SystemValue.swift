// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// A value of the registry or a property of a device, as Windows keeps it: what kind it is, and its bytes.
struct SystemValue {
  enum Kind: Hashable { case text, texts, number, boolean, time, guid, bytes }

  let kind: Kind
  let bytes: [UInt8]

  /// - Parameter registryType: REG_* of winnt.h.
  init(registryType: UInt32, bytes: [UInt8]) {
    kind =
      switch registryType {
      case 1, 2: .text  // REG_SZ, REG_EXPAND_SZ
      case 7: .texts  // REG_MULTI_SZ
      case 4, 11: .number  // REG_DWORD, REG_QWORD
      default: .bytes
      }
    self.bytes = bytes
  }

  /// - Parameter propertyType: DEVPROP_TYPE_* of devpropdef.h.
  init(propertyType: UInt32, bytes: [UInt8]) {
    kind =
      switch propertyType {
      case 0x12, 0x19: .text  // STRING, STRING_INDIRECT
      case 0x2012: .texts  // STRING_LIST
      case 0x03, 0x05, 0x07, 0x09, 0x17, 0x18: .number  // BYTE, UINT16, UINT32, UINT64, ERROR, NTSTATUS
      case 0x10: .time  // FILETIME
      case 0x11: .boolean  // BOOLEAN
      case 0x0d: .guid  // GUID
      default: .bytes
      }
    self.bytes = bytes
  }

  /// The text; an empty one is unreadable, for unknown is never "".
  var text: Reading<String> {
    guard kind == .text else { return .failed(FactFailure(.malformed, "not a text")) }
    let text = WideText.string(bytes: bytes)
    return text.utf8.isEmpty ? .missing : .value(text)
  }

  /// The texts of a list. Tools have been seen to write one text where Windows writes a list.
  var texts: Reading<[String]> {
    guard kind == .texts || kind == .text else { return .failed(FactFailure(.malformed, "not a list of texts")) }
    let texts = WideText.strings(bytes: bytes, count: HardwareID.listLimit)
    return texts.isEmpty ? .missing : .value(texts)
  }

  var number: Reading<UInt64> {
    guard kind == .number, !bytes.isEmpty, bytes.count <= 8 else {
      return .failed(FactFailure(.malformed, "not a number"))
    }
    return .value(unsigned)
  }

  /// A FILETIME.
  var time: Reading<UInt64> {
    guard kind == .time || kind == .bytes, bytes.count == 8 else {
      return .failed(FactFailure(.malformed, "not a time"))
    }
    return unsigned == 0 ? .missing : .value(unsigned)
  }

  private var unsigned: UInt64 { littleEndian(bytes[...]) }
}

/// Up to eight bytes, the lowest first.
func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  var number: UInt64 = 0
  for byte in bytes.prefix(8).reversed() { number = number << 8 | UInt64(byte) }
  return number
}

/// Asks a function of the shim for a value: briefly first, for most are short, and once more for a long one.
func systemValue(
  _ make: (UInt32, [UInt8]) -> SystemValue,
  _ call: (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt8>?, Int64) -> Int64
) -> Reading<SystemValue> {
  func attempt(_ capacity: Int) -> Reading<SystemValue>? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
      var type: UInt32 = 0
      let count = call(&type, buffer.baseAddress, Int64(buffer.count))
      guard count >= 0, count <= buffer.count else {
        let error = WindowsError(count)
        return error.kind == .tooLong && capacity < longest ? nil : Reading(error)
      }
      return .value(make(type, Array(buffer.prefix(Int(count)))))
    }
  }
  return attempt(512) ?? attempt(longest) ?? .missing
}

/// The longest value that is read, in bytes.
private var longest: Int { 32 << 10 }
