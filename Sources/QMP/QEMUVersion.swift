// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// A version of QEMU. Source: QEMU qapi/control.json, `query-version`.
package struct QEMUVersion: Hashable, Sendable {
  package let major: Int64
  package let minor: Int64
  package let micro: Int64
  /// The distributor's package, such as `Debian 1:7.2+dfsg-7`; `nil` when QEMU names none.
  package let package: String?

  package init(decoding json: JSON) throws(QMPError) {
    guard let numbers = json["qemu"], let major = numbers["major"]?.int, let minor = numbers["minor"]?.int,
      let micro = numbers["micro"]?.int
    else { throw .malformed("query-version", "no version number") }
    (self.major, self.minor, self.micro) = (major, minor, micro)
    package = json["package"]?.string.flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension QEMUVersion: Comparable {
  /// Compares the numbers; the package does not count.
  package static func < (left: QEMUVersion, right: QEMUVersion) -> Bool {
    (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
  }
}

extension QEMUVersion: CustomStringConvertible {
  /// `7.2.22`.
  package var description: String { "\(major).\(minor).\(micro)" }
}
