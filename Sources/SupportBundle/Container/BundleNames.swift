// SPDX-License-Identifier: GPL-3.0-or-later

/// The names of one archive: none twice, none that differs from another by case alone, no file that is also a folder.
///
/// Where case makes no difference one of two such files would replace the other.
struct BundleNames {
  /// What is known by a name in lower case.
  private struct Entry {
    let spelling: String
    let isFile: Bool
    /// Whether it stands in the archive itself, or is only the folder of something that does.
    var isListed: Bool
  }
  private var entries: [String: Entry] = [:]

  /// Adds a path that ``BundlePath/fault(in:)`` has nothing against.
  /// - Returns: why it cannot stand beside those before it; nil when it can.
  mutating func add(_ path: String, isFile: Bool) -> String? {
    for end in path.utf8.indices where path.utf8[end] == UInt8(ascii: "/") {
      if let fault = add(String(path[..<end]), isFile: false, isListed: false) { return fault }
    }
    return add(path, isFile: isFile, isListed: true)
  }

  private mutating func add(_ path: String, isFile: Bool, isListed: Bool) -> String? {
    let key = path.lowercased()
    guard let known = entries[key] else {
      entries[key] = Entry(spelling: path, isFile: isFile, isListed: isListed)
      return nil
    }
    guard known.spelling == path else {
      return "its name differs from \(QuotedName.entry(known.spelling)) by case alone"
    }
    if isListed, known.isListed { return "its name is there twice" }
    guard known.isFile == isFile else { return "its name is both a file's and a folder's" }
    if isListed { entries[key]?.isListed = true }
    return nil
  }
}
