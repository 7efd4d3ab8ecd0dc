// SPDX-License-Identifier: BSD-3-Clause

/// Windows NT's version and build, by which Windows' releases and the drivers for them are told apart.
package struct NTVersion: Hashable, Sendable {
  package let major: UInt32
  package let minor: UInt32
  /// `20348`; `nil` where only the first two are known.
  package let build: UInt32?

  package init(major: UInt32, minor: UInt32, build: UInt32? = nil) {
    self.major = major
    self.minor = minor
    self.build = build
  }

  /// Reads `10.0.20348`, `10.0.19045.3803` or `6.1`; `nil` for anything else.
  package init?(_ text: String) {
    guard text.utf8.count <= 48 else { return nil }
    var scanner = ASCIIScanner(text)
    guard let major = scanner.decimal(atMost: 99), scanner.skip(UInt8(ascii: ".")),
      let minor = scanner.decimal(atMost: 99)
    else { return nil }
    var build: UInt32?
    if scanner.skip(UInt8(ascii: ".")) {
      guard let number = scanner.decimal() else { return nil }
      build = UInt32(truncatingIfNeeded: number)
      if scanner.skip(UInt8(ascii: ".")), scanner.decimal() == nil { return nil }
    }
    guard scanner.isAtEnd else { return nil }
    self.init(major: UInt32(truncatingIfNeeded: major), minor: UInt32(truncatingIfNeeded: minor), build: build)
  }

  /// The version that has this build, given as text (`20348`); `nil` for a number that is none of a release since
  /// Windows XP.
  package init?(build text: String) {
    guard text.utf8.count <= 10 else { return nil }
    var scanner = ASCIIScanner(text)
    guard let number = scanner.decimal(), scanner.isAtEnd else { return nil }
    let build = UInt32(truncatingIfNeeded: number)
    switch build {
    case 2_600: self.init(major: 5, minor: 1, build: build)
    case 3_790: self.init(major: 5, minor: 2, build: build)
    case 6_000...6_003: self.init(major: 6, minor: 0, build: build)
    case 7_600...7_601: self.init(major: 6, minor: 1, build: build)
    case 9_200: self.init(major: 6, minor: 2, build: build)
    case 9_600: self.init(major: 6, minor: 3, build: build)
    case 10_240...99_999: self.init(major: 10, minor: 0, build: build)
    default: return nil
    }
  }

  /// The first build of Windows 11 (21H2).
  package var isWindows11OrLater: Bool { major == 10 && (build ?? 0) >= OSVersion.firstBuildOf11 }

  /// Below zero when this is the older, above when it is the newer; builds are left out of account.
  package func order(to other: (major: UInt32, minor: UInt32)) -> Int {
    if major != other.major { return major < other.major ? -1 : 1 }
    if minor != other.minor { return minor < other.minor ? -1 : 1 }
    return 0
  }
}

extension NTVersion: CustomStringConvertible {
  package var description: String {
    var text = String(major) + "." + String(minor)
    if let build { text += "." + String(build) }
    return text
  }
}
