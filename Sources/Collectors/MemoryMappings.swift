// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The mappings of a process, by /proc/PID/smaps, as far as they may hold a guest's RAM.
///
/// Source: Linux Documentation/filesystems/proc.rst: a line `START-END rwxp OFFSET DEV INODE   NAME`, then one for each
/// counter, in kB.
struct MemoryMappings: Sendable {
  struct Mapping: Hashable, Sendable {
    let start: UInt64
    let end: UInt64
    /// Device and inode of the file behind it; `00:00 0` for anonymous memory.
    let file: String
    /// What of it is in RAM, in bytes, huge pages of hugetlbfs counted.
    var resident: UInt64 = 0

    var size: UInt64 { end - start }
    var isAnonymous: Bool { file == "00:00 0" }
  }

  private(set) var mappings: [Mapping] = []

  /// Smaller ones hold no guest's RAM.
  private static let smallest: UInt64 = 1 << 20
  /// How much is read: Linux allows 65,530 mappings unless told otherwise, of some 700 bytes each.
  private static let byteLimit = 128 << 20

  init(_ mappings: [Mapping]) { self.mappings = mappings }

  /// Reads the file piece by piece; it blocks.
  init(smaps path: String, until deadline: ContinuousClock.Instant) throws(Failure) {
    var found: [Mapping] = []
    var current: Mapping?
    try HostLines.read(path, limit: Self.byteLimit, until: deadline) { line in
      if let mapping = Self.head(line) {
        if let current { found.append(current) }
        current = mapping.mayBeRAM && mapping.mapping.size >= Self.smallest ? mapping.mapping : nil
      } else if current != nil, let (name, bytes) = Self.size(line),
        name.elementsEqual("Rss".utf8) || name.elementsEqual("Shared_Hugetlb".utf8)
          || name.elementsEqual("Private_Hugetlb".utf8)
      {
        let sum = current?.resident.addingReportingOverflow(bytes)
        if let sum, !sum.overflow { current?.resident = sum.partialValue }
      }
      return true
    }
    if let current { found.append(current) }
    mappings = found
  }

  /// What is resident of the guest's RAM of that size, when it can be told which mappings hold it: one mapping of that
  /// size; those of one file, or those side by side, that have it together; the largest of one kind that have it
  /// together (several backends, NUMA nodes); or the only one that is larger, but not twice as large.
  /// - Throws: `unsupported` when several would do, or none.
  func resident(holding ram: UInt64) throws(Failure) -> UInt64 {
    let alone = mappings.filter { $0.size == ram }
    if let only = alone.first {
      guard alone.count == 1 else {
        throw Failure(
          .unsupported,
          "\(alone.count) mappings of QEMU's process are as large as the guest's RAM: which holds it "
            + "cannot be told")
      }
      return only.resident
    }
    let files = Dictionary(grouping: mappings.filter { !$0.isAnonymous }, by: \.file).values.map { $0 }
    if let sum = Self.only(files + runs, of: ram) { return sum }
    let kinds = [mappings.filter(\.isAnonymous), mappings.filter { !$0.isAnonymous }]
    if let sum = Self.only(kinds.compactMap { Self.largest($0, of: ram) }, of: ram) { return sum }
    let larger = mappings.filter { $0.size > ram }
    if larger.count == 1, let only = larger.first, only.size / 2 < ram { return only.resident }
    throw Failure(
      .unsupported,
      "no mapping of QEMU's process, nor several of one kind, are as large as the guest's RAM of "
        + "\(ram >> 20) MiB: which hold it cannot be told")
  }

  /// Anonymous mappings that lie side by side, as one that advice or protection has split does.
  private var runs: [[Mapping]] {
    var runs: [[Mapping]] = []
    for mapping in mappings where mapping.isAnonymous {
      if let last = runs.last?.last, last.end == mapping.start {
        runs[runs.count - 1].append(mapping)
      } else {
        runs.append([mapping])
      }
    }
    return runs
  }

  /// The largest that are as large as `ram` together; `nil` when one more is too much.
  private static func largest(_ mappings: [Mapping], of ram: UInt64) -> [Mapping]? {
    var (taken, sum): ([Mapping], UInt64) = ([], 0)
    let ordered = mappings.sorted { $0.size > $1.size }
    for (index, mapping) in ordered.enumerated() {
      let (next, overflow) = sum.addingReportingOverflow(mapping.size)
      guard !overflow, next <= ram else { return nil }
      taken.append(mapping)
      sum = next
      // One more of the size of the last might be the one as well.
      if sum == ram { return ordered.dropFirst(index + 1).first?.size == mapping.size ? nil : taken }
    }
    return nil
  }

  /// What is resident of the only group that is as large as `ram` together.
  private static func only(_ groups: [[Mapping]], of ram: UInt64) -> UInt64? {
    let fitting = groups.filter { sum($0, \.size) == ram }
    return fitting.count == 1 ? fitting.first.flatMap { sum($0, \.resident) } : nil
  }

  private static func sum(_ mappings: [Mapping], _ part: (Mapping) -> UInt64) -> UInt64? {
    var total: UInt64 = 0
    for mapping in mappings {
      let (sum, overflow) = total.addingReportingOverflow(part(mapping))
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }

  /// The first line of a mapping; `nil` for any other.
  private static func head(_ line: ArraySlice<UInt8>) -> (mapping: Mapping, mayBeRAM: Bool)? {
    // Counters begin with a capital letter.
    guard let first = line.first, first < UInt8(ascii: "A") || first > UInt8(ascii: "Z") else { return nil }
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
    guard words.count >= 5, words[1].count == 4 else { return nil }
    let ends = words[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard ends.count == 2, let start = UInt64(String(decoding: ends[0], as: UTF8.self), radix: 16),
      let end = UInt64(String(decoding: ends[1], as: UTF8.self), radix: 16), start < end
    else { return nil }
    let file = String(decoding: words[3], as: UTF8.self) + " " + String(decoding: words[4], as: UTF8.self)
    // What QEMU translates without KVM lies in a mapping of 1 GiB that may be run; RAM may be written to, and not run.
    let rights = Array(words[1])
    let mayBeRAM = rights[1] == UInt8(ascii: "w") && rights[2] == UInt8(ascii: "-")
    return (Mapping(start: start, end: end, file: file), mayBeRAM)
  }

  /// A line `Name:   123 kB`, in bytes; `nil` for any other.
  static func size(_ line: ArraySlice<UInt8>) -> (name: ArraySlice<UInt8>, bytes: UInt64)? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let words = line[(colon + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard words.count == 2, words[1].elementsEqual("kB".utf8),
      let number = UInt64(String(decoding: words[0], as: UTF8.self)),
      case let (bytes, overflow) = number.multipliedReportingOverflow(by: 1_024), !overflow
    else { return nil }
    return (line[..<colon], bytes)
  }
}
