// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// A freshly installed Debian or Ubuntu without compilers, Swift or libvirt, in which a test installs packages; see
/// scripts/clean-system.sh.
struct CleanSystem {
  let suite: String
  /// What the test changes there goes with it.
  let directory: ScratchDirectory

  static let script = "\(GuestImage.checkout)/Tests/PackageTests/scripts/clean-system.sh"

  /// Why there is none here; `nil` when there can be one.
  static let missing: String? = {
    if geteuid() != 0 { return "changing the root folder needs root" }
    let missing = ["apt-get", "debootstrap", "unshare"].filter { !BuiltPackages.has($0) }
    return missing.isEmpty ? nil : "needs \(missing.joined(separator: ", ")), to make a clean Debian"
  }()

  /// Runs `body` with the suite as it is installed. The test is skipped where the mirror does not have that suite.
  static func with(_ suite: String, _ body: (CleanSystem) async throws -> Void) async throws {
    let prepared = try await Program.run(["bash", script, "prepare", suite], within: .seconds(900))
    if prepared.status != 0 { try Test.cancel("no clean \(suite): \(prepared.errorOutput)") }
    try await ScratchDirectory.with { directory in
      let system = CleanSystem(suite: suite, directory: directory)
      // A mirror may stand still for longer than its lists are meant to.
      try await system.check("apt-get -qq -o Acquire::Check-Valid-Until=false update", within: .seconds(300))
      try await body(system)
    }
  }

  /// Runs a shell script there. The folders `binding` are the same inside.
  func run(
    _ script: String, binding: [String] = [], within limit: Duration = .seconds(120)
  ) async throws -> Program.Outcome {
    try await Program.run(
      ["bash", Self.script, "run", suite, directory("state")] + binding.flatMap { ["--bind", $0] }
        + ["--", "sh", "-euc", script], within: limit)
  }

  /// Runs a shell script there, and fails unless it ends with 0; gives its output without the last line feed.
  @discardableResult
  func check(_ script: String, binding: [String] = [], within limit: Duration = .seconds(120)) async throws -> String {
    let outcome = try await run(script, binding: binding, within: limit)
    guard outcome.status == 0 else {
      throw RigError(
        .program, "in \(suite): \(script) ended with \(outcome.status): \(outcome.output)\(outcome.errorOutput)")
    }
    return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
  }

  /// Installs packages and what they depend on, without what they recommend.
  func install(_ packages: String...) async throws {
    try await check(
      "apt-get -qq -y install --no-install-recommends \(packages.joined(separator: " ")) >/dev/null",
      within: .seconds(600))
  }

  /// All files and folders but what dpkg, apt and the system's own caches and logs change, and the empty folders that
  /// dpkg makes where base-files of Ubuntu 24.04 diverts /lib.
  func files() async throws -> Set<String> {
    let text = try await check(
      """
      find / -xdev \\( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log -o -path /proc \
      -o -path /dev -o -path /run -o -path /tmp -o -path '/*.usr-is-merged' \\) -prune -o -print
      """)
    return Set(text.split(separator: "\n").map { String($0) })
  }
}
