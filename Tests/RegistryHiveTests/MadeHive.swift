// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Subprocess
import Testing

/// Hives in a folder of their own, made with hivexregedit from one that empty-hive.py writes, and removed at the end.
struct HiveFolder: ~Copyable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "hives-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Makes a hive, and gives its path.
  func make(_ name: String, _ registry: RegistryText) async throws -> String {
    let hive = path + "/" + name
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "empty-hive.py").path
    try await command("python3", [script, hive])
    try Data(registry.text.utf8).write(to: URL(filePath: hive + ".reg"))
    try await command("hivexregedit", ["--merge", hive, hive + ".reg"])
    return hive
  }

  private func command(_ program: String, _ arguments: [String]) async throws {
    let result = try await run(
      .name(program), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 4096))
    try #require(result.terminationStatus.isSuccess, "\(program): \(result.standardError)")
  }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }
}
