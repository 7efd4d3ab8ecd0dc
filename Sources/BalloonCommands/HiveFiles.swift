// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import FoundationEssentials
import Glibc

/// The registry hives among the files that `analyze` was given.
struct HiveFiles {
  /// Its hives by what they are called; `nil` when there is none.
  let files: HiveCollector.Files?
  /// All other files, in order.
  let others: [String]

  /// Tells hives by the mark that they begin with, and one from the other by their names, as Windows calls them.
  /// - Throws: when two of a kind are given, or none that is SYSTEM's.
  init(among paths: [String]) throws(TargetError) {
    let hives = paths.filter(Self.isHive)
    others = paths.filter { !hives.contains($0) }
    guard !hives.isEmpty else {
      files = nil
      return
    }
    var named: [Kind: String] = [:]
    for path in hives {
      let kind = Kind(of: path)
      if let other = named[kind] {
        throw TargetError("\(path): a second \(kind.rawValue) hive beside \(other); give one guest's", Self.usage)
      }
      named[kind] = path
    }
    guard let system = named[.system] else {
      throw TargetError(
        "\(hives.joined(separator: ", ")): the SYSTEM hive of the same Windows is needed too", Self.usage)
    }
    files = HiveCollector.Files(
      system: system, software: named[.software], drivers: named[.drivers], amcache: named[.amcache])
  }

  private static let usage = Failure(.malformed, "hives that do not belong together")

  private enum Kind: String {
    case system = "SYSTEM"
    case software = "SOFTWARE"
    case drivers = "DRIVERS"
    case amcache = "Amcache.hve"

    /// Whoever copies a hive may add to its name; one of an unknown name is taken for SYSTEM, and refused if it is not.
    init(of path: String) {
      let name = (path.split(separator: "/").last ?? "").uppercased()
      if name.contains("AMCACHE") {
        self = .amcache
      } else {
        self = name.contains("SOFTWARE") ? .software : name.contains("DRIVERS") ? .drivers : .system
      }
    }
  }

  private static func isHive(_ path: String) -> Bool { FileHead.bytes(of: path, count: 4) == Array("regf".utf8) }
}
