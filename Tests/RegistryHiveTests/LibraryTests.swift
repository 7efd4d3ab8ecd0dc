// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import RegistryHive

@Suite("libhivex")
struct LibraryTests {
  @Test("that is not installed is one line that says what to install")
  func missing() {
    let error = #expect(throws: HiveError.self) { _ = try HivexFunctions.load("libhivex-absent.so.0") }
    #expect(error?.code == .libraryMissing)
    #expect(error?.message.contains("libhivex0") == true)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("that lacks a function is unusable, and names it")
  func unusable() {
    let error = #expect(throws: HiveError.self) { _ = try HivexFunctions.load("libc.so.6") }
    #expect(error?.code == .libraryUnusable)
    #expect(error?.message.contains("hivex_open") == true)
  }

  @Test("is loaded when it is there")
  func loaded() throws {
    let functions = try HivexFunctions.load()
    #expect(functions.open("/dev/null", 0) == nil)
  }
}
