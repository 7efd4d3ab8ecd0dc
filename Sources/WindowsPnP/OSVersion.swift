// SPDX-License-Identifier: BSD-3-Clause

/// Which Windows this is, from the values of `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion`.
package struct OSVersion: Sendable {
  /// ProductName, such as `Windows Server 2022 Standard`.
  package var productName: String?
  /// DisplayVersion, such as `23H2`: since Windows 10 20H2.
  package var displayVersion: String?
  /// ReleaseId, such as `1909`: since Windows 10 1511; it stays at 2009 since there is a DisplayVersion.
  package var releaseID: String?
  /// CurrentVersion, such as `6.1`; it stays at `6.3` since Windows 10.
  package var currentVersion: String?
  /// CurrentMajorVersionNumber: since Windows 10.
  package var major: UInt32?
  /// CurrentMinorVersionNumber: since Windows 10.
  package var minor: UInt32?
  /// CurrentBuildNumber, such as `22631`.
  package var currentBuildNumber: String?
  /// UBR, the number of the latest update: since Windows 10.
  package var updateRevision: UInt32?
  /// CSDVersion, such as `Service Pack 1`: up to Windows 7 and 2008 R2.
  package var servicePack: String?
  /// EditionID, such as `ServerStandard`.
  package var edition: String?
  /// InstallationType: `Client`, `Server` or `Server Core`.
  package var installationType: String?

  /// Nothing known yet.
  package init() {}

  /// The first build of Windows 11 (21H2).
  package static let firstBuildOf11: UInt32 = 22_000

  /// CurrentBuildNumber as a number.
  package var build: UInt32? {
    guard let currentBuildNumber, currentBuildNumber.utf8.count <= 10 else { return nil }
    var scanner = ASCIIScanner(currentBuildNumber)
    guard let number = scanner.decimal(), scanner.isAtEnd else { return nil }
    return UInt32(truncatingIfNeeded: number)
  }

  /// Whether this is a server, by InstallationType or else by ProductName; `nil` when neither is known.
  package var isServer: Bool? {
    if let installationType { return installationType.hasWindowsPrefix("Server") }
    guard let productName else { return nil }
    return Array(productName.utf8)[...].firstIndex(ofASCII: "Server") != nil
  }

  /// The product's name as people know it, with its service pack.
  ///
  /// Windows 11 keeps "Windows 10" in ProductName, whatever installed it; its build tells it apart.
  package var name: String? {
    guard let productName, !productName.utf8.isEmpty else { return nil }
    var name = productName
    if productName.hasWindowsPrefix("Windows 10"), let build, build >= Self.firstBuildOf11, isServer != true {
      let rest = Array(productName.utf8.dropFirst(10))[...]
      if rest.isEmpty || rest.first == UInt8(ascii: " ") { name = "Windows 11" + rest.text }
    }
    if let servicePack, !servicePack.utf8.isEmpty { name += " " + servicePack }
    return name
  }

  /// The name of the release, `23H2` or `1909`; `nil` before Windows 10 1511.
  package var release: String? {
    if let displayVersion, !displayVersion.utf8.isEmpty { return displayVersion }
    if let releaseID, !releaseID.utf8.isEmpty { return releaseID }
    return nil
  }

  /// Windows NT's version, `(10, 0)` or `(6, 1)`.
  package var ntVersion: (major: UInt32, minor: UInt32)? {
    if let major, let minor { return (major, minor) }
    guard let currentVersion else { return nil }
    var scanner = ASCIIScanner(currentVersion)
    guard let major = scanner.decimal(atMost: 9999), scanner.skip(UInt8(ascii: ".")),
      let minor = scanner.decimal(atMost: 9999), scanner.isAtEnd
    else { return nil }
    return (UInt32(truncatingIfNeeded: major), UInt32(truncatingIfNeeded: minor))
  }

  /// The whole number, `10.0.22631.4317`, as far as it is known without a gap.
  package var version: String? {
    guard let nt = ntVersion else { return nil }
    var text = String(nt.major) + "." + String(nt.minor)
    guard let build else { return text }
    text += "." + String(build)
    if let updateRevision { text += "." + String(updateRevision) }
    return text
  }
}
