// SPDX-License-Identifier: BSD-3-Clause

extension String {
  /// Whether both are the same bytes of UTF-8.
  ///
  /// `==` follows Unicode's canonical equivalence, for which names of this protocol do not ask. `elementsEqual` of two
  /// `utf8` views says the same as this, at ten times the work where it is not specialised, as in Embedded Swift.
  package func hasSameBytes(as other: String) -> Bool {
    let count = utf8.count
    guard count == other.utf8.count else { return false }
    let same: Bool?? = utf8.withContiguousStorageIfAvailable { mine in
      other.utf8.withContiguousStorageIfAvailable { theirs in
        for index in 0..<count where mine[index] != theirs[index] { return false }
        return true
      }
    }
    return (same ?? nil) ?? utf8.elementsEqual(other.utf8)
  }
}
