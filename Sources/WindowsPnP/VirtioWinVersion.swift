// SPDX-License-Identifier: BSD-3-Clause

/// What a driver's version tells by virtio-win's scheme: `<target>.<RHEL release>.104.<build * 100>`.
///
/// The scheme was read from virtio-win's builds and is nowhere promised. Others who build the same driver number it
/// otherwise (Virtuozzo: A.B.C.NT).
package struct VirtioWinVersion: Hashable, Sendable {
  package let version: DriverVersion
  /// For which Windows it was built.
  package let target: Target

  /// Windows versions that one build serves.
  package enum Target: UInt16, CaseIterable, Sendable {
    case xp = 51
    case server2003 = 52
    case vista = 60
    case windows7 = 61
    case windows8 = 62
    case windows81 = 63
    case windows10 = 100

    /// Their names, the client's first.
    package var name: String {
      switch self {
      case .xp: "Windows XP"
      case .server2003: "Windows Server 2003"
      case .vista: "Windows Vista and Server 2008"
      case .windows7: "Windows 7 and Server 2008 R2"
      case .windows8: "Windows 8 and Server 2012"
      case .windows81: "Windows 8.1 and Server 2012 R2"
      case .windows10: "Windows 10, Server 2016 and later"
      }
    }

    /// The one whose builds are for this Windows; `nil` for a version that none has.
    package init?(of system: NTVersion) {
      for target in Self.allCases where system.order(to: target.ntVersion) == 0 {
        self = target
        return
      }
      return nil
    }

    /// Windows NT's version, such as `(6, 1)`.
    package var ntVersion: (major: UInt32, minor: UInt32) {
      switch self {
      case .xp: (5, 1)
      case .server2003: (5, 2)
      case .vista: (6, 0)
      case .windows7: (6, 1)
      case .windows8: (6, 2)
      case .windows81: (6, 3)
      case .windows10: (10, 0)
      }
    }
  }

  /// `nil` for a version outside the scheme, such as Microsoft's `10.0.26100.1`.
  package init?(_ version: DriverVersion) {
    guard let target = Target(rawValue: version.first), version.third == 104 || version.third == 101 else { return nil }
    self.version = version
    self.target = target
  }
  /// The same of text.
  package init?(_ text: String) {
    guard let version = DriverVersion(text) else { return nil }
    self.init(version)
  }

  /// Whether somebody built it from source without giving it a number: third part 101, build 58000.
  package var isSelfBuilt: Bool { version.third == 101 && version.fourth == 58_000 }

  /// The build, which is also the last number of the ISO image with it: 285; `nil` where the scheme tells none.
  package var build: UInt32? {
    guard version.third == 104, version.fourth != 0, version.fourth % 100 == 0 else { return nil }
    return UInt32(version.fourth / 100)
  }

  /// The release of virtio-win's ISO image that brought it, `0.1.285`. Old images write it with a hyphen, `0.1-94`.
  package var release: String? { build.map { "0.1." + String($0) } }

  /// Below zero when it was built for an older Windows than the one given, above for a newer, 0 for this one.
  package func order(to system: NTVersion) -> Int { -system.order(to: target.ntVersion) }

  /// Whether it was built for another Windows than the one given; the wrong one may crash at its start.
  package func isForeign(to system: OSVersion) -> Bool? {
    guard let nt = system.ntVersion else { return nil }
    return nt.major != target.ntVersion.major || nt.minor != target.ntVersion.minor
  }
}
