// SPDX-License-Identifier: GPL-3.0-or-later

/// The versions that each guest has told, so that a guest that tells another one at each look makes no more than a few
/// series, however long anybody looks.
///
/// A version is a label only when it is made of numbers and points, and when the guest has told fewer than ``limit``
/// others in the last ``memory``; any other text is `other`. Prometheus keeps 15 days as a rule.
package struct VersionLedger: Hashable, Sendable {
  /// How many versions of one thing a guest may tell within ``memory``.
  package static let limit = 4
  /// How long a version counts after it was last told: 30 days, in seconds.
  package static let memory: Int64 = 30 * 86_400
  /// How many guests' versions are remembered; of more each is `other`.
  package static let guestLimit = 20_000
  /// What stands for a version that is none, or one too many.
  package static let other = "other"

  private struct Told: Hashable, Sendable {
    var version: String
    var last: Int64
  }
  /// By a number made of the guest's labels and of what has the version.
  private var told: [UInt64: [Told]] = [:]

  package init() {}

  /// What stands in the label for what a guest told.
  ///
  /// - Parameters:
  ///   - thing: what has the version: this program's own word.
  ///   - guest: the labels that tell the guest from others.
  ///   - now: seconds since 1970.
  package mutating func label(
    _ text: String, of thing: String, _ guest: [MetricLabel], now: Double
  ) -> String {
    guard Self.isVersion(text) else { return Self.other }
    let now = Int64(exactly: now.rounded(.down)) ?? 0
    let key = Self.key(thing, guest)
    guard told[key] != nil || told.count < Self.guestLimit else { return Self.other }
    var versions = (told[key] ?? []).filter { now &- $0.last <= Self.memory }
    if let index = versions.firstIndex(where: { $0.version == text }) {
      versions[index].last = max(versions[index].last, now)
    } else if versions.count < Self.limit {
      versions.append(Told(version: text, last: now))
    } else {
      told[key] = versions
      return Self.other
    }
    told[key] = versions
    return text
  }

  /// One to four numbers of at most five digits with points between.
  package static func isVersion(_ text: String) -> Bool {
    guard text.utf8.count <= 23 else { return false }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (1...4).contains(parts.count)
      && parts.allSatisfy { (1...5).contains($0.count) && $0.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// FNV-1a. The guest has no part in what it is made of, so nobody looks for a collision.
  private static func key(_ thing: String, _ guest: [MetricLabel]) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for text in [thing] + guest.flatMap({ [$0.name, $0.value] }) {
      for byte in Array(text.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    }
    return hash
  }
}

/// A file of metrics remembers for the next run: comments, which readers of metrics pass over.
extension VersionLedger {
  private static let mark = "# virt-balloon version "

  /// One comment for each version, oldest first.
  package var comments: String {
    told.sorted { $0.key < $1.key }.flatMap { key, versions in
      versions.map { "\(Self.mark)\(String(key, radix: 16)) \($0.last) \($0.version)\n" }
    }.joined()
  }

  /// Reads back ``comments`` from the text of such a file; whatever else stands there is passed over.
  ///
  /// - Parameter now: what is older than ``memory`` then is forgotten, and nothing is newer.
  package init(reading text: String, now: Double) {
    let now = Int64(exactly: now.rounded(.down)) ?? 0
    for line in text.split(separator: "\n") where line.hasPrefix(Self.mark) {
      let words = line.dropFirst(Self.mark.count).split(separator: " ")
      guard words.count == 3, let key = UInt64(words[0], radix: 16), let last = Int64(words[1]), last >= 0,
        Self.isVersion(String(words[2])), told[key] != nil || told.count < Self.guestLimit
      else { continue }
      let version = Told(version: String(words[2]), last: min(last, now))
      guard now &- version.last <= Self.memory, told[key, default: []].count < Self.limit else { continue }
      told[key, default: []].append(version)
    }
  }
}
