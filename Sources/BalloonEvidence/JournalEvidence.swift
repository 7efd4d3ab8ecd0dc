// SPDX-License-Identifier: GPL-3.0-or-later

/// What our own journal on this host says of an exercise of this guest: it is written before an exercise changes the
/// balloon, and removed when everything has been put back.
package struct JournalEvidence: Codable, Hashable, Sendable {
  /// The size that the balloon had been asked for before the exercise and that is still to be put back, in bytes.
  /// Absent: nothing is, as far as the journals of this user tell.
  package var original: Observation<UInt64>
  /// When the journal was written, in seconds since 1970 by this machine's clock; absent without one.
  package var written: Observation<UInt64>
  /// Whether the journal is of the guest's present run: one that was started anew has nothing to be put back. Failed
  /// where that cannot be told; absent without a journal.
  package var isOfThisRun: Observation<Bool>
  /// Whether an exercise of this guest is under way now, whoever runs it.
  package var isUnderWay: Observation<Bool>
  /// The process of this machine that exercises the guest now; absent when none is known to.
  package var process: Observation<UInt64>

  package init(_ unknown: Unknown) {
    original = unknown()
    written = unknown()
    isOfThisRun = unknown()
    isUnderWay = unknown()
    process = unknown()
  }

  /// The balloon's target, where the journal surely tells it: what the guest is to have when everything is put back.
  package var target: Observation<UInt64>? {
    original.value != nil && isOfThisRun.value == true ? original : nil
  }
}

/// An exercise of a guest that has not put back what it took: it explains why the guest's size is not what was asked
/// for.
package enum UnfinishedExercise: Hashable, Sendable {
  /// - Parameters:
  ///   - process: the number of its process on the host; `nil` when that is not known.
  ///   - original: what it will put back, in bytes; `nil` when its journal cannot be read.
  case underWay(process: UInt64?, original: UInt64?)
  /// It was killed.
  ///
  /// - Parameter isCertain: whether the guest runs since; where that cannot be told, there may be nothing to put back.
  case interrupted(original: UInt64, isCertain: Bool)
}

extension Evidence {
  /// The exercise that our journal has; `nil` when there is none, or nobody looked.
  package var unfinishedExercise: UnfinishedExercise? {
    guard let journal else { return nil }
    let original = journal.isOfThisRun.value == false ? nil : journal.original.value
    if journal.isUnderWay.value == true {
      return .underWay(process: journal.process.value, original: original)
    }
    return original.map { .interrupted(original: $0, isCertain: journal.isOfThisRun.value == true) }
  }
}

extension UnfinishedExercise {
  /// One sentence about it, with the command that helps.
  ///
  /// - Parameters:
  ///   - size: a number of bytes in words.
  package func sentence(of target: Target, size: (UInt64) -> String) -> String {
    switch self {
    case .underWay(let process, let original):
      let who = process.map { " (process \($0) on the host)" } ?? ""
      let what = original.map { "its \(size($0))" } ?? "what it took"
      return "An exercise of this guest is under way now\(who): it gives the guest \(what) back when it ends."
    case .interrupted(let original, let isCertain):
      let doubt = isCertain ? "" : ", unless the guest was started anew since, which cannot be told from here"
      return "An exercise of this guest was interrupted; by its journal the guest's \(size(original)) are still to be "
        + "given back\(doubt). This does it: \(target.restore())."
    }
  }
}
