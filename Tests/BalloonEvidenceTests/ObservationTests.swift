// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import PCI
import Testing

@Suite("Evidence as JSON")
struct ObservationTests {
  private func json(_ observation: Observation<UInt64>) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(observation), as: UTF8.self)
  }

  private func read(_ text: String) throws -> Observation<UInt64> {
    try JSONDecoder().decode(Observation<UInt64>.self, from: Data(text.utf8))
  }

  @Test("An observed value is written with its source, its trust and its time")
  func observed() throws {
    let leaf = Observation<UInt64>.observed(5, Provenance("query-balloon", trust: .host, time: 12.5))
    let text = #"{"source":"query-balloon","status":"observed","time":12.5,"trust":"host","value":5}"#
    #expect(try json(leaf) == text)
    #expect(try read(text) == leaf)
  }

  @Test("What is absent has no value, and no time when none is known")
  func absent() throws {
    let leaf = Observation<UInt64>.absent(Provenance("agent balloon.stats", trust: .guest, time: nil))
    let text = #"{"source":"agent balloon.stats","status":"absent","trust":"guest"}"#
    #expect(try json(leaf) == text)
    #expect(try read(text) == leaf)
  }

  @Test("A failure keeps its reason, its detail and the way to an answer")
  func failed() throws {
    let leaf = Observation<UInt64>.failed(
      Failure(.denied, "read-only connection", ask: "connect read-write"), Provenance("x", trust: .host, time: nil))
    let text =
      #"{"ask":"connect read-write","detail":"read-only connection","reason":"denied","source":"x","status":"failed","#
      + #""trust":"host"}"#
    #expect(try json(leaf) == text)
    #expect(try read(text) == leaf)
  }

  @Test("The largest number survives the way through JSON")
  func largest() throws {
    let leaf = Observation<UInt64>.observed(.max - 1, Provenance("x", trust: .host, time: nil))
    #expect(try read(json(leaf)) == leaf)
  }

  @Test(
    "What is no observation is refused",
    arguments: [
      #"{"status":"observed","source":"x","trust":"host"}"#, #"{"status":"seen","source":"x","trust":"host"}"#,
      #"{"status":"absent","trust":"host"}"#, #"{"status":"absent","source":"x","trust":"nobody"}"#,
      #"{"status":"failed","source":"x","trust":"host"}"#, "5",
      #"{"status":"observed","value":-1,"source":"x","trust":"host"}"#,
    ])
  func refused(text: String) {
    #expect(throws: DecodingError.self) { try read(text) }
  }

  @Test("A value that cannot be read becomes a malformed answer, and the rest keep their fate")
  func mapped() {
    let provenance = Provenance("x", trust: .host, time: nil)
    let text = Observation<String>.observed("02.1/00.0", provenance)
    #expect(text.map(PCIPath.init(parsing:)).value == PCIPath(parsing: "02.1/00.0"))
    #expect(Observation<String>.observed("?", provenance).map(PCIPath.init(parsing:)).failure?.reason == .malformed)
    #expect(Observation<String>.absent(provenance).map(PCIPath.init(parsing:)).isAbsent)
  }

  @Test("Evidence of which nothing is known says so in every leaf and survives the way through JSON")
  func unknown() throws {
    let evidence = Evidence.unknown(
      Failure(.timedOut, "no answer"), target: Target(kind: .qmp, name: nil, location: "/run/vm.qmp"),
      collection: Collection(tool: "0.1.0", started: 1, finished: 2, sampled: false))
    #expect(evidence.device.status.failure?.reason == .timedOut)
    #expect(evidence.guest.functions.provenance.trust == .guest)
    let data = try JSONEncoder().encode(evidence)
    #expect(try JSONDecoder().decode(Evidence.self, from: data) == evidence)
  }

  @Test("A sibling's DRIVER_OK proves a system only where no firmware has a driver for it")
  func siblings() {
    let serial = VirtioSibling(name: "virtio-serial", qomPath: "/a", status: ["DRIVER_OK"])
    let disk = VirtioSibling(name: "virtio-blk", qomPath: "/b", status: ["DRIVER_OK"])
    #expect(serial.isNeverDrivenByFirmware && serial.isDriverOK)
    #expect(!disk.isNeverDrivenByFirmware && disk.isDriverOK)
  }
}
