// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc

/// A directory under /tmp that is gone when its user is done.
///
/// Always /tmp: a path in a developer's `TMPDIR` may be too long for a unix socket, whose address holds 107 bytes.
package struct ScratchDirectory: Sendable {
  package let path: String

  /// Runs `body` with a new directory, and removes it and all that is in it afterwards.
  package static func with<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (ScratchDirectory) async throws -> Result
  ) async throws -> Result {
    var template = Array("/tmp/vb-rig.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw RigError(.system, "mkdtemp: \(systemMessage(errno))") }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(ScratchDirectory(path: path))
  }

  /// The path of `name` in it.
  package func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// The last 16 KiB of the file `name`, or what there is; empty when there is no such file.
  package func tail(_ name: String) -> String {
    guard let handle = fopen(self(name), "r") else { return "" }
    defer { fclose(handle) }
    fseek(handle, 0, SEEK_END)
    fseek(handle, max(0, ftell(handle) - 16384), SEEK_SET)
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = fread(&bytes, 1, bytes.count, handle)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
