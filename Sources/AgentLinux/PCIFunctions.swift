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
    let ids = FunctionIDs(of: path, at: path, in: files)
    let vendor = ids.vendor.reading
    if case .value(let vendor) = vendor, vendor == PCIIdentity.virtioVendor { return true }
    let code = ids.classCode.reading
    if case .value(let code) = code, PCIClass(code: code).isMemoryController { return true }
    if case .failed = vendor { return true }
    if case .failed = code { return true }
    return false
  }

  package func function(_ key: UInt64) -> PCIFunctionFacts? {
    guard let address = PCIAddress(key: key) else { return nil }
    let path = Self.folder + "/" + address.description
    let link = files.link(path)
    // Everything is read where the link leads: the kernel then need not follow it for each file.
    let place = link.value.flatMap { Self.place(linkedTo: $0) } ?? path
    let ids = FunctionIDs(of: path, at: place, in: files)
    let driver = files.linkName(place + "/driver")
    let virtio = virtioDevice(in: place)
    let virtioPath = path + "/" + (virtio.value ?? "virtio*")
    return PCIFunctionFacts(
      address: .observed(address.description, source: path),
      path: bridgePath(of: address, link).fact(source: path),
      vendor: ids.vendor.fact, device: ids.device.fact, subsystemVendor: ids.subsystemVendor.fact,
      subsystem: ids.subsystem.fact,
      classCode: ids.classCode.reading.then { .value(UInt64($0)) }.fact(source: ids.classCode.source),
      revision: files.hexadecimal(place + "/revision", digits: 2).then { .value(UInt16($0)) }
        .fact(source: path + "/revision"),
      driver: driver.fact(source: path + "/driver"),
      module: driver.then { _ in files.linkName(place + "/driver/module") }.fact(source: path + "/driver/module"),
      virtioDriver: virtio.then { files.linkName(place + "/" + $0 + "/driver") }.fact(source: virtioPath + "/driver"),
      virtioStatus: virtio.then { files.hexadecimal(place + "/" + $0 + "/status", digits: 8) }
        .parsed(as: "a status byte") { $0 <= 0xff ? UInt16($0) : nil }
        .fact(source: virtioPath + "/status"),
      virtioFeatures: virtio.then { files.line(place + "/" + $0 + "/features") }
        .parsed(as: "a row of bits") { bits in
          bits.utf8.count <= 256 && bits.utf8.allSatisfy { $0 | 1 == UInt8(ascii: "1") } ? bits : nil
        }
        .fact(source: virtioPath + "/features"),
      provider: .failed(FactFailure(.unsupported, "Linux names no provider"), source: "linux"),
      driverVersion: driver.then { _ in files.line(place + "/driver/module/version") }
        .fact(source: path + "/driver/module/version"),
      problemCode: .failed(FactFailure(.unsupported, "Linux has no problem codes"), source: "linux"))
  }

  /// The folder that a link `../../../devices/pci0000:00/0000:00:05.0` leads to.
  private static func place(linkedTo target: [UInt8]) -> String? {
    let up = Array("../../../devices/".utf8)
    guard target.starts(with: up) else { return nil }
    return String(validating: target[(up.count &- "devices/".utf8.count)...], as: UTF8.self).map { "/sys/" + $0 }
  }

  /// The name of the virtio device below a function, which the transport's driver makes when it binds.
  private func virtioDevice(in path: String) -> Reading<String> {
    var found: String?
    do throws(SystemError) {
      try files.names(path) { name in
        guard name.utf8.starts(with: "virtio".utf8), decimalNumber(name.utf8.dropFirst(6)) != nil else { return true }
        found = name
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
  private func bridgePath(of address: PCIAddress, _ link: Reading<[UInt8]>) -> Reading<String> {
    link.parsed(as: "a path below a PCI root bus") { target -> String? in
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
    }
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
