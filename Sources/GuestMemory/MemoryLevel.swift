// SPDX-License-Identifier: GPL-3.0-or-later

/// A whole and the parts that sources name of it. No part is what is left over: that stands in ``unexplained``.
package struct MemoryLevel: Hashable, Sendable {
  package var id: String
  package var name: String
  package var whole: MemoryBucket
  /// They do not overlap, as far as is known.
  package var parts: [MemoryBucket]
  /// What stands beside the parts: pieces of them, and other figures of the same thing.
  package var beside: [MemoryBucket]
  /// What ``unexplained`` is as far as it is understood, in one sentence, when there is more in the whole than in its
  /// parts.
  package var rest: String
  /// What ``unexplained`` is to its owner: `used` where no source divides what is in use.
  package var restKind: MemoryBucket.Kind

  package init(
    _ id: String, _ name: String, whole: MemoryBucket, parts: [MemoryBucket], beside: [MemoryBucket] = [],
    rest: String, restKind: MemoryBucket.Kind = .undivided
  ) {
    self.id = id
    self.name = name
    self.whole = whole
    self.parts = parts
    self.beside = beside
    self.rest = rest
    self.restKind = restKind
  }

  /// The whole less all parts that are known, in bytes; below 0 when the parts are more than the whole. `nil`: the
  /// whole is not known.
  package var unexplained: Int64? {
    guard let whole = whole.bytes, whole < MemoryBucket.most else { return nil }
    var rest = Int64(whole)
    for part in parts {
      guard let bytes = part.bytes, bytes < MemoryBucket.most else { continue }
      let (less, overflow) = rest.subtractingReportingOverflow(Int64(bytes))
      guard !overflow else { return nil }
      rest = less
    }
    return rest
  }

  /// One sentence about ``unexplained``.
  package var remainder: String {
    guard let unexplained else { return "The whole is not known." }
    if unexplained < 0 {
      return "The parts are more than the whole: the figures overlap, or they are of different moments."
    }
    return unexplained == 0 ? "The parts are all of it." : rest
  }

  /// Every bucket, the whole first.
  package var buckets: [MemoryBucket] { [whole] + parts + beside }
}
