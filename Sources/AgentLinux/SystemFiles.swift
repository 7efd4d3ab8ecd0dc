// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentPlatform

/// Bounded reads of the files, links and folders below a root: `/proc`, `/sys` and `/etc`, or a captured tree.
struct SystemFiles: Sendable {
  /// Comes before every path; empty for the running system.
  let root: String

  init(root: String) {
    var root = root
    while root.utf8.last == UInt8(ascii: "/") { root.removeLast() }
    self.root = root
  }

  /// The content of a file. One of more than `limit` bytes is refused, since its end would read as missing.
  /// - Parameter end: the byte at which reading may stop when it is the last that was read.
  func bytes(_ path: String, limit: Int, end: UInt8? = nil) -> Reading<[UInt8]> {
    let opened = vb_open_read(root + path)
    guard opened >= 0 else { return Reading(SystemError(code: opened)) }
    let descriptor = Int32(truncatingIfNeeded: opened)
    defer { vb_close(descriptor) }
    // What is short is read into the stack: the static agent's allocator asks the kernel for every block of this size.
    // What is long is read in few pieces, since some files of /proc are made anew for each.
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: limit <= 1024 ? 1024 : 4096) { chunk in
      var content: [UInt8] = []
      while true {
        let count = vb_read(descriptor, chunk.baseAddress, Int64(chunk.count))
        if count == 0 { return .value(content) }
        guard count > 0, count <= chunk.count else { return Reading(SystemError(code: count)) }
        content += UnsafeBufferPointer(rebasing: chunk[..<Int(count)])
        guard content.count <= limit else {
          return .failed(FactFailure(.malformed, "longer than " + String(limit) + " bytes"))
        }
        if let end, content.last == end { return .value(content) }
      }
    }
  }

  /// Gives each line of a file, without its line feed, to `body` until that returns false: what is long is not held.
  ///
  /// A file of more than `limit` bytes is refused, as ``bytes(_:limit:end:)`` does, and a line of more than 4 KiB too.
  /// - Returns: a value when the file was read to its end, or as far as `body` wanted.
  func lines(_ path: String, limit: Int, _ body: (ArraySlice<UInt8>) -> Bool) -> Reading<Bool> {
    let opened = vb_open_read(root + path)
    guard opened >= 0 else { return Reading(SystemError(code: opened)) }
    let descriptor = Int32(truncatingIfNeeded: opened)
    defer { vb_close(descriptor) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { chunk in
      var unfinished: [UInt8] = []
      var total = 0
      while true {
        let count = vb_read(descriptor, chunk.baseAddress, Int64(chunk.count))
        if count == 0 {
          if !unfinished.isEmpty { _ = body(unfinished[...]) }
          return .value(true)
        }
        guard count > 0, count <= chunk.count else { return Reading(SystemError(code: count)) }
        total &+= Int(count)
        unfinished += UnsafeBufferPointer(rebasing: chunk[..<Int(count)])
        var start = 0
        while let end = unfinished[start...].firstIndex(of: UInt8(ascii: "\n")) {
          guard body(unfinished[start..<end]) else { return .value(true) }
          start = end &+ 1
        }
        unfinished.removeSubrange(..<start)
        guard total <= limit, unfinished.count <= 4096 else {
          return .failed(FactFailure(.malformed, "longer than " + String(limit) + " bytes, or no lines"))
        }
      }
    }
  }

  /// The text of a file of one short line, without its line feed.
  func line(_ path: String) -> Reading<String> {
    bytes(path, limit: 1024, end: UInt8(ascii: "\n")).then { text($0[...]) }
  }

  /// A file of one hexadecimal number, as sysfs writes it: `0x1af4`.
  func hexadecimal(_ path: String, digits: Int) -> Reading<UInt32> {
    line(path).parsed(as: "a hexadecimal number") { hexadecimalNumber($0, digits: digits) }
  }

  /// The last part of a symbolic link's target: the name of the driver behind `driver`.
  func linkName(_ path: String) -> Reading<String> {
    link(path).then { target in
      let name = target.split(separator: UInt8(ascii: "/")).last ?? []
      return text(name)
    }
  }

  /// The target of a symbolic link.
  func link(_ path: String) -> Reading<[UInt8]> {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer in
      let count = vb_read_link(root + path, buffer.baseAddress, Int64(buffer.count))
      guard count >= 0 else { return Reading(SystemError(code: count)) }
      guard count < buffer.count else { return .failed(FactFailure(.malformed, "a link of over 1 KiB")) }
      return .value(Array(buffer[..<Int(count)]))
    }
  }

  /// Gives the names in a folder to `body`, in the system's order, until it returns false; at most 65,536.
  func names(_ path: String, _ body: (String) -> Bool) throws(SystemError) {
    var directory: UnsafeMutableRawPointer?
    let opened = vb_directory_open(root + path, &directory)
    guard opened >= 0, let directory else { throw SystemError(code: opened) }
    defer { vb_directory_close(directory) }
    var buffer = [UInt8](repeating: 0, count: 256)
    for _ in 0..<65_536 {
      let count = buffer.withUnsafeMutableBufferPointer {
        vb_directory_next(directory, $0.baseAddress, Int64($0.count))
      }
      guard count != 0 else { return }
      guard count > 0, count <= buffer.count else { throw SystemError(code: count) }
      // A name that is no UTF-8 is none that the agent looks for.
      guard let name = String(validating: buffer[..<Int(count)], as: UTF8.self) else { continue }
      guard body(name) else { return }
    }
  }

  /// Whether there is such a folder.
  func hasFolder(_ path: String) -> Reading<Bool> {
    do throws(SystemError) {
      try names(path) { _ in false }
      return .value(true)
    } catch {
      return Reading(error)
    }
  }

  /// A value of UTF-8 without the white space at its end; an empty one is unreadable, for unknown is never "".
  func text(_ bytes: ArraySlice<UInt8>) -> Reading<String> {
    var bytes = bytes
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    guard !bytes.isEmpty else { return .failed(FactFailure(.malformed, "empty")) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .failed(FactFailure(.malformed, "not UTF-8"))
    }
    return .value(text)
  }
}
