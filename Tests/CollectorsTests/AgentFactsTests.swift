// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import FoundationEssentials
import PCI
import Testing

@testable import Collectors

@Suite("An agent's facts")
struct AgentFactsTests {
  private let facts = AgentFacts(time: 7)

  private func fact(_ value: JSON, _ source: String = "sysfs") -> JSON {
    ["status": "observed", "value": value, "source": .string(source)]
  }

  @Test("Keep their outcome and their source, as the guest's word")
  func outcomes() {
    let observed = facts.observation(Fact<String>.observed("linux", source: "os-release"), of: .os)
    #expect(observed.value == "linux" && observed.provenance.trust == .guest && observed.provenance.time == 7)
    #expect(observed.provenance.source == "agent guest.os: os-release")
    #expect(facts.observation(Fact<String>.absent(source: "x"), of: .os).isAbsent)
    let failed = Fact<String>.failed(FactFailure(FactFailure.Reason("odd-word"), "why"), source: "x")
    #expect(facts.observation(failed, of: .os).failure == Failure(Failure.Reason(rawValue: "odd-word"), "why"))
  }

  @Test("Of a function become its address, path, identity and drivers")
  func function() {
    let function = facts.function(
      PCIFunctionFacts(json: [
        "address": fact("0000:02:01.0"), "path": fact("02.1/01.0"), "vendor": fact(.integer(0x1af4)),
        "device": fact(.integer(0x1045)), "class": fact(.integer(0x00ff00)), "revision": fact(.integer(1)),
        "driver": fact("virtio-pci"), "module": ["status": "absent", "source": "sysfs"],
        "virtioStatus": fact(.integer(15)),
      ]))
    #expect(function.address.value?.description == "0000:02:01.0" && function.path.value?.description == "02.1/01.0")
    #expect(function.identity.value?.isBalloon == true && function.identity.value?.revision == 1)
    #expect(function.identity.value?.subsystem == nil)
    #expect(function.driver.value == "virtio-pci" && function.module.isAbsent && function.virtioStatus.value == 15)
    #expect(function.provider.failure?.reason == .unsupported)
  }

  @Test("That cannot be understood cost only themselves, and never become a value")
  func malformed() {
    let function = facts.function(
      PCIFunctionFacts(json: [
        "address": fact("99:99:99"), "path": fact("../../etc"), "vendor": fact(.integer(0x1_1af4)),
        "device": fact("1045"), "class": fact(.integer(1 << 24)), "driver": fact(.integer(7)), "module": "text",
        "virtioDriver": ["status": "observed"], "provider": ["status": "sideways", "value": "x"],
        "driverVersion": fact("1.2"), "problemCode": fact(.integer(-1)),
      ]))
    #expect(function.address.failure?.reason == .malformed && function.path.failure?.reason == .malformed)
    #expect(function.identity.failure?.reason == .malformed)
    #expect(function.driver.failure?.reason == .malformed && function.module.failure?.reason == .malformed)
    #expect(function.virtioDriver.failure?.reason == .malformed && function.provider.failure?.reason == .malformed)
    #expect(function.problemCode.failure?.reason == .malformed)
    #expect(function.driverVersion.value == "1.2")
  }

  @Test("A class or revision that no function has leaves the identity without them")
  func oddClass() {
    let function = facts.function(
      PCIFunctionFacts(json: [
        "vendor": fact(.integer(0x1af4)), "device": fact(.integer(0x1002)), "class": fact(.integer(1 << 24)),
        "revision": fact(.integer(256)),
      ]))
    #expect(function.identity.value?.device == 0x1002)
    #expect(function.identity.value?.classCode == nil && function.identity.value?.revision == nil)
  }

  @Test("By name are bounded, and the first of a name counts")
  func names() {
    let many = NamedFacts((0..<100).map { .init("f\($0)", .observed(1, source: "x")) })
    #expect(facts.leaves(many, of: .memory).count == 64)
    let twice = NamedFacts([.init("total", .observed(1, source: "x")), .init("total", .observed(2, source: "x"))])
    #expect(facts.leaves(twice, of: .memory)["total"]?.value == 1)
  }

  @Test("Of Windows keep everything, and of other systems there is nothing of the kind")
  func windows() {
    var device = WindowsDeviceFacts(FactFailure(.unsupported, "not here"), source: "x")
    device.isPresent = .observed(false, source: "DEVPKEY_Device_IsPresent")
    device.hardwareIDs = .observed(["PCI\\VEN_1AF4&DEV_1002"], source: "x")
    device.locationPath = .observed("02.1/00.0", source: "x")
    device.instancePath = .observed("up.2", source: "x")
    device.problemStatus = .observed(0xc000_0490, source: "x")
    device.lastRemoval = .observed(-1, source: "x")
    let function = facts.function(
      PCIFunctionFacts(json: [
        "vendor": fact(.integer(0x1af4)), "device": fact(.integer(0x1002)), "windows": device.json,
      ])
    )
    #expect(function.windows?.isPresent.value == false)
    #expect(function.windows?.isPresent.provenance.source == "agent pci.functions: DEVPKEY_Device_IsPresent")
    #expect(function.windows?.hardwareIDs.value == ["PCI\\VEN_1AF4&DEV_1002"])
    #expect(function.windows?.locationPath.value?.description == "02.1/00.0")
    #expect(function.windows?.instancePath.failure?.reason == .malformed)
    #expect(function.windows?.problemStatus.value == 0xc000_0490 && function.windows?.lastRemoval.value == -1)
    #expect(function.windows?.signer.failure == Failure(.unsupported, "not here"))

    var manager = WindowsServiceFacts(FactFailure(.denied, "no"), source: "x")
    manager.startType = .observed(2, source: "x")
    let service = facts.service(
      ServiceFacts(
        name: "BalloonService", kind: "user-service", state: .absent(source: "x"), version: .absent(source: "x"),
        counters: NamedFacts([]), windows: manager))
    #expect(service.windows?.startType.value == 2 && service.windows?.exitCode.failure?.reason == .denied)

    let system = facts.windows(
      WindowsSystemFacts(
        edition: .absent(source: "x"), secureBoot: .observed(true, source: "x"), testSigning: .absent(source: "x")))
    #expect(system.secureBoot.value == true && system.edition.isAbsent)

    let other = facts.function(PCIFunctionFacts(json: ["vendor": fact(.integer(0x1af4))]))
    #expect(other.windows == nil)
  }

  @Test("Of another system than Windows do not grow the evidence")
  func slim() throws {
    let function = facts.function(PCIFunctionFacts(json: ["vendor": fact(.integer(0x1af4))]))
    #expect(!String(decoding: try JSONEncoder().encode(function), as: UTF8.self).contains("windows"))
  }
}
