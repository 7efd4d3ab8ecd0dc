// SPDX-License-Identifier: GPL-3.0-or-later

/// Every rule, in the order in which a person would ask.
package enum Catalogue {
  package static let all: [Rule] =
    GuestRules.all + MemoryPressureRule.all + BalloonDeviceRules.all + XenRule.all + MaximumRule.all
    + FeatureRules.all + MemoryBackingRules.all + HostMemoryRule.all + PCIRules.all + DriverRules.all + ServiceRules.all
    + StatisticsRules.all
    + TargetRules.all + AgentRules.all

  /// The rule of that id; `nil` when there is none.
  package static func rule(_ id: String) -> Rule? { all.first { $0.id == id } }
}
