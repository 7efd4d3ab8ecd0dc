// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// The machine's memory devices, summed by kind, in bytes; `nil` for a kind of which it has none.
///
/// Source: QEMU qapi/machine.json, `query-memory-devices`. Measured with 7.2.22: plugged-memory of
/// `query-memory-size-summary` counts all of them, NVDIMMs too, and the balloon's size DIMMs alone.
package struct MemoryDevices: Hashable, Sendable {
  /// `pc-dimm`: RAM.
  package let dimm: UInt64?
  /// What virtio-mem has plugged now, not what it may.
  package let virtio: UInt64?
  /// NVDIMMs and `virtio-pmem`: a disk that is mapped, no RAM.
  package let persistent: UInt64?

  package init(dimm: UInt64? = nil, virtio: UInt64? = nil, persistent: UInt64? = nil) {
    (self.dimm, self.virtio, self.persistent) = (dimm, virtio, persistent)
  }

  package init(decoding json: JSON) throws(QMPError) {
    let command = "query-memory-devices"
    guard let devices = json.array else { throw .malformed(command, "no list") }
    func sum(_ types: String...) throws(QMPError) -> UInt64? {
      var sum: UInt64?
      for device in devices {
        guard let type = device["type"]?.string, types.contains(type) else { continue }
        guard let size = device["data"]?["size"]?.uint else { throw .malformed(command, "a \(type) without a size") }
        let (total, overflow) = (sum ?? 0).addingReportingOverflow(size)
        guard !overflow else { throw .malformed(command, "more memory than there is") }
        sum = total
      }
      return sum
    }
    dimm = try sum("dimm")
    virtio = try sum("virtio-mem")
    persistent = try sum("nvdimm", "virtio-pmem")
  }
}
