// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Two figures that people compare, and what lies between them.
package struct MemoryDifference: Hashable, Sendable {
  /// Stable, for programs: `maximum-actual`.
  package var id: String
  package var from: MemoryBucket
  package var to: MemoryBucket
  /// The pieces that make it up, by their ids.
  package var explainedBy: [String]
  /// One sentence.
  package var explanation: String

  /// `from` less `to` in bytes; `nil` when one is not known.
  package var bytes: Int64? {
    guard let from = from.bytes, let to = to.bytes, from < MemoryBucket.most, to < MemoryBucket.most else { return nil }
    return Int64(from) - Int64(to)
  }

  /// Every pair of which at least one side is known, from the maximum to the host.
  static func all(_ account: MemoryAccount, _ source: AccountSource) -> [MemoryDifference] {
    let buckets = [
      "maximum", "target", "actual", "guest.total", "guest.available", "process.resident", "process.guest-ram",
    ]
    .reduce(into: [String: MemoryBucket]()) { $0[$1] = account.bucket($1) }
    func pair(_ from: String, _ to: String, by ids: [String], _ explain: (Int64) -> String) -> MemoryDifference? {
      guard let first = buckets[from], let second = buckets[to], first.bytes != nil || second.bytes != nil else {
        return nil
      }
      var difference = MemoryDifference(
        id: "\(from)-\(to)", from: first, to: second, explainedBy: ids, explanation: "")
      difference.explanation = difference.bytes.map(explain) ?? unknown(first, second)
      return difference
    }
    let held = account.bucket("balloon")?.bytes ?? 0
    let isInside = account.guest?.parts.contains { $0.id == "balloon" } == true
    let reserved = account.machine.parts.filter { $0.kind == .uncounted && $0.bytes != nil }.map(\.id)
    return [
      pair("maximum", "target", by: []) { bytes in
        bytes > 0
          ? "What the configuration asks the balloon to hold."
          : bytes == 0 ? "The configuration asks nothing of the balloon." : "The target is above the maximum."
      },
      // What a configuration asks for counts virtio-mem, and actual does not.
      source.virtioMemory > 0
        ? nil
        : pair("target", "actual", by: []) { bytes in
          if bytes != 0, account.remarks.contains(where: { $0.id.hasPrefix("exercise.") }) {
            return "An exercise moves the balloon, or was interrupted before it put it back."
          }
          return bytes == 0
            ? "The balloon is where the configuration asks it to be."
            : bytes < 0
              ? "The guest has more than the configuration asks: the balloon has not followed, or somebody asked for "
                + "another size since."
              : "The guest has less than the configuration asks: somebody asked for another size since."
        },
      pair("maximum", "actual", by: ["balloon"] + (source.virtioMemory > 0 ? ["virtio-mem"] : [])) { bytes in
        bytes == 0
          ? "The balloon holds nothing."
          : bytes > 0
            ? "In the balloon" + (source.virtioMemory > 0 ? ", and by virtio-mem, which actual does not count." : ".")
            : "actual is above the maximum: the two do not belong together."
      },
      pair("actual", "guest.total", by: isInside ? ["balloon"] + reserved : reserved) { bytes in
        if isInside, held > 0 {
          return "The guest counts the balloon (\(ByteCount.text(held))) as part of its total, and its kernel's and "
            + "firmware's reservations not."
        }
        return bytes >= 0
          ? "Firmware's part and what the guest's kernel reserved at boot, most of it for the whole maximum."
          : "The guest counts more than the balloon leaves it: the figures are of different moments, or virtio-mem "
            + "brings the rest."
      },
      pair("guest.total", "guest.available", by: account.guest?.parts.filter { $0.kind == .used }.map(\.id) ?? []) {
        _ in
        // MemAvailable is without the low watermarks (si_mem_available in mm/show_mem.c).
        "In use" + (isInside && held > 0 ? ", the balloon with it" : "")
          + (source.isWindows ? "." : ", or free memory that the kernel keeps back for itself.")
      },
      pair("actual", "process.resident", by: ["process.guest-ram", "process.retained"]) { bytes in
        bytes > 0
          ? "The guest has not touched all that it may use, so the host has not spent it."
          : bytes == 0
            ? "The host spends what the guest may use."
            : "QEMU's own memory, or pages that the guest gave and the host "
              + "did not get back."
      },
      pair("process.resident", "process.guest-ram", by: []) { _ in "QEMU's own memory: its program, heap and devices."
      },
    ].compactMap { $0 }
  }

  private static func unknown(_ first: MemoryBucket, _ second: MemoryBucket) -> String {
    let names = [first, second].filter { $0.bytes == nil }.map(\.name)
    return (names.count == 1 ? "\(names.joined()) is" : "Both are") + " not known."
  }
}
