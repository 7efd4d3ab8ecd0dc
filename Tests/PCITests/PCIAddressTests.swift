// SPDX-License-Identifier: BSD-3-Clause
import FoundationEssentials
import PCI
import Testing

@Suite("PCI addresses and bridge paths")
struct PCIAddressTests {
  @Test("Every device and function of a bus is printed and read back")
  func roundTrip() throws {
    for segment: UInt32 in [0, 1, 0xffff, 0x10000, .max] {
      for device: UInt8 in 0..<32 {
        for function: UInt8 in 0..<8 {
          let address = try #require(
            PCIAddress(segment: segment, bus: 0xa5, device: device, function: function))
          #expect(PCIAddress(parsing: address.description) == address)
          #expect(PCIPath.Hop(parsing: address.hop.description) == address.hop)
        }
      }
    }
  }

  @Test("Addresses read as lspci, sysfs and libvirt write them")
  func notations() {
    #expect(PCIAddress(parsing: "00:05.0")?.description == "0000:00:05.0")
    #expect(PCIAddress(parsing: "0000:FF:1f.7") == PCIAddress(bus: 255, device: 31, function: 7))
    #expect(PCIAddress(parsing: "10000:e1:00.0")?.segment == 0x10000)
    #expect(PCIAddress(parsing: "10000:e1:00.0")?.description == "10000:e1:00.0")
  }

  @Test(
    "Text that is no address is refused",
    arguments: [
      "", ":", "00", "00:05", "00:05.", "00:05.8", "00:20.0", "100:05.0", "00:05.0 ", " 00:05.0", "0000:00:05",
      "0000:00:20.0", "0000:100:00.0", "123456789:00:00.0", "00:05.00", "-1:05.0", "0x0:05.0", "00:0g.0", "00::05.0",
      "٠٠:05.0", "00:05.0\u{0}", "00:05.0\n", "00:\u{202e}05.0",
    ])
  func hostileAddresses(text: String) { #expect(PCIAddress(parsing: text) == nil) }

  @Test("A device beyond 31 or a function beyond 7 is no address")
  func ranges() {
    #expect(PCIAddress(bus: 0, device: 32, function: 0) == nil)
    #expect(PCIAddress(bus: 0, device: 0, function: 8) == nil)
    #expect(PCIPath.Hop(device: 32, function: 0) == nil)
    #expect(PCIPath.Hop(device: 0, function: 8) == nil)
  }

  @Test("Bridge paths are printed and read back up to the longest", arguments: [1, 2, 3, 31, 32])
  func paths(length: Int) throws {
    let hops = (0..<length).compactMap { PCIPath.Hop(device: UInt8($0), function: UInt8($0 % 8)) }
    let path = try #require(PCIPath(hops))
    #expect(PCIPath(parsing: path.description) == path)
    #expect(path.leaf == hops.last)
    #expect(Array(path.bridges) == hops.dropLast())
  }

  @Test(
    "Text that is no bridge path is refused",
    arguments: [
      "", "/", "02.1/", "/02.1", "02.1//00.0", "02.1/00.8", "20.0", "02.1 /00.0", "02", "02.1/00",
      String(repeating: "01.0/", count: 32) + "01.0", String(repeating: "/", count: 100_000),
    ])
  func hostilePaths(text: String) { #expect(PCIPath(parsing: text) == nil) }

  @Test("A path is neither empty nor longer than its limit, appending included")
  func limits() throws {
    let hop = try #require(PCIPath.Hop(device: 1, function: 0))
    #expect(PCIPath([]) == nil)
    #expect(PCIPath(Array(repeating: hop, count: 33)) == nil)
    let longest = try #require(PCIPath(Array(repeating: hop, count: 32)))
    #expect(longest.appending(hop) == nil)
    #expect(PCIPath([hop])?.appending(hop)?.description == "01.0/01.0")
  }

  @Test("JSON carries addresses and paths as text, and refuses what is neither")
  func json() throws {
    let address = try #require(PCIAddress(bus: 3, device: 4, function: 5))
    let path = try #require(PCIPath(parsing: "02.1/00.0"))
    #expect(String(decoding: try JSONEncoder().encode([address]), as: UTF8.self) == #"["0000:03:04.5"]"#)
    #expect(try JSONDecoder().decode([PCIAddress].self, from: JSONEncoder().encode([address])) == [address])
    #expect(try JSONDecoder().decode([PCIPath].self, from: JSONEncoder().encode([path])) == [path])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PCIAddress].self, from: Data(#"["x"]"#.utf8)) }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PCIPath].self, from: Data(#"[""]"#.utf8)) }
  }
}
