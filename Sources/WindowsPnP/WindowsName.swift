// SPDX-License-Identifier: BSD-3-Clause

extension String {
  /// Whether Windows takes both for the same name of a service, file, key or id: ASCII letters of both cases are equal.
  ///
  /// Windows folds further letters by a table of its own; no name that this project asks for has any.
  package func isSameWindowsName(as other: String) -> Bool {
    let mine = utf8
    let theirs = other.utf8
    guard mine.count == theirs.count else { return false }
    var index = theirs.startIndex
    for byte in mine {
      guard lowerCase(byte) == lowerCase(theirs[index]) else { return false }
      theirs.formIndex(after: &index)
    }
    return true
  }

  /// Whether this begins with `prefix`, ASCII letters of both cases being equal.
  package func hasWindowsPrefix(_ prefix: String) -> Bool {
    var rest = utf8[...]
    for byte in prefix.utf8 {
      guard let next = rest.popFirst(), lowerCase(next) == lowerCase(byte) else { return false }
    }
    return true
  }
}
