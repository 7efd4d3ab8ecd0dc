// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import PCI
import PCIAccess
import Testing

@Suite("Functions in an lspci dump")
struct DumpTests {
  private func file(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").appending(path: name).path
  }
  private func function(_ functions: [PCIFunction], _ address: String) throws -> PCIFunction {
    let address = try #require(PCIAddress(parsing: address))
    return try #require(functions.first { $0.address == address })
  }
  private func code(_ bytes: [UInt8]) -> PCIAccessError.Code? {
    do throws(PCIAccessError) {
      _ = try PCIScan.dump(bytes)
      return nil
    } catch {
      return error.code
    }
  }
  private func row(_ offset: String, _ bytes: String = "") -> String {
    offset + ":" + (bytes.isEmpty ? String(repeating: " 00", count: 16) : " " + bytes) + "\n"
  }
  private let first = "f4 1a 02 10 07 00 00 00 00 00 ff 00 00 00 00 00"

  @Test("A captured dump gives every function, its balloon with class ffff and all virtio structures")
  func captured() throws {
    let functions = try PCIScan.dump(file: file("this-guest.txt"))
    #expect(functions.map(\.address.device) == [0, 1, 2, 3, 4, 5])
    #expect(functions.filter(\.isBalloon).map(\.address.description) == ["0000:00:01.0"])
    #expect(!functions.contains { $0.isBalloonDecoy })
    let balloon = try function(functions, "00:01.0")
    #expect(balloon.identity?.id == "1af4:1045")
    #expect(balloon.identity?.subsystemID == "1af4:1045")
    #expect(balloon.identity?.classCode == PCIClass(code: 0xffff00))
    #expect(balloon.identity?.revision == 1)
    #expect(balloon.path?.description == "01.0")
    #expect(balloon.rootBus == 0)
    #expect(balloon.driver == .unknown)
    #expect(balloon.virtio == nil)
    let space = try #require(balloon.configuration)
    #expect(space.bytes.count == 256)
    #expect(space.headerType == .device)
    #expect(space.command == 0x0406)
    #expect(space.decodesMemory == true)
    #expect(space.isBusMaster == true)
    #expect(space.isMultifunction == false)
    #expect(space.virtioCapabilities.map(\.type) == [1, 3, 4, 2, 5])
    #expect(space.virtioCapabilities.first?.length == 0x38)
    #expect(space.capabilities.last?.id == 0x11)
  }

  @Test("Bridge registers give the paths, an expander's root its number, and decoys their name")
  func bridges() throws {
    let functions = try PCIScan.dump(file: file("q35-bridges.txt"))
    #expect(try function(functions, "00:05.0").path?.description == "05.0")
    #expect(try function(functions, "02:01.0").path?.description == "02.0/00.0/01.0")
    #expect(try function(functions, "03:00.0").path?.description == "02.1/00.0")
    let serial = try function(functions, "b5:00.0")
    #expect(serial.path?.description == "00.0/00.0")
    #expect(serial.rootBus == 0xb4)
    #expect(functions.filter(\.isBalloon).map { $0.identity?.id } == ["1af4:1002", "1af4:1045"])
    #expect(try function(functions, "00:05.0").identity == .balloonTransitional)
    #expect(try function(functions, "03:00.0").identity == .balloonModern)
    #expect(functions.filter(\.isBalloonDecoy).map(\.address.bus) == [2])
    let bridge = try function(functions, "00:02.0")
    #expect(bridge.configuration?.headerType == .bridge)
    #expect(bridge.configuration?.isMultifunction == true)
    #expect(bridge.identity?.subsystem == nil)
    #expect(bridge.configuration?.bridge?.subordinate == 2)
    #expect(try function(functions, "03:00.0").configuration?.virtioCapabilities.map(\.offset) == [0, 0x3000])
  }

  @Test("64 bytes give the identity and the path, and no capabilities are made up")
  func headerOnly() throws {
    let text = try String(decoding: Data(contentsOf: URL(filePath: file("q35-bridges.txt"))), as: UTF8.self)
    let short = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      !(line.dropFirst(2).first == ":" && line.dropFirst(3).first == " " && line.prefix(2) > "30")
    }
    let functions = try PCIScan.dump(Array(short.joined(separator: "\r\n").utf8))
    let balloon = try function(functions, "03:00.0")
    #expect(balloon.configuration?.bytes.count == 64)
    #expect(balloon.identity == .balloonModern)
    #expect(balloon.path?.description == "02.1/00.0")
    #expect(balloon.configuration?.virtioCapabilities == [])
  }

  @Test("What was not in the dump is unknown: registers, gaps, and bridges above a lone function")
  func unknown() throws {
    let functions = try PCIScan.dump(Array(("03:00.0 x\n" + row("00", first) + row("20")).utf8))
    let lone = try #require(functions.first)
    #expect(lone.configuration?.bytes.count == 16)
    #expect(lone.identity?.id == "1af4:1002")
    #expect(lone.identity?.subsystem == nil)
    #expect(lone.path == nil)
    #expect(lone.rootBus == nil)
  }

  @Test("Offsets far outside, impossible devices and endless lines are passed over, the good function stands")
  func hostileLines() throws {
    let text =
      "00:1f.9 x\n" + row("00", first) + "00:20.0 x\n" + row("00", first) + "00:05.0 x\n" + row("00", first)
      + row("80000000") + row("ffffffff") + row("1000") + row("ff8") + row("fff") + row("10", "zz")
      + row("10", String(repeating: "00 ", count: 17)) + String(repeating: "x", count: 100_000) + "\n"
      + "fffff0:00:00.0 x\n" + row("00", first) + "\u{1b}[31m00:06.0\n"
    let functions = try PCIScan.dump(Array(text.utf8))
    #expect(functions.map(\.address.description) == ["0000:00:05.0"])
    #expect(functions.first?.configuration?.bytes.count == 16)
  }

  @Test("A function that stands there twice counts once, the first time")
  func repeated() throws {
    let other = "f4 1a 45 10 07 00 00 00 00 00 ff 00 00 00 00 00"
    let functions = try PCIScan.dump(
      Array(("00:05.0 x\n" + row("00", first) + "00:05.0 x\n" + row("00", other)).utf8))
    #expect(functions.map(\.identity?.id) == ["1af4:1002"])
  }

  @Test("Bridges that lead in a circle, or claim the same bus, give no path")
  func circles() throws {
    func bridge(_ address: String, _ primary: String, _ secondary: String) -> String {
      address + " x\n" + row("00", "36 1b 0c 00 00 00 00 00 00 00 04 06 00 00 01 00")
        + row("10", "00 00 00 00 00 00 00 00 \(primary) \(secondary) \(secondary) 00 00 00 00 00") + "\n"
    }
    let circle = bridge("01:00.0", "01", "02") + bridge("02:00.0", "02", "01") + bridge("00:01.0", "00", "00")
    #expect(try function(PCIScan.dump(Array(circle.utf8)), "02:00.0").path == nil)
    let itself = bridge("03:00.0", "03", "03")
    #expect(try function(PCIScan.dump(Array(itself.utf8)), "03:00.0").path == nil)
    let twice = bridge("00:01.0", "00", "01") + bridge("00:02.0", "00", "01") + bridge("01:00.0", "01", "09")
    #expect(try function(PCIScan.dump(Array(twice.utf8)), "01:00.0").path == nil)
    #expect(try function(PCIScan.dump(Array(twice.utf8)), "00:02.0").path?.description == "02.0")
  }

  @Test("A capability list that leads back to itself ends")
  func capabilityCircle() {
    var bytes = [UInt8](repeating: 0, count: 256)
    (bytes[6], bytes[0x34], bytes[0x40], bytes[0x41], bytes[0x48], bytes[0x49]) = (0x10, 0x40, 1, 0x48, 5, 0x40)
    #expect(ConfigurationSpace(bytes).capabilities.map(\.offset) == [0x40, 0x48])
    bytes[0x49] = 0xff
    #expect(ConfigurationSpace(bytes).capabilities.map(\.offset) == [0x40, 0x48, 0xfc])
    #expect(ConfigurationSpace(Array(bytes[..<0x41])).capabilities.map(\.offset) == [0x40])
    for length in 0...256 {
      let space = ConfigurationSpace(Array(bytes[..<length]))
      #expect((space.identity != nil) == (length >= 4))
      #expect(space.bridge == nil)
    }
  }

  @Test("Text without configuration space is refused", arguments: ["", "\n", "garbage", "00:05.0 x\n", "00: 00\n"])
  func nothing(text: String) { #expect(code(Array(text.utf8)) == .malformed) }

  @Test("Every truncation of a dump is read or refused")
  func truncations() throws {
    let bytes = Array(try Data(contentsOf: URL(filePath: file("q35-bridges.txt"))).prefix(1500))
    for length in stride(from: 0, to: bytes.count, by: 7) {
      let result = code(Array(bytes[..<length]))
      #expect(result == nil || result == .malformed)
    }
  }

  @Test("Random bytes and damaged dumps never trap, and name only real addresses")
  func garbage() throws {
    let good = Array(try Data(contentsOf: URL(filePath: file("q35-bridges.txt"))))
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func random() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    for _ in 0..<40 {
      var bytes = good
      for _ in 0..<200 { bytes[Int(random() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random()) }
      let functions = (try? PCIScan.dump(bytes)) ?? []
      #expect(functions.count <= 16_384)
      #expect(Set(functions.map(\.address)).count == functions.count)
    }
  }

  @Test("More bytes than the limit are refused, and so are folders, devices and files that are not there")
  func files() {
    #expect(code([UInt8](repeating: 0x0a, count: PCIScan.byteLimit + 1)) == .tooLarge)
    func failure(_ file: String) -> PCIAccessError.Code? {
      do throws(PCIAccessError) {
        _ = try PCIScan.dump(file: file)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(failure("/nonexistent") == .notFound)
    #expect(failure("/") == .malformed)
    #expect(failure("/dev/zero") == .malformed)
  }

  @Test("Dumps are read at the same time without disturbing one another")
  func concurrent() async throws {
    let good = Array(try Data(contentsOf: URL(filePath: file("q35-bridges.txt"))))
    let expected = try PCIScan.dump(good)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<16 { group.addTask { (try? PCIScan.dump(good)) == expected } }
      for await same in group { #expect(same) }
    }
  }
}
