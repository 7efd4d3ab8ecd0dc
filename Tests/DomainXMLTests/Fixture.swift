// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import FoundationEssentials
import PCI
import Testing

/// A file of `Fixtures`, read beside this source.
func fixture(_ name: String) throws -> [UInt8] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
  return Array(try Data(contentsOf: folder.appending(path: "Fixtures").appending(path: name + ".xml")))
}

func configuration(_ name: String) throws -> DomainConfiguration { try DomainConfiguration(xml: fixture(name)) }

/// The address in libvirt's numbers, `controller` being what libvirt calls `bus`.
func placement(_ controller: UInt8, _ device: UInt8, _ function: UInt8 = 0) throws -> PCIPlacement {
  PCIPlacement(controller: controller, hop: try #require(PCIPath.Hop(device: device, function: function)))
}

/// The code of the failure that `body` throws.
func code(_ body: () throws(DomainXMLError) -> Void) -> DomainXMLError.Code? {
  do throws(DomainXMLError) {
    try body()
    return nil
  } catch {
    return error.code
  }
}
