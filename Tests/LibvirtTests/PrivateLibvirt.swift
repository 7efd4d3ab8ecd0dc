// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// Gives a suite a libvirtd of its own: started once for all its tests, ended after the last.
struct PrivateLibvirt: SuiteTrait, TestScoping {
  /// Prepares the daemon for the suite: starts its domains, runs the tests, and undoes what needs to be undone.
  typealias Setting = @Sendable (SessionLibvirt, _ tests: () async throws -> Void) async throws -> Void

  @TaskLocal private static var current: SessionLibvirt?

  let setting: Setting

  /// The daemon of the suite that is running.
  static func host() throws -> SessionLibvirt { try #require(current) }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await SessionLibvirt.with { host in
      try await setting(host) { try await Self.$current.withValue(host) { try await function() } }
    }
  }
}

extension Trait where Self == PrivateLibvirt {
  static func privateLibvirt(_ setting: @escaping PrivateLibvirt.Setting) -> Self { Self(setting: setting) }
}

extension Trait where Self == ConditionTrait {
  static var privateLibvirtIsInstalled: Self {
    .disabled(if: SessionLibvirt.missing != nil, "not installed: \(SessionLibvirt.missing ?? "")")
  }
}
