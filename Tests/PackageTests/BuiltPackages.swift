// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// What `make deb`, `make tarball` and `make windows-zip` left in `.build-packages`.
enum BuiltPackages {
  static let folder = "\(GuestImage.checkout)/.build-packages"

  /// The version in the packages' names, as the program's own source has it.
  static let version: String = {
    let source = try? String(
      contentsOfFile: "\(GuestImage.checkout)/Sources/BalloonCommands/VirtBalloon.swift", encoding: .utf8)
    let line = source?.split(separator: "\n").first { $0.contains("static let version = ") }
    return line?.split(separator: "\"").dropFirst().first.map { String($0) } ?? ""
  }()

  static let host = "virt-balloon_\(version)_amd64.deb"
  static let agent = "virt-balloon-agent_\(version)_amd64.deb"
  static let tarball = "virt-balloon-\(version)-x86_64-linux.tar.gz"
  static let windows = "virt-balloon-agent-\(version)-windows.zip"
  static let all = [host, agent, tarball, windows]

  /// The path of a package.
  static func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// Why there is nothing to test; `nil` when all are there.
  static let missing: String? = {
    let missing = all.filter { access(path($0), R_OK) != 0 }
    return missing.isEmpty ? nil : "\(missing.joined(separator: ", ")) not built: make deb tarball windows-zip"
  }()

  /// Whether a program is installed, also among those of the administrator.
  static func has(_ program: String) -> Bool {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders: [String] = path.split(separator: ":").map { String($0) } + ["/usr/sbin", "/sbin"]
    return folders.contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}

/// All tests of packages; one after the other, since each may install a system or boot a guest.
@Suite(
  "The packages", .serialized,
  .enabled(if: BuiltPackages.missing == nil, "\(BuiltPackages.missing ?? "")"))
struct PackageTests {}
