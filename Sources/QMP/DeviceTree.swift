// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import PCI

/// A PCI function as the human monitor's `info qtree` shows it: the only place where QEMU tells the ids of a function
/// that `query-pci` leaves out.
///
/// Source: QEMU softmmu/qdev-monitor.c, `qtree_print`; hw/pci/pci.c, `pcibus_dev_print`; seen with 7.2. It is text for
/// people, and may change: a line that is not understood yields nothing rather than an error.
package struct TreeFunction: Hashable, Sendable {
  /// QEMU's type, such as `virtio-balloon-pci`.
  package let type: String
  /// The device's id on the command line; `nil` when it has none.
  package let qdevID: String?
  /// Its bridge path below the root bus.
  package let path: PCIPath
  /// Its ids. The class is known only where QEMU has no word for it (a balloon's `Class 00ff`); the subsystem of a
  /// bridge reads 0000:0000 and is left out.
  package let identity: PCIIdentity
}

extension TreeFunction {
  /// Reads the reply to `human-monitor-command info qtree`.
  package static func list(decoding json: JSON) throws(QMPError) -> [TreeFunction] {
    guard let text = json.string else { throw .malformed("info qtree", "no text") }
    var reader = Reader()
    for line in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
      reader.take(line)
    }
    return reader.functions
  }

  /// Follows the indentation: a device's own lines stand two columns right of it, a bus's devices too.
  private struct Reader {
    struct Device {
      let indent: Int
      let type: String
      let id: String?
      var hop: PCIPath.Hop?
    }
    var functions: [TreeFunction] = []
    /// The devices around the current line, the outermost first.
    var devices: [Device] = []

    mutating func take(_ line: Substring.UTF8View) {
      let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
      guard let text = String(line.dropFirst(indent)) else { return }
      while let last = devices.last, last.indent >= indent { devices.removeLast() }
      if let rest = text.dropping("dev: ") {
        guard devices.count < 2 * PCIPath.limit else { return }
        let parts = rest.split(separator: ", id ", maxSplits: 1)
        let id = parts.count == 2 ? parts[1].filter { $0 != "\"" } : ""
        devices.append(Device(indent: indent, type: String(parts.first ?? ""), id: id.isEmpty ? nil : id))
        return
      }
      guard let device = devices.last, indent == device.indent + 2 else { return }
      if device.hop == nil, let address = text.dropping("addr = ") {
        devices[devices.count - 1].hop = PCIPath.Hop(parsing: String(address))
      } else if let rest = text.dropping("class "), let path = PCIPath(devices.compactMap(\.hop)), device.hop != nil {
        guard let identity = Self.identity(rest), functions.count < 65536 else { return }
        functions.append(TreeFunction(type: device.type, qdevID: device.id, path: path, identity: identity))
      }
    }

    /// `Class 00ff, addr 00:05.0, pci id 1af4:1002 (sub 1af4:0005)`.
    static func identity(_ text: Substring) -> PCIIdentity? {
      let parts = text.split(separator: ", ")
      guard parts.count == 3, let rest = parts[2].dropping("pci id ") else { return nil }
      let ids = rest.split(separator: " ")
      guard let (vendor, device) = ids.first.flatMap(pair) else { return nil }
      let subsystem = ids.count == 3 && ids[1] == "(sub" ? pair(ids[2].dropLast()) : nil
      let isKnown = subsystem.map { $0.0 != 0 || $0.1 != 0 } ?? false
      return PCIIdentity(
        vendor: vendor, device: device, subsystemVendor: isKnown ? subsystem?.0 : nil,
        subsystem: isKnown ? subsystem?.1 : nil,
        classCode: parts[0].dropping("Class ").flatMap(word).map { PCIClass(baseAndSubclass: $0) })
    }

    /// `1af4:1002`.
    static func pair(_ text: Substring) -> (UInt16, UInt16)? {
      let halves = text.split(separator: ":", omittingEmptySubsequences: false)
      guard halves.count == 2, let first = word(halves[0]), let second = word(halves[1]) else { return nil }
      return (first, second)
    }

    /// Four hexadecimal digits.
    static func word(_ text: Substring) -> UInt16? {
      text.utf8.count == 4 && text.first != "+" ? UInt16(text, radix: 16) : nil
    }
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The rest after `prefix`; `nil` when it does not begin so.
  fileprivate func dropping(_ prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}

extension MonitorCommands {
  /// The machine's PCI functions from QEMU's device tree, numbered by firmware or not.
  package func treeFunctions(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [TreeFunction] {
    try TreeFunction.list(
      decoding: try await execute("human-monitor-command", ["command-line": "info qtree"], until: deadline))
  }
}
