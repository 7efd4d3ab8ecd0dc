// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Linux' /proc/meminfo, or the table that `free` prints.
struct LinuxMemoryArtefact: ArtefactContent {
  let kind: String
  /// In bytes, by the names of `guest.memory`.
  private let values: [String: UInt64]
  private let isExact: Bool

  private static let names: [Substring: String] = [
    "MemTotal": "total", "MemFree": "free", "MemAvailable": "available", "Cached": "cached", "Buffers": "buffers",
    "SwapTotal": "swapTotal", "SwapFree": "swapFree", "SwapCached": "swapCached", "AnonPages": "anonymous",
    "Slab": "slab", "SReclaimable": "slabReclaimable", "KernelStack": "kernelStack", "PageTables": "pageTables",
    "Percpu": "percpu", "VmallocUsed": "vmalloc", "Hugetlb": "hugetlb", "Shmem": "shared", "Balloon": "balloon",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? { table(&cursor) ?? free(&cursor) }

  /// `MemTotal:       16384000 kB`, which begins the file, and the lines below.
  private static func table(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let (first, _) = entry(cursor.line), first == "MemTotal" else { return nil }
    var values: [String: UInt64] = [:]
    var end = cursor.index
    while let line = cursor.peek(end), end - cursor.index < 256, let (name, bytes) = entry(line) {
      if let ours = names[name], values[ours] == nil { values[ours] = bytes }
      end += 1
    }
    // One line alone may be of anything.
    guard values.count > 1 else { return nil }
    cursor.index = end
    return LinuxMemoryArtefact(kind: "/proc/meminfo", values: values, isExact: true)
  }

  private static func entry(_ line: Substring) -> (Substring, UInt64)? {
    guard line.utf8.count < 80, let (name, rest) = line.trimmed.halves(at: ":"), !name.has(" ") else { return nil }
    let words = rest.words
    guard let number = words.first?.decimal, number < 1 << 50 else { return nil }
    if words.count == 1 { return (name, number) }
    return words.count == 2 && words[1] == "kB" ? (name, number << 10) : nil
  }

  /// The columns' names, in whichever language, and the row `Mem:`.
  private static func free(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let header = cursor.line.words
    guard cursor.line.utf8.count < 160, (6...7).contains(header.count), let row = cursor.peek(cursor.index + 1)?.words,
      row.first == "Mem:", (6...7).contains(row.count),
      !cursor.line.utf8.contains(where: { (0x30...0x39).contains($0) })
    else { return nil }
    let cells = row.dropFirst().map(cell)
    guard let unit = unit(cells.compactMap(\.self), cells.count, cursor), let total = size(cells[0], unit) else {
      return nil
    }
    var values = ["total": total]
    values["free"] = size(cells[2], unit)
    // Before 2014 the last column was another.
    if header.count == 6, header.last == "available", cells.count == 6 { values["available"] = size(cells[5], unit) }
    cursor.index += 2
    if let swap = cursor.peek(cursor.index), swap.words.count == 4, swap.words[0].utf8.last == UInt8(ascii: ":") {
      cursor.index += 1
    }
    return LinuxMemoryArtefact(kind: "free", values: values, isExact: false)
  }

  private typealias Cell = (number: Double, unit: UInt64?)

  /// `7976`, or with `-h` `7.8Gi`.
  private static func cell(_ word: Substring) -> Cell? {
    guard word.utf8.count < 16 else { return nil }
    if let number = word.decimal { return (Double(number), nil) }
    let digits = word.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
    guard let number = Double(Substring(digits).replacing(",", with: ".")), number.isFinite else { return nil }
    switch Substring(word.utf8[digits.endIndex...]) {
    case "B": return (number, 1)
    case "Ki", "K": return (number, 1 << 10)
    case "Mi", "M": return (number, 1 << 20)
    case "Gi", "G": return (number, 1 << 30)
    case "Ti", "T": return (number, 1 << 40)
    default: return nil
    }
  }

  /// What bare numbers count, as far as their size tells: no machine has 100 TiB, and none 100 MiB; 1 where each has
  /// a unit of its own.
  private static func unit(_ cells: [Cell], _ count: Int, _ cursor: ArtefactCursor) -> UInt64? {
    guard cells.count == count, let first = cells.first else { return nil }
    if first.unit != nil { return 1 }
    guard cells.allSatisfy({ $0.unit == nil }) else { return nil }
    if first.number >= 0x1p27 { return nil }
    if first.number >= 0x1p20 { return 1 << 10 }
    return first.number < 0x1p17 && first.number >= 128 ? 1 << 20 : nil
  }

  private static func size(_ cell: Cell?, _ unit: UInt64) -> UInt64? {
    guard let cell else { return nil }
    let bytes = cell.number * Double(cell.unit ?? unit)
    return bytes >= 0 && bytes < 0x1p53 ? UInt64(bytes) : nil
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.linux.add(memory: values, isExact: isExact, place.provenance(kind, .guest))
  }
}
