// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Rules
import Testing

@Suite("A pasted definition")
struct HostMemoryArtefactTests {
  private func xml(_ name: String) throws -> [UInt8] { try Sample.fixture("DomainXMLTests/Fixtures/\(name).xml") }

  @Test("of a Xen domain is known by its type and its memballoon, and nothing of virtio is asked of it")
  func xen() throws {
    let analysis = try Sample.analyze(xml("xen"))
    #expect(analysis.findings == ["balloon.device.xen"])
    #expect(analysis.diagnosis.verdict == .inconclusive)
    #expect(analysis.evidence.domain.hypervisor.value == "xen")
    #expect(analysis.evidence.configuration.model.value == "xen")
    for id in ["pci.identity.unexpected", "driver.not-operating", "stats.not-delivered", "driver.virtio-win-absent"] {
      let told = try #require(analysis.diagnosis.notApplicable.first { $0.id == id }, "\(id)")
      #expect(told.statement.contains("Xen's"), "\(id)")
    }
  }

  @Test("of a Xen domain, with what virsh dominfo says, tells that the balloon holds memory")
  func xenSizes() throws {
    let dominfo = """
      Id:             7
      Name:           xen-hvm
      UUID:           0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1
      OS Type:        hvm
      State:          running
      CPU(s):         2
      Max memory:     2097152 KiB
      Used memory:    1048576 KiB
      """
    let analysis = try Sample.analyze(xml("xen"), Array(dominfo.utf8))
    #expect(Set(analysis.findings) == ["balloon.device.xen", "balloon.config.current-below-maximum"])
  }

  @Test("of a Xen domain is known by its type alone, too")
  func xenByType() throws {
    let text = String(decoding: try xml("xen"), as: UTF8.self)
    let without = text.replacing("<memballoon model='xen'/>", with: "")
    #expect(try Sample.analyze(text: without).findings == ["balloon.device.xen"])
  }

  @Test("with passthrough, huge pages and locked memory tells each, as notes while the balloon is not used")
  func backing() throws {
    // The captured definition, with a balloon put in.
    let text = String(decoding: try xml("no-balloon-passthrough"), as: UTF8.self)
    let virtio = text.replacing("<memballoon model='none'/>", with: "<memballoon model='virtio' autodeflate='on'/>")
    let idle = try Sample.analyze(text: virtio)
    #expect(Set(idle.findings).isSuperset(of: ["balloon.config.inhibited", "balloon.config.hugepages"]))
    #expect(idle.diagnosis.findings.filter { $0.id.hasPrefix("balloon.config.in") }.map(\.severity) == [.note])
    let less = virtio.replacing(
      "<currentMemory unit='KiB'>4194304</currentMemory>", with: "<currentMemory unit='KiB'>2097152</currentMemory>")
    let asked = try Sample.analyze(text: less)
    #expect(asked.diagnosis.findings.first { $0.id == "balloon.config.inhibited" }?.severity == .warning)
    #expect(asked.diagnosis.findings.first { $0.id == "balloon.config.hugepages" }?.severity == .warning)
    #expect(asked.diagnosis.inconclusive.map(\.id).contains("balloon.config.autodeflate-ineffective"))
  }

  @Test("saved by an earlier version loads")
  func earlier() throws {
    let saved = try Sample.analyze(Saved.json(try Sample.analyze(xml("xen")).evidence))
    #expect(saved.findings == ["balloon.device.xen"])
  }
}
