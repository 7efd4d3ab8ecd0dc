// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import PCI

extension LinuxPlatform {
  private static var folder: String { "/sys/bus/pci/devices" }

  package func functions() throws(ProtocolError) -> [UInt64] {
    var keys: [UInt64] = []
    do throws(SystemError) {
      try files.names(Self.folder) { name in
        if let address = PCIAddress(parsing: name), isListed(Self.folder + "/" + name) { keys.append(address.key) }
        return true
      }
    } catch {
      throw error.methodFailure(Self.folder)
    }
    keys.sort()
    return keys
  }

  /// Whether the protocol wants this function: vendor 1af4, or class 05xx. One that cannot be read is listed too, so
  /// that nothing is left out in silence.
  private func isListed(_ path: String) -> Bool {
    let vendor = files.hexadecimal(path + "/vendor", digits: 4)
    if case .value(let vendor) = vendor, vendor == PCIIdentity.virtioVendor { return true }
    let code = files.hexadecimal(path + "/class", digits: 6)
    if case .value(let code) = code, PCIClass(code: code).isMemoryController { return true }
    if case .failed = vendor { return true }
    if case .failed = code { return true }
    return false
  }

  package func function(_ key: UInt64) -> PCIFunctionFacts? {
    guard let address = PCIAddress(key: key) else { return nil }
    let path = Self.folder + "/" + address.description
    let driver = files.linkName(path + "/driver")
    let virtio = virtioDevice(in: path)
    return PCIFunctionFacts(
      address: .observed(address.description, source: path), path: bridgePath(of: address, at: path),
      vendor: number(path + "/vendor"), device: number(path + "/device"),
      subsystemVendor: number(path + "/subsystem_vendor"), subsystem: number(path + "/subsystem_device"),
      classCode: files.hexadecimal(path + "/class", digits: 6).then { .value(UInt64($0)) }
        .fact(source: path + "/class"),
      revision: number(path + "/revision", digits: 2),
      driver: driver.fact(source: path + "/driver"),
      module: driver.then { _ in files.linkName(path + "/driver/module") }.fact(source: path + "/driver/module"),
      virtioDriver: virtio.then { files.linkName($0 + "/driver") }
        .fact(source: (virtio.value ?? path + "/virtio*") + "/driver"),
      virtioStatus: virtio.then { files.hexadecimal($0 + "/status", digits: 8) }
        .parsed(as: "a status byte") { $0 <= 0xff ? UInt16($0) : nil }
        .fact(source: (virtio.value ?? path + "/virtio*") + "/status"),
      virtioFeatures: virtio.then { files.line($0 + "/features") }
        .parsed(as: "a row of bits") { bits in
          bits.utf8.count <= 256 && bits.utf8.allSatisfy { $0 | 1 == UInt8(ascii: "1") } ? bits : nil
        }
        .fact(source: (virtio.value ?? path + "/virtio*") + "/features"),
      provider: .failed(FactFailure(.unsupported, "Linux names no provider"), source: "linux"),
      driverVersion: driver.then { _ in files.line(path + "/driver/module/version") }
        .fact(source: path + "/driver/module/version"),
      problemCode: .failed(FactFailure(.unsupported, "Linux has no problem codes"), source: "linux"))
  }

  private func number(_ path: String, digits: Int = 4) -> Fact<UInt16> {
    files.hexadecimal(path, digits: digits).then { .value(UInt16(truncatingIfNeeded: $0)) }.fact(source: path)
  }

  /// The folder of the virtio device below a function, which the transport's driver makes when it binds.
  private func virtioDevice(in path: String) -> Reading<String> {
    var found: String?
    do throws(SystemError) {
      try files.names(path) { name in
        guard name.utf8.starts(with: "virtio".utf8), decimalNumber(name.utf8.dropFirst(6)) != nil else { return true }
        found = path + "/" + name
        return false
      }
    } catch {
      return Reading(error)
    }
    return found.map { .value($0) } ?? .missing
  }

  /// Reads the bridges from the link's target, `../../../devices/pci0000:00/0000:00:02.1/0000:01:00.0`: sysfs nests a
  /// function in its bridge, and the outermost in its root bus. A root bus may itself stand below a function (Intel's
  /// VMD): the path begins at the innermost.
  private func bridgePath(of address: PCIAddress, at path: String) -> Fact<String> {
    files.link(path).parsed(as: "a path below a PCI root bus") { target -> String? in
      var hops: [PCIPath.Hop] = []
      var isBelowRoot = false
      var last: PCIAddress?
      for part in target.split(separator: UInt8(ascii: "/")) {
        guard let name = String(validating: part, as: UTF8.self) else { return nil }
        if name.utf8.starts(with: "pci".utf8), name.utf8.contains(UInt8(ascii: ":")) {
          hops = []
          isBelowRoot = true
        } else if isBelowRoot {
          guard let step = PCIAddress(parsing: name), hops.count < PCIPath.limit else { return nil }
          hops.append(step.hop)
          last = step
        }
      }
      guard last?.key == address.key else { return nil }
      return PCIPath(hops)?.description
    }.fact(source: path)
  }
}

extension PCIAddress {
  /// The address as one number, in the order of addresses: segment, bus, device, function.
  var key: UInt64 { UInt64(segment) << 16 | UInt64(bus) << 8 | UInt64(device) << 3 | UInt64(function) }

  /// The address that `key` was made from.
  init?(key: UInt64) {
    self.init(
      segment: UInt32(truncatingIfNeeded: key >> 16), bus: UInt8(truncatingIfNeeded: key >> 8),
      device: UInt8(truncatingIfNeeded: key >> 3 & 31), function: UInt8(truncatingIfNeeded: key & 7))
  }
}
