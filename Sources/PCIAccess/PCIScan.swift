// SPDX-License-Identifier: GPL-3.0-or-later
import CPCIShim
import PCI

/// The PCI functions of this machine, or of an `lspci` dump, read by libpci.
package enum PCIScan {
  /// The most bytes of a dump, 64 MiB; a large server's `lspci -xxxx` has some 10 MiB.
  package static let byteLimit = 64 << 20

  /// The functions of this machine, in the order of their addresses. Needs no privilege; without it only the first
  /// 64 bytes of each configuration space are there.
  ///
  /// - Parameter sysfs: where sysfs is mounted.
  /// - Throws: `not-found` where there is no PCI bus, and what libpci said.
  package static func local(sysfs: String = "/sys") throws(PCIAccessError) -> [PCIFunction] {
    let folder = sysfs + "/bus/pci"
    var functions: [PCIFunction]
    do throws(PCIAccessError) {
      functions = try collect(asksKernel: true) { visitor, context, message in
        vb_pci_scan_sysfs(folder, visitor, context, message)
      }
    } catch {
      throw PCIAccessError(.notFound, "no PCI functions in \(folder.debugDescription): \(error.message)")
    }
    let sysfs = Sysfs(root: sysfs)
    let numbering = BridgeNumbering(functions)
    for index in functions.indices {
      let address = functions[index].address
      sysfs.complete(&functions[index])
      let way = sysfs.path(of: address) ?? numbering.path(of: address)
      functions[index].path = way?.path
      functions[index].rootBus = way?.root
      functions[index].driver = sysfs.driver(of: address)
      functions[index].virtio = sysfs.virtio(of: address)
    }
    return functions
  }

  /// The functions in a text as `lspci -x`, `-xxx` or `-xxxx` writes it, with anything between them.
  ///
  /// - Throws: `malformed` when there is none, `too-large`.
  package static func dump(_ bytes: [UInt8]) throws(PCIAccessError) -> [PCIFunction] {
    guard bytes.count <= byteLimit else {
      throw PCIAccessError(.tooLarge, "the dump has more than the \(byteLimit) bytes that are read")
    }
    let text = try LspciDump(bytes).text
    var functions = try collect(asksKernel: false) { visitor, context, message in
      text.withUnsafeBytes { buffer in
        vb_pci_read_dump(
          buffer.bindMemory(to: CChar.self).baseAddress, buffer.count, visitor, context, message)
      }
    }
    let numbering = BridgeNumbering(functions)
    for index in functions.indices {
      let way = numbering.path(of: functions[index].address)
      functions[index].path = way?.path
      functions[index].rootBus = way?.root
    }
    return functions
  }

  /// The functions in a file, as ``dump(_:)`` reads them.
  ///
  /// - Throws: also `not-found`, `denied`, and `malformed` for what is no regular file.
  package static func dump(file path: String) throws(PCIAccessError) -> [PCIFunction] {
    try dump(BoundedFile.read(path, limit: byteLimit))
  }

  private typealias Scan = (vb_pci_visitor?, UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>?) -> CInt

  private final class Collector {
    var functions: [PCIFunction] = []
    /// Whether libpci knows the identity from more than the registers: of this machine it asks the kernel, in a dump
    /// it makes up what is not there.
    let asksKernel: Bool
    init(asksKernel: Bool) { self.asksKernel = asksKernel }
  }

  private static func collect(asksKernel: Bool, _ scan: Scan) throws(PCIAccessError) -> [PCIFunction] {
    let collector = Collector(asksKernel: asksKernel)
    var message = [CChar](repeating: 0, count: 256)
    let result = withExtendedLifetime(collector) {
      scan(
        { context, function in
          guard let context, let function else { return }
          let collector = Unmanaged<Collector>.fromOpaque(context).takeUnretainedValue()
          guard let read = PCIScan.function(function, asksKernel: collector.asksKernel) else { return }
          collector.functions.append(read)
        }, Unmanaged.passUnretained(collector).toOpaque(), &message)
    }
    guard result == 0 else {
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw PCIAccessError(.system, "libpci: " + words.filter { !$0.isNewline })
    }
    return collector.functions.sorted { $0.address.order < $1.address.order }
  }

  private static func function(
    _ pointer: UnsafePointer<vb_pci_function>, asksKernel: Bool
  ) -> PCIFunction? {
    let known = pointer.pointee.known
    func has(_ flag: Int) -> Bool { known & UInt32(flag) != 0 }
    guard
      let address = PCIAddress(
        segment: pointer.pointee.segment, bus: pointer.pointee.bus, device: pointer.pointee.device,
        function: pointer.pointee.function)
    else { return nil }
    let length = Int(pointer.pointee.config_length)
    let bytes = withUnsafeBytes(of: pointer.pointee.config) { Array($0.prefix(length)) }
    let configuration = bytes.isEmpty ? nil : ConfigurationSpace(bytes)
    var identity = configuration?.identity
    if asksKernel, has(VB_PCI_IDENTITY), pointer.pointee.vendor_id != 0xffff {
      // What the kernel corrects (a virtual function's ids read ffff in its own registers) stands above the registers.
      var fresh = PCIIdentity(vendor: pointer.pointee.vendor_id, device: pointer.pointee.device_id)
      fresh.subsystemVendor = identity?.subsystemVendor
      fresh.subsystem = identity?.subsystem
      fresh.classCode = identity?.classCode
      fresh.revision = identity?.revision
      identity = fresh
    }
    return PCIFunction(
      address: address, identity: identity,
      vendorName: withUnsafeBytes(of: pointer.pointee.vendor_name, name),
      deviceName: withUnsafeBytes(of: pointer.pointee.device_name, name), configuration: configuration, path: nil,
      rootBus: nil, driver: .unknown, virtio: nil)
  }

  private static func name(_ bytes: UnsafeRawBufferPointer) -> String? {
    let text = bytes.prefix { $0 != 0 }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
  }
}

extension PCIAddress {
  /// Sorts as `lspci` does.
  fileprivate var order: UInt64 {
    UInt64(segment) << 16 | UInt64(bus) << 8 | UInt64(device) << 3 | UInt64(function)
  }
}
