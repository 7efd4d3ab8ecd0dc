// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import RegistryHive
import Rules
import Testing

// Synthesised after the names of the values of the telemetry event InventoryDevicePnpAdd and of published key names
// (`swd/msrras/ms_ndiswanip`): no key was copied from a real Windows.
@Suite("Amcache.hve beside SYSTEM")
struct AmcacheTests {
  private let instance = "pci/ven_1af4&dev_1002&subsys_00051af4&rev_00/3&13c0b0c5&0&28"
  private let collector = HiveCollector(clock: WallClock { 1_700_000_000 }, tool: "test")
  private let target = Target(kind: .agent, name: "win10", location: "SYSTEM")

  /// An inventory of one balloon and of a device whose code 28 is nobody's concern.
  private func inventory(
    _ folder: borrowing HiveFolder, code: RegistryText.Value, inf: String?, name: String = "Amcache.hve"
  ) async throws -> String {
    var registry = RegistryText()
    registry.key("Root\\InventoryDevicePnp\\acpi/qemu0002/3&267a616a&0", ["ProblemCode": .text("28")])
    let key = "Root\\InventoryDevicePnp\\\(instance)"
    if let inf {
      registry.key(
        key,
        [
          "ProblemCode": code, "Inf": .text(inf), "Service": .text("balloon"), "Provider": .text("Red Hat, Inc."),
          "DriverVerVersion": .text("100.101.104.28500"), "MatchingID": .text("pci\\ven_1af4&dev_1002"),
          "HWID": .text("pci\\ven_1af4&dev_1002&subsys_00051af4&rev_00,pci\\ven_1af4&dev_1002&cc_00ff"),
        ])
    } else {
      registry.key(key, ["ProblemCode": code])
    }
    return try await folder.make(name, registry)
  }

  private func evidence(
    _ binding: MadeWindows.Binding, code: RegistryText.Value, inf: String?
  ) async throws -> Evidence {
    let folder = try HiveFolder()
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", binding)
    made.services()
    let system = try await folder.make("SYSTEM", made.registry)
    let amcache = try await inventory(folder, code: code, inf: inf)
    return try collector.collect(HiveCollector.Files(system: system, amcache: amcache), target: target)
  }

  @Test("The problem code comes from the inventory, as text or as a number, and names its key")
  func code() async throws {
    for code in [RegistryText.Value.text("10"), .number(10)] {
      let evidence = try await evidence(.balloon, code: code, inf: "oem12.inf")
      let function = try #require(evidence.guest.functions.value?.first)
      #expect(function.problemCode.value == 10)
      #expect(function.problemCode.provenance.source.contains("InventoryDevicePnp"))
      #expect(function.windows?.problem.value == "CM_PROB_FAILED_START")
      #expect(Engine().diagnose(evidence).findings.map(\.id) == ["driver.failed-start", "driver.known-bug"])
      #expect(evidence.collection.notices.contains { $0.contains("days ago") })
    }
  }

  @Test("A device without a driver in both is one with code 28")
  func none() async throws {
    let evidence = try await evidence(.none, code: .text("28"), inf: nil)
    #expect(evidence.guest.functions.value?.first?.problemCode.value == 28)
    #expect(Engine().diagnose(evidence).findings.map(\.id) == ["driver.none"])
  }

  @Test("An inventory that names another driver than SYSTEM is not taken, and that is told")
  func older() async throws {
    for inf in ["oem3.inf", nil] {
      let evidence = try await evidence(.balloon, code: .text("28"), inf: inf)
      #expect(evidence.guest.functions.value?.first?.problemCode.failure?.reason == .unsupported)
      #expect(evidence.collection.notices.contains { $0.contains("older, or newer") })
      #expect(Engine().diagnose(evidence).findings.isEmpty)
    }
  }

  @Test("A code that is none leaves the code unknown")
  func malformed() async throws {
    for code in [RegistryText.Value.text("many"), .number(.max), .bytes([1]), .text("")] {
      let evidence = try await evidence(.balloon, code: code, inf: "oem12.inf")
      #expect(evidence.guest.functions.value?.first?.problemCode.value == nil)
    }
  }

  @Test("Another hive is refused by name")
  func otherHive() async throws {
    let folder = try HiveFolder()
    let path = try await folder.make("Amcache.hve", MadeWindows().registry)
    let error = #expect(throws: HiveError.self) { try AmcacheInventory(path) }
    #expect(error?.code == .otherHive)
    let damaged = try folder.write("Amcache2", Array("regf".utf8) + [UInt8](repeating: 0, count: 9_000))
    #expect(throws: HiveError.self) { try AmcacheInventory(damaged) }
  }
}
