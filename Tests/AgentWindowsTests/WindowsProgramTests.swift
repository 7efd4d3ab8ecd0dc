// SPDX-License-Identifier: BSD-3-Clause
import GuestRig
import Testing

/// The Windows agent, run under Wine: what it reads there and says of it is true of Wine only; what it is made of, and
/// the channel, are the same on Windows.
@Suite("The Windows program under Wine", .serialized, .freshPrefix)
struct WindowsProgramTests {}

extension WindowsAgent {
  /// The program; a test of one that was not built is cancelled, visibly.
  func require() throws {
    guard isBuilt else { try Test.cancel("\(rawValue) has not been built: run make agents") }
  }

  /// Those that run on this machine's Wine.
  static func runnable(in prefix: WinePrefix) -> [WindowsAgent] {
    allCases.filter { $0.isBuilt && !$0.hasSeam && (!$0.is32Bit || prefix.runs32Bit) }
  }
}

/// One prefix for all tests of a suite, as all of a machine's users share one Windows.
struct FreshPrefix: SuiteTrait, TestScoping {
  @TaskLocal static var shared: WinePrefix?

  /// The prefix; a test outside of the suite has none.
  static func current() throws -> WinePrefix { try #require(shared) }

  func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? { test.isSuite ? self : nil }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await WinePrefix.with(win32: true) { prefix in
      try await Self.$shared.withValue(prefix) { try await function() }
    }
  }
}

extension Trait where Self == FreshPrefix {
  static var freshPrefix: Self { Self() }
}
