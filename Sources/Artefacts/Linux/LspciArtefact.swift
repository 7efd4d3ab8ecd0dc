// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import PCIAccess

/// The text of `lspci` in its line forms: `-nn`, `-n`, `-mm`, names alone, with `-k`, `-v` and `-x` lines below, with
/// domains or without.
struct LspciArtefact: ArtefactContent {
  let kind = "lspci"
  private(set) var functions: [ListedFunction] = []
  /// Whether drivers were asked for: then a function without one has none.
  private var hasDrivers = false
  /// The bridges' buses, for the way to a function.
  private var bridges: [(hop: PCIAddress, secondary: UInt8)] = []
  /// The lines of a dump, for libpci.
  private var dump: [UInt8] = []
  private var hasRows = false

  private static let limit = 4_096
  private static let bridgeLimit = 256

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.contains(UInt8(ascii: ":")), LspciHeader(cursor.line.trimmed) != nil else { return nil }
    var list = LspciArtefact()
    let margin = indent(cursor.line)
    var end = cursor.index
    while let line = cursor.peek(end) {
      if indent(line) == margin, let header = LspciHeader(line.trimmed) {
        // With another function behind it, one is whole; at the end of an excerpt lines may be missing.
        if !list.functions.isEmpty { list.functions[list.functions.count - 1].isWhole = true }
        if list.functions.count < limit {
          list.functions.append(
            ListedFunction(address: header.address, identity: header.identity, isNamedBalloon: header.isNamedBalloon))
          list.dump += Array("\(header.address) x\n".utf8)
        }
      } else if !list.takeDetail(line, margin) {
        break
      }
      end += 1
    }
    cursor.index = end
    list.finish()
    return list
  }

  private static func indent(_ line: Substring) -> Int {
    line.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
  }

  /// A line below a function.
  private mutating func takeDetail(_ line: Substring, _ margin: Int) -> Bool {
    guard !functions.isEmpty else { return false }
    if line.isEmpty { return true }
    let text = line.trimmed
    if takeRow(text) { return true }
    guard Self.indent(line) > margin else { return false }
    let last = functions.count - 1
    if let driver = text.dropping("Kernel driver in use: ") {
      hasDrivers = true
      functions[last].driver = String(driver.trimmed.prefix(64))
    } else if text.hasPrefix("Kernel modules: ") {
      hasDrivers = true
      functions[last].isWhole = true
    } else if let rest = text.dropping("Subsystem: ") {
      takeSubsystem(rest)
    } else if let rest = text.dropping("Bus: primary="), bridges.count < Self.bridgeLimit {
      let numbers = rest.words.compactMap { $0.halves(at: "=") }
      if let secondary = numbers.first(where: { $0.0 == "secondary" }).flatMap({ UInt8($0.1.prefix(2), radix: 16) }),
        secondary > 0
      {
        bridges.append((functions[last].address, secondary))
      }
    }
    return true
  }

  private mutating func takeSubsystem(_ text: Substring) {
    var ids = text.trimmed
    if ids.utf8.last == UInt8(ascii: "]"), let open = ids.utf8.lastIndex(of: UInt8(ascii: "[")) {
      ids = Substring(ids.utf8[open...].dropFirst().dropLast())
    }
    guard ids.utf8.count == 9, let (vendor, device) = LspciHeader.pair(ids) else { return }
    functions[functions.count - 1].identity?.subsystemVendor = vendor
    functions[functions.count - 1].identity?.subsystem = device
  }

  /// `10: 04 00 20 00 …` of a dump.
  private mutating func takeRow(_ text: Substring) -> Bool {
    guard text.utf8.count >= 7, text.utf8.count < 64, let (offset, values) = text.halves(at: ":"),
      (2...3).contains(offset.utf8.count), offset.utf8.allSatisfy({ hexDigit($0) != nil }),
      values.words.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { hexDigit($0) != nil } }),
      !values.words.isEmpty
    else { return false }
    hasRows = true
    dump += Array(text.utf8) + [UInt8(ascii: "\n")]
    return true
  }

  private mutating func finish() {
    if hasRows, let read = try? PCIScan.dump(dump) {
      let known = Dictionary(read.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
      for index in functions.indices {
        guard let told = known[functions[index].address] else { continue }
        functions[index].identity = told.identity ?? functions[index].identity
        if told.rootBus == 0 { functions[index].path = told.path }
      }
    }
    dump = []
    for index in functions.indices {
      functions[index].hasDriverLines = hasDrivers
      if functions[index].path == nil { functions[index].path = path(of: functions[index].address) }
    }
  }

  /// The way by the bridges' numbers; on the root bus it is the address itself.
  private func path(of address: PCIAddress) -> PCIPath? {
    guard address.segment == 0 else { return nil }
    var hops = [address.hop]
    var bus = address.bus
    while bus != 0 {
      let found = bridges.filter { $0.secondary == bus }
      guard found.count == 1, let bridge = found.first, hops.count < PCIPath.limit else { return nil }
      hops.append(bridge.hop.hop)
      bus = bridge.hop.bus
    }
    return PCIPath(hops.reversed())
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.linux.add(functions, place.provenance(kind, .guest))
  }
}
