// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import Glibc

/// A file that somebody pasted or saved, or standard input.
struct ArtefactFile {
  let path: String
  /// - Parameter path: `-` is standard input.
  init(_ path: String) { self.path = path }

  private var isStandardInput: Bool { path == "-" }

  /// The bytes, up to the limit of what is looked through, and what messages call them.
  func read() throws(ArtefactError) -> (name: String, bytes: [UInt8]) {
    let name = isStandardInput ? "standard input" : path
    let descriptor = isStandardInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw failure(name, errno) }
    defer { if !isStandardInput { close(descriptor) } }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    // One byte too many is the reader's to refuse.
    while bytes.count <= ArtefactText.byteLimit {
      let count = try next(descriptor, &chunk, name)
      guard count > 0 else { return (name, bytes) }
      bytes += chunk[..<count]
    }
    // Windows' log of installations grows without end, and of that the sections about the balloon are enough.
    guard SetupLogDigest.isHead(bytes) else { return (name, bytes) }
    var digest = SetupLogDigest()
    digest.append(bytes)
    bytes = []
    while true {
      let count = try next(descriptor, &chunk, name)
      guard count > 0 else { break }
      digest.append(chunk[..<count])
    }
    return ("\(name) (its sections about the balloon)", digest.finish())
  }

  /// The next bytes of a file; 0 at its end.
  private func next(_ descriptor: CInt, _ chunk: inout [UInt8], _ name: String) throws(ArtefactError) -> Int {
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw failure(name, errno) }
    }
  }

  private func failure(_ name: String, _ number: CInt) -> ArtefactError {
    ArtefactError(.unreadable, "\(name): \(String(cString: strerror(number)))")
  }
}
