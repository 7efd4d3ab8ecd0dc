// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// Bridge paths from the bus numbers that firmware or the system wrote into the bridges.
struct BridgeNumbering {
  private struct Bus: Hashable {
    let segment: UInt32
    let number: UInt8
  }
  private struct Bridge {
    let address: PCIAddress
    let numbers: ConfigurationSpace.BridgeNumbers
  }
  /// The bridges whose secondary bus is the key.
  private var behind: [Bus: [Bridge]] = [:]
  /// The buses that lie behind some bridge.
  private var covered: Set<Bus> = []
  /// The segments of which bus 0 was read, and so probably everything.
  private var whole: Set<UInt32> = []

  init(_ functions: [PCIFunction]) {
    for function in functions {
      let address = function.address
      if address.bus == 0 { whole.insert(address.segment) }
      guard let numbers = function.configuration?.bridge else { continue }
      let bridge = Bridge(address: address, numbers: numbers)
      behind[Bus(segment: address.segment, number: numbers.secondary), default: []].append(bridge)
      if numbers.secondary <= numbers.subordinate {
        for number in numbers.secondary...numbers.subordinate {
          covered.insert(Bus(segment: address.segment, number: number))
        }
      }
    }
  }

  /// The way from a root bus to `address`; `nil` when a bridge is missing, two claim the same bus, or the numbers
  /// lead in a circle.
  ///
  /// A bus behind no bridge is a root. One other than 0 is believed to be a root only when bus 0 was read too:
  /// a few functions alone tell nothing of the bridges above them.
  func path(of address: PCIAddress) -> (root: UInt8, path: PCIPath)? {
    var hops = [address.hop]
    var bus = Bus(segment: address.segment, number: address.bus)
    while hops.count <= PCIPath.limit {
      let bridges = behind[bus] ?? []
      guard bridges.count < 2 else { return nil }
      guard let bridge = bridges.first else {
        guard !covered.contains(bus), bus.number == 0 || whole.contains(bus.segment),
          let path = PCIPath(hops.reversed())
        else { return nil }
        return (bus.number, path)
      }
      guard bridge.numbers.primary == bridge.address.bus else { return nil }
      hops.append(bridge.address.hop)
      bus = Bus(segment: bridge.address.segment, number: bridge.address.bus)
    }
    return nil
  }
}
