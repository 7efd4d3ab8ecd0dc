// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI

/// The ids of a PCI function in sysfs.
///
/// Its `modalias` holds all of them but the revision in one read (`pci:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi00`,
/// `modalias_show` in the kernel's drivers/pci/pci-sysfs.c); where that cannot be read, each has a file of its own.
struct FunctionIDs {
  struct ID {
    let reading: Reading<UInt32>
    let source: String
    var fact: Fact<UInt16> { reading.then { .value(UInt16(truncatingIfNeeded: $0)) }.fact(source: source) }
  }
  let vendor, device, subsystemVendor, subsystem, classCode: ID

  /// - Parameters:
  ///   - path: the function's folder, as facts name it.
  ///   - place: where that folder is.
  init(of path: String, at place: String, in files: SystemFiles) {
    let alias = files.line(place + "/modalias").value.flatMap { Modalias($0) }
    vendor = ID(alias?.vendor, path, place, "/vendor", digits: 4, files)
    device = ID(alias?.device, path, place, "/device", digits: 4, files)
    subsystemVendor = ID(alias?.subsystemVendor, path, place, "/subsystem_vendor", digits: 4, files)
    subsystem = ID(alias?.subsystem, path, place, "/subsystem_device", digits: 4, files)
    classCode = ID(alias?.classCode, path, place, "/class", digits: 6, files)
  }

  /// The fields of a PCI function's `modalias`.
  struct Modalias {
    let vendor, device, subsystemVendor, subsystem, classCode: UInt32

    init?(_ text: String) {
      var rest = Array(text.utf8)[...]
      guard rest.starts(with: "pci:".utf8) else { return nil }
      rest = rest.dropFirst(4)
      guard let vendor = Self.take("v", 8, &rest), let device = Self.take("d", 8, &rest),
        let subsystemVendor = Self.take("sv", 8, &rest), let subsystem = Self.take("sd", 8, &rest),
        let base = Self.take("bc", 2, &rest), let sub = Self.take("sc", 2, &rest),
        let interface = Self.take("i", 2, &rest),
        rest.isEmpty, max(vendor, device, subsystemVendor, subsystem) <= 0xffff
      else { return nil }
      (self.vendor, self.device, self.subsystemVendor, self.subsystem) = (vendor, device, subsystemVendor, subsystem)
      classCode = base << 16 | sub << 8 | interface
    }

    /// The number of that many hexadecimal digits behind `tag`.
    private static func take(_ tag: StaticString, _ digits: Int, _ rest: inout ArraySlice<UInt8>) -> UInt32? {
      for index in 0..<tag.utf8CodeUnitCount {
        guard rest.popFirst() == tag.utf8Start[index] else { return nil }
      }
      guard rest.count >= digits else { return nil }
      var value: UInt32 = 0
      for _ in 0..<digits {
        guard let digit = rest.popFirst().flatMap(hexDigit) else { return nil }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
  }
}

extension FunctionIDs.ID {
  fileprivate init(
    _ known: UInt32?, _ path: String, _ place: String, _ file: String, digits: Int, _ files: SystemFiles
  ) {
    if let known {
      self.init(reading: .value(known), source: path + "/modalias")
    } else {
      self.init(reading: files.hexadecimal(place + file, digits: digits), source: path + file)
    }
  }
}
