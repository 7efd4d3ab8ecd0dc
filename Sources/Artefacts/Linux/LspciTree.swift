// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// The tree of `lspci -t`, `-tv`, `-tvnn`: the only form that shows the bridges above a function.
///
/// A root is `-[0000:00]-`, a function `05.0`, the bus behind a bridge `-[01]-` or `-[01-03]-`; what stands on one bus
/// stands in one column, behind `+-` or `\-`. Source: pciutils ls-tree.c.
struct LspciTree: ArtefactContent {
  let kind = "lspci -t"
  let rank = 45
  private var paths: [PCIAddress: PCIPath] = [:]

  private struct Level {
    let column: Int
    let segment: UInt32
    let bus: UInt8
    let hops: [PCIPath.Hop]
  }
  private static let limit = 4_096

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.trimmed.hasPrefix("-["), cursor.line.has("]-") else { return nil }
    var tree = LspciTree()
    var levels: [Level] = []
    var end = cursor.index
    while let line = cursor.peek(end), !line.isEmpty, line.utf8.count < 1_024, tree.paths.count < limit,
      tree.take(Array(line.utf8), &levels)
    {
      end += 1
    }
    guard !tree.paths.isEmpty else { return nil }
    cursor.index = end
    return tree
  }

  /// Takes one line; `false` when it is none of a tree.
  private mutating func take(_ line: [UInt8], _ levels: inout [Level]) -> Bool {
    let marks = Set(" \t|".utf8)
    var place = line.firstIndex { !marks.contains($0) } ?? line.count
    guard place < line.count else { return true }
    if line[place] == UInt8(ascii: "-") || line[place] == UInt8(ascii: "+") || line[place] == UInt8(ascii: "\\"),
      place + 2 < line.count, line[place + 1] == UInt8(ascii: "[") || line[place + 2] == UInt8(ascii: "[")
    {
      // `-[0000:00]-`, and `+-[0000:80]-` of a further root.
      guard let open = line[place...].firstIndex(of: UInt8(ascii: "[")),
        let close = line[open...].firstIndex(of: UInt8(ascii: "]")),
        let (segment, bus) = Self.root(line[(open + 1)..<close])
      else { return false }
      levels = []
      return takeFunctions(line, from: close + 1, Level(column: 0, segment: segment, bus: bus, hops: []), &levels)
    }
    guard line[place] == UInt8(ascii: "+") || line[place] == UInt8(ascii: "\\") else { return false }
    while let last = levels.last, last.column > place { levels.removeLast() }
    guard let level = levels.last, level.column == place else { return false }
    place += 1
    return takeFunctions(line, from: place, level, &levels)
  }

  /// Takes `-05.0  Name`, and what stands behind a bridge in the same line.
  private mutating func takeFunctions(
    _ line: [UInt8], from start: Int, _ level: Level, _ levels: inout [Level]
  ) -> Bool {
    var place = start
    var level = level
    while place < line.count {
      while place < line.count, line[place] == UInt8(ascii: "-") { place += 1 }
      if place < line.count, line[place] == UInt8(ascii: "+") {
        level = Level(column: place, segment: level.segment, bus: level.bus, hops: level.hops)
        levels.append(level)
        place += 1
        continue
      }
      guard place + 4 <= line.count,
        let hop = PCIPath.Hop(parsing: String(decoding: line[place..<(place + 4)], as: UTF8.self)),
        let address = PCIAddress(
          segment: level.segment, bus: level.bus, device: hop.device, function: hop.function),
        let path = PCIPath(level.hops + [hop])
      else { return true }
      paths[address] = path
      place += 4
      // The bus behind a bridge.
      guard place + 1 < line.count, line[place] == UInt8(ascii: "-"), line[place + 1] == UInt8(ascii: "["),
        let close = line[place...].firstIndex(of: UInt8(ascii: "]")),
        let bus = Self.bus(line[(place + 2)..<close])
      else { return true }
      level = Level(column: level.column, segment: level.segment, bus: bus, hops: path.hops)
      place = close + 1
    }
    return true
  }

  /// `0000:00`, or `00` where there is one domain.
  private static func root(_ bytes: ArraySlice<UInt8>) -> (UInt32, UInt8)? {
    let text = String(decoding: bytes, as: UTF8.self)[...]
    guard let (segment, bus) = text.halves(at: ":") else { return UInt8(text, radix: 16).map { (0, $0) } }
    guard let segment = UInt32(segment, radix: 16), let bus = UInt8(bus, radix: 16) else { return nil }
    return (segment, bus)
  }

  /// `01`, or `01-03`, of which the first is the bridge's own.
  private static func bus(_ bytes: ArraySlice<UInt8>) -> UInt8? {
    UInt8(String(decoding: bytes.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self), radix: 16)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) { draft.linux.add(paths) }
}
