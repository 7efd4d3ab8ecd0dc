// SPDX-License-Identifier: BSD-3-Clause
import CAgentWindows
import WindowsPnP

extension String {
  /// Gives this text as UTF-16 with a zero behind to a function of the shim.
  func withWide<Result>(_ body: (UnsafePointer<UInt16>) -> Result) -> Result {
    let count = utf16.count
    return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: count &+ 1) { buffer in
      var index = 0
      for unit in utf16 where index < count {
        buffer[index] = unit
        index &+= 1
      }
      buffer[index] = 0
      return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
    }
  }
}

/// Text that a function of the shim writes; the error that it returns instead.
func wideText(
  limit: Int = 1024, _ call: (UnsafeMutablePointer<UInt16>?, Int64) -> Int64
) throws(WindowsError) -> String {
  var failure: WindowsError?
  let text = withUnsafeTemporaryAllocation(of: UInt16.self, capacity: limit) { buffer in
    let count = call(buffer.baseAddress, Int64(buffer.count))
    guard count >= 0 else {
      failure = WindowsError(count)
      return ""
    }
    return WideText.string(buffer.prefix(Int(clamping: count)))
  }
  if let failure { throw failure }
  return text
}
