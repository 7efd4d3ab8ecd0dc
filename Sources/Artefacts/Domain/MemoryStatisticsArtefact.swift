// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Libvirt

/// The output of `virsh dommemstat`, or the `balloon.` lines of `virsh domstats`.
struct MemoryStatisticsArtefact: ArtefactContent {
  let kind: String
  let statistics: MemoryStatistics
  /// In KiB.
  var maximum: UInt64?
  var state: DomainState?
  var guestName: String?

  /// virsh's names in `dommemstat` (tools/virsh-domain-monitor.c).
  private static func tag(_ name: Substring) -> MemoryStatistics.Tag? {
    switch name {
    case "actual": .actual
    case "swap_in": .swapIn
    case "swap_out": .swapOut
    case "major_fault": .majorFaults
    case "minor_fault": .minorFaults
    case "unused": .unused
    case "available": .available
    case "usable": .usable
    case "last_update": .lastUpdate
    case "rss": .residentSet
    case "disk_caches": .diskCaches
    case "hugetlb_pgalloc": .hugePageAllocations
    case "hugetlb_pgfail": .hugePageFailures
    default: nil
    }
  }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    if let domain = readDomstats(&cursor) { return domain }
    var entries: [MemoryStatistics.Entry] = []
    var end = cursor.index
    while let line = cursor.peek(end), let pairs = pairs(line), entries.count < 64 {
      // A name that comes again begins the next output.
      if pairs.contains(where: { pair in entries.contains { $0.tag == pair.tag } }) { break }
      entries += pairs
      end += 1
    }
    guard entries.contains(where: { $0.tag == .actual }), entries.count > 1 else { return nil }
    let asked = cursor.domain.flatMap { cursor.index - $0.line <= 3 ? $0.name : nil }
    cursor.domain = nil
    cursor.index = end
    return MemoryStatisticsArtefact(
      kind: "virsh dommemstat", statistics: MemoryStatistics(entries: entries), guestName: asked)
  }

  /// Notes of which domain a line asks: `# virsh dommemstat win10`. Ids and UUIDs are no names.
  static func note(_ line: Substring, _ cursor: inout ArtefactCursor) {
    guard line.utf8.count < 1_024, line.has("dommemstat") else { return }
    let marks = Set("*`\"'$#".utf8)
    let words = line.words.map { word in
      var bytes = word.utf8
      while let last = bytes.last, marks.contains(last) { bytes = bytes.dropLast() }
      while let first = bytes.first, marks.contains(first) { bytes = bytes.dropFirst() }
      return Substring(bytes)
    }
    guard let place = words.lastIndex(of: "dommemstat"), place + 1 < words.count,
      place == 0 || words[..<place].contains("virsh")
    else { return }
    let name = words[place + 1]
    guard !name.isEmpty, !name.hasPrefix("-"), name.decimal == nil, !name.isUUID,
      place + 2 == words.count || words[place + 2].hasPrefix("--")
    else { return }
    cursor.domain = (String(name), cursor.index)
  }

  /// `actual 4194304`, or several such pairs in one line; `nil` for anything else.
  private static func pairs(_ line: Substring) -> [MemoryStatistics.Entry]? {
    guard line.utf8.count < 512 else { return nil }
    let words = line.words
    guard !words.isEmpty, words.count.isMultiple(of: 2) else { return nil }
    var entries: [MemoryStatistics.Entry] = []
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let tag = tag(words[index]), let value = words[index + 1].decimal else { return nil }
      entries.append(MemoryStatistics.Entry(tag: tag, value: value))
    }
    return entries
  }

  /// `Domain: 'win10'` and lines such as `  balloon.current=4194304`.
  private static func readDomstats(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var end = cursor.index
    var name: String?
    if let rest = cursor.line.trimmed.dropping("Domain: '"), rest.utf8.last == UInt8(ascii: "'") {
      name = String(rest.dropLast())
      end += 1
    } else if !cursor.line.trimmed.utf8.starts(with: "balloon.".utf8) {
      return nil
    }
    var entries: [MemoryStatistics.Entry] = []
    var maximum: UInt64?
    var state: DomainState?
    while let line = cursor.peek(end)?.trimmed, let (key, value) = line.halves(at: "="), key.has("."),
      !key.has(" "), entries.count < 64
    {
      if let number = value.decimal {
        switch key {
        case "balloon.maximum": maximum = number
        case "state.state": state = Int32(exactly: number).map(DomainState.init)
        default:
          if let field = key.dropping("balloon."),
            let tag = field == "current" ? .actual : field == "last-update" ? .lastUpdate : tag(field)
          {
            entries.append(MemoryStatistics.Entry(tag: tag, value: number))
          }
        }
      }
      end += 1
    }
    guard end > cursor.index + (name == nil ? 0 : 1), name != nil || !entries.isEmpty else { return nil }
    cursor.index = end
    return MemoryStatisticsArtefact(
      kind: "virsh domstats", statistics: MemoryStatistics(entries: entries), maximum: maximum, state: state,
      guestName: name)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    if let maximum {
      let (bytes, overflow) = maximum.multipliedReportingOverflow(by: 1_024)
      if !overflow { draft.tell(\.configuration.maximum, .observed(bytes, host)) }
    }
    if let state { draft.tell(\.domain.state, .observed(state.description, host)) }
    guard !statistics.entries.isEmpty, !isShutOff else { return }
    draft.tell(
      Reading(
        statistics, time: draft.now, host: host,
        guest: place.provenance("\(kind) (from the guest's driver)", .guest)))
  }

  /// Of a domain that is shut off `domstats` tells what is configured.
  private var isShutOff: Bool { state == .shutOff || state == .crashed }
}
