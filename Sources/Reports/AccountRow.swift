// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

/// A line of an account's table, in words; the same for every form of report.
struct AccountRow: Hashable {
  /// How far it stands within others: 0 the whole, 1 a part, 2 a piece of a part.
  let depth: Int
  let name: String
  /// The name where indentation tells what it is a piece of.
  let indentedName: String
  let size: String
  /// Whose word it is and by what source; empty where nobody told.
  let source: String
  let explanation: String
  /// Whether it is a piece of no size, which a short report leaves out.
  let isIdle: Bool

  private init(_ bucket: MemoryBucket, depth: Int) {
    self.depth = depth
    name = depth == 2 ? "of which " + bucket.name : bucket.name
    indentedName = String(repeating: "  ", count: max(depth, 0)) + (depth == 2 ? "- " : "") + bucket.name
    size = bucket.bytes.map(ByteCount.text) ?? "not known"
    source = bucket.bytes == nil ? "" : Self.source(bucket.sources)
    explanation = bucket.explanation
    isIdle = depth > 0 && bucket.bytes == 0 && bucket.kind != .balloon
  }

  private init(rest level: MemoryLevel, _ bytes: Int64) {
    depth = 1
    name = "unexplained"
    indentedName = "  " + name
    size = ByteCount.text(signed: bytes)
    source = ""
    explanation = level.remainder
    isIdle = false
  }

  /// Every line of a level: the whole, its parts with their pieces, what is left.
  static func rows(_ level: MemoryLevel) -> [AccountRow] {
    var rows = [AccountRow(level.whole, depth: 0)]
    for part in level.parts where part.bytes != nil {
      rows.append(AccountRow(part, depth: 1))
      rows += level.beside.filter { $0.within == part.id && $0.bytes != nil }.map { AccountRow($0, depth: 2) }
    }
    if let rest = level.unexplained { rows.append(AccountRow(rest: level, rest)) }
    return rows
  }

  /// What stands beside a level's parts.
  static func beside(_ level: MemoryLevel) -> [AccountRow] {
    let parts = Set(level.parts.filter { $0.bytes != nil }.map(\.id))
    return level.beside
      .filter { $0.bytes != nil && !($0.within.map(parts.contains) ?? false) }
      .map { AccountRow($0, depth: 1) }
  }

  /// `guest: /proc/vmstat balloon_inflate, balloon_deflate; host: query-balloon`.
  static func source(_ sources: [Provenance]) -> String {
    let told = [Trust.guest, .host].map { trust in
      var names: [String] = []
      for source in sources where source.trust == trust && !source.source.isEmpty {
        let name = TerminalText.shortened(plain(source.source), to: 120)
        if !names.contains(name) { names.append(name) }
      }
      return names.isEmpty ? "" : "\(trust.rawValue): " + joined(names)
    }
    return told.filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// One after the other; a file that several in a row are of is named once.
  private static func joined(_ names: [String]) -> String {
    var file: Substring?
    return names.map { name in
      let first = name.hasPrefix("/") ? name.prefix { $0 != " " } : nil
      defer { file = first }
      guard let first, first == file, first.count < name.count else { return name }
      return String(name.dropFirst(first.count + 1))
    }.joined(separator: ", ")
  }

  /// The agent tells where it read each fact, and that is what a reader looks up; of QEMU's process stands in the
  /// heading that it is.
  private static func plain(_ source: String) -> String {
    let (prefix, process) = ("agent guest.memory: ", " of QEMU's process, ")
    if source.hasPrefix(prefix), source.count > prefix.count { return String(source.dropFirst(prefix.count)) }
    guard source.hasPrefix("/proc/PID/"), let range = source.firstRange(of: process) else { return source }
    return source[..<range.lowerBound] + " " + source[range.upperBound...]
  }
}

/// What is not known for one reason, with how to get it.
struct AccountGap: Hashable {
  var names: [String]
  let reason: String
  let ask: String?

  static func all(_ account: MemoryAccount) -> [AccountGap] {
    var gaps: [AccountGap] = []
    var seen: Set<String> = []
    for bucket in account.levels.flatMap(\.buckets) + [account.retained] where seen.insert(bucket.id).inserted {
      guard case .unknown(let reason, let ask) = bucket.quantity else { continue }
      if let index = gaps.firstIndex(where: { $0.reason == reason && $0.ask == ask }) {
        gaps[index].names.append(bucket.name)
      } else {
        gaps.append(AccountGap(names: [bucket.name], reason: reason, ask: ask))
      }
    }
    return gaps
  }
}
