// SPDX-License-Identifier: GPL-3.0-or-later

/// How much a collection may do and how long it may take.
package struct CollectionOptions: Hashable, Sendable {
  /// Take one reading and judge no change.
  package var quick: Bool
  /// Asks the agent only what a judgement of one reading rests on: neither the log nor the system's own view of its
  /// memory.
  package var lean: Bool
  /// Ask QEMU's monitor through libvirt, which taints the domain (`custom-monitor`). A monitor socket of one's own
  /// needs no leave.
  package var monitor: Bool
  /// Ask qemu-ga: of a domain through libvirt, which taints it (`custom-ga-command`), else at its port's socket.
  package var qemuGA: Bool
  /// The socket of qemu-ga's port; `nil` for the one that the machine's monitor names.
  package var qemuGASocket: String?
  /// How long one source may take, the sampling window not counted.
  package var deadline: Duration
  /// How long the guest is watched, every reading kept: at most an hour. `nil` watches only until the statistics have
  /// advanced. Of no account with ``quick``.
  package var duration: Duration?
  /// How far apart the readings of a ``duration`` are: at least a quarter of a second.
  package var interval: Duration
  /// Look at the machine that runs the guest, too. Whoever keeps a transcript looks at it in any case.
  package var host: Bool
  /// Look at the memory of QEMU's process part by part, too.
  package var process: Bool
  /// Where the journals of exercises are looked for; empty: nowhere.
  package var journals: [String]
  /// The version of virt-balloon, for the evidence.
  package var tool: String

  package init(
    quick: Bool, lean: Bool = false, monitor: Bool, qemuGA: Bool = false, qemuGASocket: String? = nil,
    deadline: Duration, duration: Duration? = nil, interval: Duration = .seconds(2), host: Bool = false,
    process: Bool = false, journals: [String] = [], tool: String
  ) {
    self.quick = quick
    self.lean = lean
    self.monitor = monitor
    self.qemuGA = qemuGA
    self.qemuGASocket = qemuGASocket
    self.deadline = deadline
    self.duration = duration
    self.interval = interval
    self.host = host
    self.process = process
    self.journals = journals
    self.tool = tool
  }

  /// The longest ``duration``: an hour.
  package static let longestDuration = Watch.longest
  /// The shortest ``interval``: a quarter of a second.
  package static let shortestInterval = Watch.quickest
}
