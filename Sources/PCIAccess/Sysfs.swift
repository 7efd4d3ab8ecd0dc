// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import PCI

/// What Linux's sysfs says of a PCI function beyond its registers.
struct Sysfs {
  /// `/sys`, or what a test has put in its place.
  let root: String

  private func folder(_ address: PCIAddress) -> String { root + "/bus/pci/devices/" + address.description }

  /// The steps from the root bus, from where the device's folder really is:
  /// `…/devices/pci0000:00/0000:00:02.0/0000:01:00.0`.
  func path(of address: PCIAddress) -> (root: UInt8, path: PCIPath)? {
    guard let target = link(folder(address)) else { return nil }
    var root: UInt8?
    var hops: [PCIPath.Hop] = []
    var last: PCIAddress?
    for part in target.split(separator: "/") {
      if let step = PCIAddress(parsing: String(part)) {
        if root == nil { root = step.bus }
        hops.append(step.hop)
        last = step
      } else if !hops.isEmpty {
        return nil
      }
    }
    guard last == address, let root, let path = PCIPath(hops) else { return nil }
    return (root, path)
  }

  /// Puts the kernel's word on class, revision and subsystem above the registers, which the kernel corrects where it
  /// knows better and which may not have been read. libpci tells them too, but only since 3.8.
  func complete(_ function: inout PCIFunction) {
    guard var identity = function.identity else { return }
    let folder = folder(function.address)
    func told(_ file: String) -> UInt32? { text(folder + "/" + file).flatMap { number($0) } }
    if let code = told("class"), code <= 0xff_ffff { identity.classCode = PCIClass(code: code) }
    if let revision = told("revision").flatMap(UInt8.init(exactly:)) { identity.revision = revision }
    // A bridge has no subsystem registers where a device has them; the kernel's files say 0 there.
    if function.configuration == nil || function.configuration?.headerType == .device {
      if let vendor = told("subsystem_vendor").flatMap(UInt16.init(exactly:)) { identity.subsystemVendor = vendor }
      if let device = told("subsystem_device").flatMap(UInt16.init(exactly:)) { identity.subsystem = device }
    }
    function.identity = identity
  }

  /// The driver that has claimed the function.
  func driver(of address: PCIAddress) -> PCIFunction.DriverBinding { driver(at: folder(address)) }

  /// The virtio device below the function.
  func virtio(of address: PCIAddress) -> VirtioDevice? {
    let folder = folder(address)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder),
      let name = names.filter({ isVirtioName($0) }).min()
    else { return nil }
    let device = folder + "/" + name
    return VirtioDevice(
      name: name, status: text(device + "/status").flatMap(status), features: text(device + "/features").flatMap(bits),
      driver: driver(at: device))
  }

  private func isVirtioName(_ name: String) -> Bool {
    let digits = name.utf8.dropFirst(6)
    return name.hasPrefix("virtio") && !digits.isEmpty && digits.count < 8
      && digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  private func driver(at folder: String) -> PCIFunction.DriverBinding {
    guard FileManager.default.fileExists(atPath: folder) else { return .unknown }
    guard let target = link(folder + "/driver"), let name = target.split(separator: "/").last else { return .none }
    return .bound(String(name))
  }

  private func link(_ path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }

  /// The one line of a file, at most 4096 bytes, which is what sysfs gives.
  private func text(_ path: String) -> String? {
    guard let file = try? BoundedFile.read(path, limit: 4096), let line = file.split(separator: 0x0a).first
    else { return nil }
    return String(decoding: line, as: UTF8.self)
  }

  /// `0x0000000f`.
  private func status(_ text: String) -> UInt8? { number(text).flatMap(UInt8.init(exactly:)) }

  /// `0x00ff00`.
  private func number(_ text: String) -> UInt32? { text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : nil }

  /// `0110…`: one digit a bit, bit 0 first.
  private func bits(_ text: String) -> [Int]? {
    var result: [Int] = []
    for (bit, digit) in text.utf8.enumerated() {
      switch digit {
      case UInt8(ascii: "0"): break
      case UInt8(ascii: "1"): result.append(bit)
      default: return nil
      }
    }
    return result
  }
}
