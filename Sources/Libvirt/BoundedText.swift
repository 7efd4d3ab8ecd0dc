// SPDX-License-Identifier: GPL-3.0-or-later
internal import Glibc

/// Copies of C strings that libvirt owns, never longer than a limit.
enum BoundedText {
  /// The text up to its NUL or to `limit` bytes; invalid UTF-8 is repaired.
  static func string(_ text: UnsafePointer<CChar>, limit: Int) -> String {
    let count = strnlen(text, limit)
    return String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
  }

  /// All bytes up to the NUL; nil when there are more than `limit`.
  static func bytes(_ text: UnsafePointer<CChar>, limit: Int) -> [UInt8]? {
    let count = strnlen(text, limit + 1)
    guard count <= limit else { return nil }
    return [UInt8](UnsafeRawBufferPointer(start: text, count: count))
  }
}

extension String {
  /// Hands the text to C, unless a NUL inside would cut it short and so make it another text.
  func withWholeCString<Value>(
    _ body: (UnsafePointer<CChar>) throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value {
    guard !utf8.contains(0) else { throw LibvirtError(.invalidArgument, "a name or URI cannot contain NUL") }
    // The typed error would be lost in a rethrowing closure.
    let outcome: Result<Value, LibvirtError> = withCString { text in
      do throws(LibvirtError) { return .success(try body(text)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
