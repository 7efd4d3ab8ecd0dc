// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Testing

/// Compares output with a file of the folder Golden; `RECORD_GOLDEN=1` writes the file instead, and fails, so that no
/// recording passes for a test.
func expectGolden(_ bytes: [UInt8], _ name: String, file: String = #filePath) throws {
  let folder = URL(filePath: file).deletingLastPathComponent().appending(path: "Golden")
  let golden = folder.appending(path: name)
  if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
    try Data(bytes).write(to: golden)
    Issue.record("recorded \(name): read it, then run again without RECORD_GOLDEN")
    return
  }
  let expected = try String(decoding: Data(contentsOf: golden), as: UTF8.self)
  #expect(String(decoding: bytes, as: UTF8.self) == expected, "differs from Golden/\(name)")
}
