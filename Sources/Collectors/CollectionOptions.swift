// SPDX-License-Identifier: GPL-3.0-or-later

/// How much a collection may do and how long it may take.
package struct CollectionOptions: Hashable, Sendable {
  /// Take one reading and judge no change.
  package var quick: Bool
  /// Asks the agent only what a judgement of one reading rests on: neither the log nor the system's own view of its
  /// memory.
  package var lean: Bool
  /// Ask QEMU's monitor through libvirt, which taints the domain (`custom-monitor`). A monitor socket of one's own needs
  /// no leave.
  package var monitor: Bool
  /// How long one source may take, the sampling window not counted.
  package var deadline: Duration
  /// The version of virt-balloon, for the evidence.
  package var tool: String

  package init(quick: Bool, lean: Bool = false, monitor: Bool, deadline: Duration, tool: String) {
    self.quick = quick
    self.lean = lean
    self.monitor = monitor
    self.deadline = deadline
    self.tool = tool
  }
}
