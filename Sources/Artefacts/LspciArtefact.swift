// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// The text of `lspci -nn`, `-nnk`, `-nnv` or `-n`, which has ids; without them names say too little.
struct LspciArtefact: ArtefactContent {
  let kind = "lspci"
  private var functions: [Function] = []
  /// Whether drivers were asked for: then a function without one has none.
  private var hasDrivers = false

  private struct Function: Sendable {
    let address: PCIAddress
    var identity: PCIIdentity
    var driver: String?
    /// Whether its lines go on to where a driver would stand.
    var isWhole = false
  }
  private static let limit = 4_096

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard header(cursor.line) != nil else { return nil }
    var list = LspciArtefact()
    var end = cursor.index
    while let line = cursor.peek(end) {
      if let function = header(line) {
        // With another function behind it, one is whole; at the end of an excerpt lines may be missing.
        if !list.functions.isEmpty { list.functions[list.functions.count - 1].isWhole = true }
        if list.functions.count < limit { list.functions.append(function) }
      } else if !list.takeDetail(line) {
        break
      }
      end += 1
    }
    cursor.index = end
    return list
  }

  /// `00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002] (rev 01)`, or with `-n`
  /// `00:05.0 00ff: 1af4:1002 (rev 01)`.
  private static func header(_ line: Substring) -> Function? {
    guard line.utf8.count < 1_024, let first = line.utf8.first, hexDigit(first) != nil else { return nil }
    let words = line.words
    guard words.count >= 3, words[0].has(":"), let address = PCIAddress(parsing: String(words[0])) else { return nil }
    var classCode: UInt16?
    var ids: (UInt16, UInt16)?
    for word in words.dropFirst() {
      var text = word
      if text.utf8.last == UInt8(ascii: ":") { text = text.dropLast() }
      let isBracketed = text.utf8.first == UInt8(ascii: "[") && text.utf8.last == UInt8(ascii: "]")
      if isBracketed { text = text.dropFirst().dropLast() }
      guard isBracketed || words[1].utf8.count == 5 else { continue }
      if text.utf8.count == 4, classCode == nil, let code = UInt16(text, radix: 16) {
        classCode = code
      } else if text.utf8.count == 9, let (vendor, device) = text.halves(at: ":"),
        let vendor = UInt16(vendor, radix: 16), let device = UInt16(device, radix: 16)
      {
        ids = (vendor, device)
      }
    }
    guard let classCode, let ids else { return nil }
    var revision: UInt8?
    if let place = words.firstIndex(of: "(rev"), place + 1 < words.count {
      revision = UInt8(words[place + 1].filter { $0 != ")" }, radix: 16)
    }
    return Function(
      address: address,
      identity: PCIIdentity(
        vendor: ids.0, device: ids.1, classCode: PCIClass(baseAndSubclass: classCode), revision: revision))
  }

  /// An indented line below a function.
  private mutating func takeDetail(_ line: Substring) -> Bool {
    guard !functions.isEmpty else { return false }
    if line.isEmpty { return true }
    guard let first = line.utf8.first, first == UInt8(ascii: "\t") || first == UInt8(ascii: " ") else { return false }
    let text = line.trimmed
    let last = functions.count - 1
    if let driver = text.dropping("Kernel driver in use: ") {
      hasDrivers = true
      functions[last].driver = String(driver.trimmed)
    } else if text.hasPrefix("Kernel modules: ") {
      hasDrivers = true
      functions[last].isWhole = true
    } else if text.hasPrefix("Subsystem: "), let open = text.utf8.lastIndex(of: UInt8(ascii: "[")),
      text.utf8.last == UInt8(ascii: "]"),
      let (vendor, device) = text[open...].dropFirst().dropLast().halves(at: ":"),
      let vendor = UInt16(vendor, radix: 16), let device = UInt16(device, radix: 16)
    {
      functions[last].identity.subsystemVendor = vendor
      functions[last].identity.subsystem = device
    }
    return true
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    // The list of a host, or an excerpt, has no balloon, and says nothing of this guest.
    guard functions.contains(where: { $0.identity.isBalloon }) else { return }
    draft.tell(\.guest.osFamily, .observed("linux", source))
    let relevant = functions.filter {
      $0.identity.vendor == PCIIdentity.virtioVendor || $0.identity.isBalloonDecoy
    }
    draft.tell(\.guest.functions, .observed(relevant.map { function($0, source) }, source))
  }

  private func function(_ told: Function, _ source: Provenance) -> GuestFunction {
    let ask = GuestCommands.probe
    var function = GuestFunction(
      Unknown(failure: Failure(.notAsked, "lspci does not tell", ask: ask), provenance: source))
    function.address = .observed(told.address, source)
    function.identity = .observed(told.identity, source)
    // Only on the root bus is an address a path.
    if told.address.bus == 0, told.address.segment == 0, let path = PCIPath([told.address.hop]) {
      function.path = .observed(path, source)
    }
    if let driver = told.driver {
      function.driver = .observed(driver, source)
    } else if hasDrivers, told.isWhole {
      function.driver = .absent(source)
    }
    return function
  }
}
