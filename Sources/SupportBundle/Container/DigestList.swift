// SPDX-License-Identifier: GPL-3.0-or-later

/// `SHA256SUMS`, as `sha256sum -c` reads it in the root folder.
struct DigestList {
  struct Line: Hashable {
    let path: String
    let sha256: String
  }

  /// By path in the order of their bytes, when written here.
  private(set) var lines: [Line] = []
  /// What is wrong with the text that was read.
  private(set) var faults: [String] = []

  /// More malformed lines than this are not told.
  private static let faultLimit = 20

  init(_ lines: [Line]) {
    self.lines = lines.sorted { BundlePath.precedes($0.path, $1.path) }
  }

  /// Reads lines of a digest, two spaces and a path.
  init(reading text: [UInt8]) {
    guard text.count <= BundleLimits.list else {
      faults = ["it has \(text.count) bytes, more than the \(BundleLimits.list) that are read"]
      return
    }
    var paths: Set<String> = []
    var rest = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if rest.last?.isEmpty == true {
      rest.removeLast()
    } else {
      faults.append("its last line does not end")
    }
    for (index, bytes) in rest.enumerated() {
      guard faults.count < Self.faultLimit else {
        faults.append("more lines are wrong; they are not told")
        return
      }
      let fault: String?
      if let line = Self.line(bytes) {
        if line.path == BundlePath.digests {
          fault = "it tells a digest of itself"
        } else if paths.insert(line.path).inserted {
          lines.append(line)
          fault = nil
        } else {
          fault = "\(line.path) is there twice"
        }
      } else {
        fault = "it is not a SHA-256 digest, two spaces and a path"
      }
      if let fault { faults.append("line \(index + 1): \(fault)") }
    }
  }

  private static func line(_ bytes: ArraySlice<UInt8>) -> Line? {
    guard bytes.count <= 66 + BundleLimits.path else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    let digest = text.prefix(64)
    guard SHA256.isHex(digest) else { return nil }
    let rest = text.dropFirst(64)
    guard rest.hasPrefix("  ") else { return nil }
    let path = String(rest.dropFirst(2))
    guard BundlePath.fault(in: path) == nil else { return nil }
    return Line(path: path, sha256: String(digest))
  }

  var text: [UInt8] {
    Array(lines.map { "\($0.sha256)  \($0.path)\n" }.joined().utf8)
  }
}
