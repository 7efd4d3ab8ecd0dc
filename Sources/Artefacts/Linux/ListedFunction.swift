// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// A PCI function as some form of `lspci` lists it.
struct ListedFunction: Hashable, Sendable {
  let address: PCIAddress
  /// `nil` when only names were printed.
  var identity: PCIIdentity?
  /// Whether the names are a balloon's; they are no proof.
  var isNamedBalloon: Bool
  var driver: String?
  /// Whether its lines go on to where a driver would stand.
  var isWhole = false
  /// Whether the list shows drivers at all.
  var hasDriverLines = false
  var path: PCIPath?

  /// Adds what another list knows of the same function.
  mutating func complete(with other: ListedFunction) {
    if var known = identity {
      known.subsystemVendor = known.subsystemVendor ?? other.identity?.subsystemVendor
      known.subsystem = known.subsystem ?? other.identity?.subsystem
      known.revision = known.revision ?? other.identity?.revision
      identity = known
    } else {
      identity = other.identity
    }
    if driver == nil, !(isWhole && hasDriverLines) {
      (driver, isWhole, hasDriverLines) = (other.driver, other.isWhole, other.hasDriverLines)
    }
    path = path ?? other.path
    isNamedBalloon = isNamedBalloon || other.isNamedBalloon
  }
}
