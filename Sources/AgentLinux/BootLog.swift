// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// What the kernel wrote of its memory while it came up. All of it is absent once the log has lost its beginning, which
/// makes way for what comes later.
///
/// Source: Linux mm/mm_init.c (`Memory: …K/…K available (… …K reserved, …)`), mm/mm_init.c `alloc_large_system_hash`,
/// mm/page_alloc.c `free_reserved_area` (`Freeing … memory: …K`), mm/percpu.c (`Embedded … pages/cpu`).
struct BootLog {
  /// What was set aside before the kernel's account began.
  let reserved: Fact<UInt64>
  /// What of that was given back before the first program ran.
  let freed: Fact<UInt64>
  /// Hash tables that were set aside so, and those that came later, as pages.
  let hashTables: Fact<UInt64>
  let laterHashTables: Fact<UInt64>
  /// The first of the processors' own memory, set aside so, too.
  let percpu: Fact<UInt64>

  /// More lines than a kernel writes before its first program.
  private static var recordLimit: Int { 16_384 }

  init(of platform: LinuxPlatform, page: UInt64) {
    var lines = Lines(page: page)
    var failure: FactFailure?
    var isThere = false
    do throws(ProtocolError) {
      var count = 0
      try platform.records { record in
        count &+= 1
        return count <= Self.recordLimit && lines.take(record)
      }
      isThere = true
    } catch {
      if error.code != .unsupported {
        failure = FactFailure(error.code == .denied ? .denied : .failed, error.message)
      }
    }
    func fact(_ words: String, _ value: Reading<UInt64>) -> Fact<UInt64> {
      let source = "/dev/kmsg " + words
      if let failure { return .failed(failure, source: source) }
      guard isThere, lines.isWhole else { return .absent(source: source) }
      return value.fact(source: source)
    }
    reserved = fact("Memory: reserved", lines.reserved.reading)
    freed = fact("Freeing … memory", lines.reserved.isEmpty ? .missing : lines.freed.reading)
    hashTables = fact("hash table entries before Memory:", lines.reserved.isEmpty ? .missing : lines.early.reading)
    laterHashTables = fact("hash table entries after Memory:", lines.reserved.isEmpty ? .missing : lines.later.reading)
    percpu = fact("percpu: Embedded", lines.percpu.reading)
  }

  /// The sums over the lines.
  private struct Lines {
    let page: UInt64
    var isWhole = false
    var reserved = ByteSum()
    var freed = ByteSum()
    var early = ByteSum()
    var later = ByteSum()
    var percpu = ByteSum()
    private var processors: UInt64?
    private var isFirst = true

    init(page: UInt64) { self.page = page }

    /// Takes one record.
    /// - Returns: whether more is wanted: nothing is after the kernel has started its first program, or when the first
    ///   record is not the kernel's first.
    mutating func take(_ record: ArraySlice<UInt8>) -> Bool {
      guard record.first != UInt8(ascii: " "), let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else {
        return true
      }
      if isFirst {
        isFirst = false
        let fields = record[..<semicolon].split(separator: UInt8(ascii: ","), maxSplits: 3)
        isWhole = fields.count >= 3 && decimalNumber(fields[1]) == 0
        guard isWhole else { return false }
      }
      let text = record[(semicolon &+ 1)...]
      switch text.first {
      case UInt8(ascii: "M") where starts(text, with: "Memory: "):
        // "Memory: 219832K/523768K available (14343K kernel code, …, 52388K reserved, 0K cma-reserved)"
        if reserved.isEmpty, let size = Self.number(before: "K reserved", in: text) { reserved.add(size, unit: 1024) }
      case UInt8(ascii: "F") where starts(text, with: "Freeing "):
        if let tail = rest(of: text, after: "memory: "), let size = Self.number(at: tail, end: UInt8(ascii: "K")) {
          freed.add(size, unit: 1024)
        }
      case UInt8(ascii: "s") where starts(text, with: "setup_percpu: "):
        if let tail = rest(of: text, after: "nr_cpu_ids:") {
          processors = decimalNumber(tail.prefix { $0 != UInt8(ascii: " ") })
        }
      case UInt8(ascii: "p") where starts(text, with: "percpu: Embedded "):
        if percpu.isEmpty, let processors, let tail = rest(of: text, after: "Embedded "),
          let pages = Self.number(at: tail, end: UInt8(ascii: " ")),
          case let (all, overflow) = pages.multipliedReportingOverflow(by: processors), !overflow
        {
          percpu.add(all, unit: page)
        }
      case UInt8(ascii: "R") where starts(text, with: "Run "):
        // "Run /init as init process"
        return rest(of: text, after: " as init process") == nil
      default:
        // "Dentry cache hash table entries: 65536 (order: 7, 524288 bytes, linear)"
        if let tail = rest(of: text, after: " hash table entries: "),
          let size = Self.number(before: " bytes", in: tail)
        {
          if reserved.isEmpty {
            early.add(size)
          } else if rest(of: tail, after: "vmalloc") == nil {
            later.add(size)
          }
        }
      }
      return true
    }

    private static func number(at text: ArraySlice<UInt8>, end: UInt8) -> UInt64? {
      guard let stop = text.firstIndex(of: end) else { return nil }
      return decimalNumber(text[..<stop])
    }

    /// The number that ends where `word` begins.
    private static func number(before word: StaticString, in text: ArraySlice<UInt8>) -> UInt64? {
      guard let tail = rest(of: text, after: word) else { return nil }
      let head = text[..<(tail.startIndex &- word.utf8CodeUnitCount)]
      var start = head.endIndex
      while start > head.startIndex, 0x30...0x39 ~= head[start &- 1] { start &-= 1 }
      return decimalNumber(head[start...])
    }
  }
}
