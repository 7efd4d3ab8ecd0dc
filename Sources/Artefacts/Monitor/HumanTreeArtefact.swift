// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import PCI
import QMP

/// The human monitor's `info qtree`: buses and devices with their settings, nested by indentation; also an excerpt
/// around the balloon.
///
/// Source: QEMU system/qdev-monitor.c; seen with 7.2. It alone tells the settings that nobody can ask by `query-pci`.
struct HumanTreeArtefact: ArtefactContent {
  let kind = "info qtree"
  let rank = 12
  /// QEMU's type of the balloon, and its id; `nil` when the text has no balloon.
  private var balloon: (type: String, id: String?)?
  private var function: TreeFunction?
  private var decoys: [HostFunction] = []
  private var settings: [Substring: Substring] = [:]
  /// Whether the tree begins at its root, so that the way to a device is whole.
  private var isRooted = false
  private var isWhole = false

  private static let lineLimit = 50_000

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let first = cursor.line.trimmed
    guard first == "bus: main-system-bus" || isDevice(first) || isBus(first, cursor),
      !cursor.isPassed(by: "info qtree")
    else { return nil }
    var tree = HumanTreeArtefact()
    tree.isRooted = first == "bus: main-system-bus"
    var lines: [Substring] = []
    let margin = indent(cursor.line)
    var end = cursor.index
    // How deep the balloon stands, while its lines last.
    var depth: Int?
    while let line = cursor.peek(end), lines.count < lineLimit, !line.isEmpty {
      let text = line.trimmed
      let isNode = isDevice(text) || text.hasPrefix("bus: ")
      guard indent(line) > margin || isNode && indent(line) == margin else { break }
      if let place = depth, isDevice(text), indent(line) <= place { depth = nil }
      if depth == nil, let device = device(text), device.type.hasPrefix("virtio-balloon"), tree.balloon == nil {
        tree.balloon = device
        depth = indent(line)
      } else if depth != nil, let (name, value) = text.halves(at: "="), tree.settings.count < 256 {
        tree.settings[name.trimmed] = value.trimmed
      }
      lines.append(line)
      end += 1
    }
    guard lines.count > 1, lines.contains(where: { isDevice($0.trimmed) }) else {
      cursor.pass("info qtree", until: end)
      return nil
    }
    let functions = (try? TreeFunction.list(decoding: .string(lines.joined(separator: "\n")))) ?? []
    tree.function = functions.first { $0.identity.isBalloon }
    tree.decoys = functions.filter { $0.identity.isSharedMemory }.compactMap { function in
      guard function.path.hops.count == 1,
        let address = PCIAddress(bus: 0, device: function.path.leaf.device, function: function.path.leaf.function)
      else { return nil }
      return HostFunction(address: address, path: tree.isRooted ? function.path : nil, identity: function.identity)
    }
    var next = end
    while let line = cursor.peek(next), line.isEmpty { next += 1 }
    let isEnded = cursor.peek(next).map { $0.hasPrefix("(qemu)") || $0.hasPrefix("qm>") } ?? false
    tree.isWhole = tree.isRooted && isEnded
    cursor.index = end
    cursor.monitorCommand = nil
    return tree
  }

  private static func indent(_ line: Substring) -> Int { line.utf8.prefix { $0 == UInt8(ascii: " ") }.count }

  /// `dev: virtio-balloon-pci, id "balloon0"`.
  private static func device(_ text: Substring) -> (type: String, id: String?)? {
    guard let rest = text.dropping("dev: "), let place = rest.place(of: ", id \"") else { return nil }
    let id = rest[place...].utf8.dropFirst(6)
    guard id.last == UInt8(ascii: "\"") else { return nil }
    let name = String(Substring(id.dropLast()))
    return (String(rest[..<place]), name.isEmpty ? nil : name)
  }
  private static func isDevice(_ text: Substring) -> Bool { text.utf8.count < 512 && device(text) != nil }

  /// A bus, which the kind of the bus follows.
  private static func isBus(_ text: Substring, _ cursor: ArtefactCursor) -> Bool {
    text.hasPrefix("bus: ") && text.words.count == 2
      && cursor.peek(cursor.index + 1)?.trimmed.hasPrefix("type ") == true
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    if !decoys.isEmpty { draft.tell(\.device.decoys, .observed(decoys, host)) }
    guard let balloon else {
      if isWhole { draft.tell(\.device.qomPath, .absent(host)) }
      return
    }
    // Devices with an id stand below this node (QEMU system/qdev-monitor.c).
    if let id = balloon.id { draft.tell(\.device.qomPath, .observed("/machine/peripheral/" + id, host)) }
    if let model = MachineCommandLine.model(ofDevice: balloon.type[...]) {
      draft.tell(\.configuration.model, .observed(model, host))
    }
    if let on = flag("deflate-on-oom") { draft.tell(\.configuration.autodeflate, .observed(on, host)) }
    if let on = flag("free-page-reporting") { draft.tell(\.configuration.freePageReporting, .observed(on, host)) }
    guard let function else { return }
    draft.tell(\.device.identity, .observed(function.identity, host))
    guard isRooted else { return }
    draft.tell(\.device.path, .observed(function.path, host))
    let leaf = function.path.leaf
    if function.path.hops.count == 1, let address = PCIAddress(bus: 0, device: leaf.device, function: leaf.function) {
      draft.tell(\.device.address, .observed(address, host))
    }
  }

  private func flag(_ name: Substring) -> Bool? {
    switch settings[name] {
    case "true"?, "on"?: true
    case "false"?, "off"?: false
    default: nil
    }
  }
}
