// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// A sum of sizes that the system tells piece by piece, in bytes.
struct ByteSum {
  private var total: UInt64 = 0
  /// Whether there was anything to add: a sum of nothing is not 0 but unknown.
  private(set) var isEmpty = true
  private var isTooLarge = false

  mutating func add(_ count: UInt64, unit: UInt64 = 1) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    let (sum, carry) = total.addingReportingOverflow(bytes)
    isTooLarge = isTooLarge || overflow || carry
    total = sum
    isEmpty = false
  }

  /// The sum; missing when nothing was added.
  var reading: Reading<UInt64> {
    if isEmpty { return .missing }
    return isTooLarge ? .failed(FactFailure(.malformed, "past 64 bits")) : .value(total)
  }
}

/// Whether `text` has `word` at its beginning.
func starts(_ text: ArraySlice<UInt8>, with word: StaticString) -> Bool {
  let length = word.utf8CodeUnitCount
  guard text.count >= length else { return false }
  for index in 0..<length where text[text.startIndex &+ index] != word.utf8Start[index] { return false }
  return true
}

/// What stands behind the first `word` in `text`; `nil` without one.
func rest(of text: ArraySlice<UInt8>, after word: StaticString) -> ArraySlice<UInt8>? {
  let length = word.utf8CodeUnitCount
  guard length > 0, text.count >= length else { return nil }
  for start in text.startIndex...(text.endIndex &- length) where text[start] == word.utf8Start[0] {
    if starts(text[start...], with: word) { return text[(start &+ length)...] }
  }
  return nil
}
