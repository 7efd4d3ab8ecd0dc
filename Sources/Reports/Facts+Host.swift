// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension Facts {
  /// The machine that runs the guest; nothing when it was not looked at.
  static func ofHost(_ evidence: Evidence) -> [Fact] {
    guard let host = evidence.host else { return [] }
    return collect(false) { facts in
      facts.field("host", "kernel " + TerminalText.shortened(Known.text(host.kernel), to: 80))
      facts.field(
        "host's memory", "\(Known.size(host.memoryTotal)), available \(Known.size(host.memoryAvailable))")
      facts.field("host's swap", "\(Known.size(host.swapTotal)), free \(Known.size(host.swapFree))")
      let merging = Known.text(host.ksm, absent: "this kernel has none") { run in
        run == 1 ? "on" : run == 0 ? "off" : "off, and what was merged has been parted"
      }
      facts.field("page merging", merging + (host.ksmSaved.value.map { ", saves \(EvidenceText.size($0))" } ?? ""))
      let pools = Known.text(host.hugepages) { pools in
        let used = pools.filter { $0.total > 0 }.prefix(8)
        return used.isEmpty
          ? "none set aside"
          : used.map { "\($0.total) of \(EvidenceText.size($0.pageSize)), \($0.free) free" }.joined(separator: "; ")
      }
      facts.field("huge pages", "\(pools); transparent ones: \(Known.text(host.transparentHugepages))")
    }
  }
}
