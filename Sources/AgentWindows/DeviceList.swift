// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import PCI
import WindowsPnP

/// The PCI functions that the protocol asks for, present and remembered, with the keys that page through them.
final class DeviceList {
  struct Entry {
    let key: UInt64
    let instanceID: String
  }

  /// As of the latest ``refresh()``, in the order of their keys.
  private(set) var entries: [Entry] = []

  /// More PCI devices than any guest has: an end for a list that has none.
  private static var limit: UInt32 { 65_536 }

  /// Lists vendor 1af4 and class 05xx anew. A device whose class cannot be told is listed too, so that nothing is left
  /// out in silence.
  func refresh() throws(WindowsError) {
    var found: [Entry] = []
    func list(_ text: String) {
      let id = InstanceID(text)
      let key = Self.key(id)
      if !found.contains(where: { $0.key == key }), Self.isListed(id) {
        found.append(Entry(key: key, instanceID: text))
      }
    }
    try eachDevice(list)
    // Wine's SetupAPI leaves out devices without a class, as one without a driver is. What Windows' own tells is
    // whole.
    try? eachKey(list)
    found.sort { $0.key < $1.key }
    entries = found
  }

  private func eachDevice(_ body: (String) -> Void) throws(WindowsError) {
    var devices: UnsafeMutableRawPointer?
    let opened = "PCI".withWide { vb_win_devices_open($0, &devices) }
    guard opened >= 0, let devices else { throw WindowsError(opened) }
    defer { vb_win_devices_close(devices) }
    for index in 0..<Self.limit {
      let result = vb_win_device_at(devices, index)
      guard result >= 0 else {
        let error = WindowsError(result)
        if error.kind == .ended { return }
        throw error
      }
      body(try wideText { vb_win_device_id(devices, $0, $1) })
    }
  }

  private func eachKey(_ body: (String) -> Void) throws(WindowsError) {
    let folder = Registry.control + "\\Enum\\PCI"
    var devices: [String] = []
    try Registry.subkeys(folder) { device in
      devices.append(device)
      return true
    }
    for device in devices {
      try Registry.subkeys(folder + "\\" + device) { instance in
        body("PCI\\" + device + "\\" + instance)
        return true
      }
    }
  }

  /// The instance id of the function of that key.
  func instanceID(_ key: UInt64) -> String? {
    if let entry = entries.first(where: { $0.key == key }) { return entry.instanceID }
    try? refresh()
    return entries.first { $0.key == key }?.instanceID
  }

  private static func isListed(_ id: InstanceID) -> Bool {
    guard let vendor = id.hardware?.vendor else { return true }
    if vendor == PCIIdentity.virtioVendor { return true }
    guard let device = try? Device(id.text) else { return true }
    if case .value(let base) = device.value(.baseClass).then({ $0.number }) { return base == 0x05 }
    return HardwareID.merged(device.ids).map { $0.isMemoryController ?? false } ?? true
  }

  /// Where the function stands comes first, so that they are listed as they are plugged; a hash of the instance id
  /// tells those apart that stood in the same place one after the other. It is 52 bits, and of the instance id alone:
  /// it stays with its function.
  private static func key(_ id: InstanceID) -> UInt64 {
    var place: UInt64 = 0
    for index in 0..<2 {
      var byte: UInt64 = 0
      if let hops = id.path?.hops, index < hops.count {
        byte = UInt64(hops[index].device) << 3 | UInt64(hops[index].function)
      }
      place = place << 8 | byte
    }
    // FNV-1a.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in id.text.utf8 {
      // Windows writes ids in either case.
      let letter = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte &- 0x20 : byte
      hash = (hash ^ UInt64(letter)) &* 0x100_0000_01b3
    }
    return place << 36 | hash >> 28
  }
}

extension Device.Source {
  static var hardwareIDs: [Device.Source] { [.setup(0x01, "HARDWAREID"), .key("HardwareID")] }
  static var compatibleIDs: [Device.Source] { [.setup(0x02, "COMPATIBLEIDS"), .key("CompatibleIDs")] }
  static var baseClass: Device.Source { .property(.pci("BaseClass", 3)) }
}

extension Device {
  /// Hardware ids, then compatible ids.
  var ids: [String] {
    var ids: [String] = []
    for sources in [Source.hardwareIDs, Source.compatibleIDs] { ids += texts(sources).value ?? [] }
    return ids
  }
}
