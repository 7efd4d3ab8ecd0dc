// SPDX-License-Identifier: GPL-3.0-or-later

/// How much a collection may do and how long it may take.
package struct CollectionOptions: Hashable, Sendable {
  /// Take one reading and judge no change.
  package var quick: Bool
  /// Ask QEMU's monitor through libvirt, which taints the domain (`custom-monitor`). A monitor socket of one's own
  /// needs no leave.
  package var monitor: Bool
  /// How long one source may take, the sampling window not counted.
  package var deadline: Duration
  /// The version of virt-balloon, for the evidence.
  package var tool: String

  package init(quick: Bool, monitor: Bool, deadline: Duration, tool: String) {
    self.quick = quick
    self.monitor = monitor
    self.deadline = deadline
    self.tool = tool
  }
}
