// SPDX-License-Identifier: GPL-3.0-or-later

/// The grammar of paths below a bundle's root folder.
enum BundlePath {
  /// The one folder at the root of the archive.
  static let root = "virt-balloon-bundle"
  static let manifest = "manifest.json"
  static let digests = "SHA256SUMS"
  static let readme = "README.txt"

  /// Why a path is none that a bundle may have; nil when it is one.
  static func fault(in path: some StringProtocol) -> String? {
    let bytes = path.utf8
    guard bytes.first != UInt8(ascii: "/") else { return "its path is absolute" }
    guard bytes.count <= BundleLimits.path else { return "its path is longer than \(BundleLimits.path) bytes" }
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "/"):
        continue
      default:
        return "its path has characters other than ASCII letters, digits, dot, hyphen, underscore and slash"
      }
    }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.isEmpty { return "its path has an empty part" }
      if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) { return "its path has the part . or .." }
      if part.count > BundleLimits.pathPart {
        return "a part of its path is longer than \(BundleLimits.pathPart) bytes"
      }
    }
    return nil
  }

  /// Whether the first path comes before the second: by the order of their bytes.
  static func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }
}
