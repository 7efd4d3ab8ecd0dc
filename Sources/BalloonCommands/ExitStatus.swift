// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Rules

extension ExitCode {
  /// sysexits.h EX_UNAVAILABLE: the target cannot be had.
  static let unavailable = ExitCode(69)
  /// sysexits.h EX_SOFTWARE: an error of this program.
  static let internalError = ExitCode(70)

  /// What a verdict means to a script.
  init(_ verdict: Verdict) {
    switch verdict {
    case .healthy: self = .success
    case .warning, .problem: self = ExitCode(1)
    case .inconclusive: self = ExitCode(2)
    }
  }

  /// Of two statuses the one that tells more of what is wrong: an error, a finding, an open question, health.
  func worse(_ other: ExitCode) -> ExitCode {
    let order: [Int32] = [0, 2, 1, 69, 70]
    let rank = { (code: ExitCode) in order.firstIndex(of: code.rawValue) ?? order.count }
    return rank(self) >= rank(other) ? self : other
  }
}
