// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// The records of `lspci -vmm`, with `-k` and `-n` or `-nn`: one value a line, a blank line between functions.
///
/// Source: pciutils lspci.man, "Machine readable output".
struct LspciRecords: ArtefactContent {
  let kind = "lspci -vmm"
  private var functions: [ListedFunction] = []
  private static let limit = 4_096

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard address(cursor.line) != nil, !cursor.isPassed(by: "lspci -vmm") else { return nil }
    var records = LspciRecords()
    var hasDrivers = false
    var end = cursor.index
    while let line = cursor.peek(end), records.functions.count < limit, let address = address(line) {
      var fields: [Substring: Substring] = [:]
      end += 1
      while let line = cursor.peek(end), !line.isEmpty, let (key, value) = line.halves(at: ":"),
        self.address(line) == nil,
        !key.has(" "), fields.count < 32
      {
        fields[key.trimmed] = value.trimmed
        end += 1
      }
      guard let device = fields["Device"], fields["Vendor"] != nil, fields["Class"] != nil else { continue }
      var function = ListedFunction(address: address, identity: identity(fields), isNamedBalloon: false)
      function.isNamedBalloon = function.identity == nil && device.has("balloon") && device.has("Virtio")
      function.driver = fields["Driver"].map { String($0.prefix(64)) }
      // A record ends with a blank line.
      function.isWhole = cursor.peek(end)?.isEmpty == true
      hasDrivers = hasDrivers || function.driver != nil || fields["Module"] != nil
      function.path = address.bus == 0 && address.segment == 0 ? PCIPath([address.hop]) : nil
      records.functions.append(function)
      while let line = cursor.peek(end), line.isEmpty { end += 1 }
    }
    guard !records.functions.isEmpty else {
      cursor.pass("lspci -vmm", until: end)
      return nil
    }
    for index in records.functions.indices { records.functions[index].hasDriverLines = hasDrivers }
    cursor.index = end
    return records
  }

  /// `Slot:	00:05.0`.
  private static func address(_ line: Substring) -> PCIAddress? {
    guard line.utf8.count < 64, let rest = line.trimmed.dropping("Slot:") else { return nil }
    return PCIAddress(parsing: String(rest.trimmed))
  }

  private static func identity(_ fields: [Substring: Substring]) -> PCIIdentity? {
    func id(_ key: Substring) -> UInt16? { fields[key].flatMap(LspciHeader.id) }
    guard let vendor = id("Vendor"), let device = id("Device") else { return nil }
    return PCIIdentity(
      vendor: vendor, device: device, subsystemVendor: id("SVendor"), subsystem: id("SDevice"),
      classCode: id("Class").map { PCIClass(baseAndSubclass: $0) },
      revision: fields["Rev"].flatMap { UInt8($0, radix: 16) })
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.linux.add(functions, place.provenance(kind, .guest))
  }
}
