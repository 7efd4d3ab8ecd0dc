// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// What `virt-balloon account` said of a real guest, and what holds of every account.
struct AccountView {
  let document: RigJSON

  /// Runs `account` with these arguments.
  /// - Parameter wrapper: what runs the program; empty for nothing.
  init(_ arguments: [String], by wrapper: [String] = []) async throws {
    let command = wrapper + [try Program.built("virt-balloon"), "account", "--format", "json"] + arguments
    document = try RigJSON(parsing: try await Program.check(command))
  }

  func level(_ id: String) -> RigJSON? { document["levels"]?.elements.first { $0["id"]?.string == id } }

  /// Every bucket of a level, the whole first.
  static func buckets(_ level: RigJSON) -> [RigJSON] {
    [level["whole"]].compactMap { $0 } + (level["parts"]?.elements ?? []) + (level["beside"]?.elements ?? [])
  }

  var buckets: [RigJSON] { (document["levels"]?.elements ?? []).flatMap(Self.buckets) }

  func bucket(_ id: String) -> RigJSON? { buckets.first { $0["id"]?.string == id } }
  func bytes(_ id: String) -> Int64? { bucket(id)?["bytes"]?.integer }
  func sources(_ id: String) -> [String] {
    bucket(id)?["sources"]?.elements.compactMap { $0["source"]?.string } ?? []
  }

  /// What no source names of the machine's memory and of the guest's total, in bytes.
  var unexplained: (machine: Int64, guest: Int64)? {
    guard let machine = level("machine")?["unexplained"]?.integer, let guest = level("guest")?["unexplained"]?.integer
    else { return nil }
    return (machine, guest)
  }

  /// Every figure has a source, every other a reason; parts and what is left are the whole.
  func checkForm(_ comment: Comment) {
    for bucket in buckets {
      let id = bucket["id"]?.string ?? "?"
      let sources = bucket["sources"]?.elements.compactMap { $0["source"]?.string } ?? []
      if bucket["bytes"] == nil {
        #expect(bucket["unknown"]?["reason"]?.string?.isEmpty == false, "\(comment): \(id) is unknown without a reason")
      } else {
        #expect(!sources.isEmpty && sources.allSatisfy { !$0.isEmpty }, "\(comment): \(id) has no source")
        #expect(bucket["unknown"] == nil, "\(comment): \(id)")
        for source in sources {
          for word in [" less ", " minus ", "difference", "the rest"] {
            #expect(!source.contains(word), "\(comment): \(id) is what is left over: \(source)")
          }
        }
      }
    }
    for level in document["levels"]?.elements ?? [] {
      guard let whole = level["whole"]?["bytes"]?.integer else { continue }
      let parts = (level["parts"]?.elements ?? []).compactMap { $0["bytes"]?.integer }.reduce(0, +)
      #expect(parts + (level["unexplained"]?.integer ?? .min) == whole, "\(comment): \(level["id"]?.string ?? "?")")
    }
  }

  /// That a figure lies where the same was read before and after, give or take `tolerance` MiB.
  func check(_ id: String, between before: Int64?, and after: Int64?, tolerance: Int64, _ comment: Comment) {
    guard let before, let after, let bytes = bytes(id) else {
      Issue.record("\(comment): \(id) is not known: \(bucket(id).map { "\($0)" } ?? "no such bucket")")
      return
    }
    let range = min(before, after) - tolerance << 20...max(before, after) + tolerance << 20
    #expect(
      range.contains(bytes), "\(comment): \(id) is \(bytes >> 10) KiB, and \(before >> 10) to \(after >> 10) was read")
  }
}

/// The lines `Name:   123 kB` of a file of procfs, in bytes.
struct ProcessFigures {
  let values: [String: Int64]

  init(_ text: String) {
    values = text.split(separator: "\n").reduce(into: [:]) { values, line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, words[0].last == ":", words[2] == "kB", let size = Int64(words[1]) else { return }
      values[String(words[0].dropLast())] = size << 10
    }
  }

  /// QEMU's, by status and smaps_rollup.
  init(ofProcess process: Int32) throws {
    let files = try ["status", "smaps_rollup"].map {
      try String(contentsOfFile: "/proc/\(process)/\($0)", encoding: .utf8)
    }
    self.init(files.joined(separator: "\n"))
  }

  subscript(name: String) -> Int64? { values[name] }
}
