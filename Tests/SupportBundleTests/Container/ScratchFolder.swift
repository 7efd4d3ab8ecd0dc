// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Subprocess
import Testing

/// A folder of a test's own, removed at the end.
struct ScratchFolder: ~Copyable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, and gives its path.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }

  func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path + "/" + name))) }

  /// The names in it, sorted.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  /// Runs a program in it, which must succeed, and gives its standard output.
  @discardableResult
  func run(_ program: String, _ arguments: String...) async throws -> String {
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments(["-C", path, program] + arguments),
      output: .string(limit: 4 << 20), error: .string(limit: 1 << 20))
    try #require(result.terminationStatus.isSuccess, "\(program): \(result.standardError)")
    return result.standardOutput
  }
}
