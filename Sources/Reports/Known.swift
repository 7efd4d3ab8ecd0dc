// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Rules

/// Observations in words: unknown is told as such, with its reason, and never looks like a value.
enum Known {
  /// The value, `absent` for the lack of one, or `not known (timed out)`.
  static func text<Value>(
    _ leaf: Observation<Value>, absent: String = "absent", _ describe: (Value) -> String
  ) -> String {
    switch leaf {
    case .observed(let value, _):
      let text = describe(value)
      return text.isEmpty ? "\"\" (empty)" : TerminalText.shortened(text, to: 300)
    case .absent: return absent
    case .failed(let failure, _): return unknown(failure)
    }
  }

  static func text(_ leaf: Observation<String>, absent: String = "absent") -> String {
    text(leaf, absent: absent) { $0 }
  }

  /// `not known (timed out)`.
  static func unknown(_ failure: Failure) -> String {
    let reason = failure.reason.rawValue.split(separator: "-").joined(separator: " ")
    return "not known (\(reason.isEmpty ? "no reason given" : reason))"
  }

  /// `512 MiB`, or why it is not known.
  static func size(_ leaf: Observation<UInt64>, absent: String = "absent") -> String {
    text(leaf, absent: absent, EvidenceText.size)
  }

  /// The source of an answer in parentheses, behind a value; nothing when it has none or there is no answer.
  static func source<Value>(_ leaf: Observation<Value>) -> String? {
    guard leaf.failure == nil, !leaf.provenance.source.isEmpty else { return nil }
    return "(\(leaf.provenance.source))"
  }
}

extension Target {
  /// The name by which a report calls the guest.
  package var label: String {
    guard kind == .proxmox else { return name ?? uuid ?? location }
    return "proxmox:\(location)" + (name.map { " (\($0))" } ?? "")
  }
}
