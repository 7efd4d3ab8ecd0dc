// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Testing

@Suite struct VirshTests {
  // The labels are those of libvirt 9.0's translations.
  @Test("dominfo is read by order and shape where its words are translated")
  func translated() throws {
    let german = try Sample.analyze(Sample.bytes("dominfo-german.txt")).evidence
    #expect(german.target.name == "win10")
    #expect(german.configuration.maximum.value == 8 << 30)
    #expect(german.readings.last?.actual.value == 4 << 30)
    #expect(german.domain.state.failure?.ask == "LC_ALL=C virsh dominfo win10")
    let chinese = try Sample.analyze(Sample.bytes("dominfo-chinese.txt")).evidence
    #expect(chinese.domain.state.value == "shut off")
    #expect(chinese.configuration.maximum.value == 8 << 30)
    #expect(chinese.readings.allSatisfy { $0.actual.value == nil })
    let french = String(decoding: try Sample.bytes("dominfo-german.txt"), as: UTF8.self)
      .replacing("Id:", with: "ID\u{a0}:").replacing("Max Speicher:", with: "Mémoire Max\u{a0}:")
    #expect(try Sample.analyze(text: french).evidence.configuration.maximum.value == 8 << 30)
  }

  @Test("A list tells the state of the guest that another artefact names")
  func list() throws {
    let list = " Id   Name     State\n--------------------------\n 3    win10    running\n -    linux    shut off\n\n"
    #expect(try Sample.analyze(text: list).evidence.domain.state.value == nil)
    let both = try Sample.analyze(Array(list.utf8), Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml"))
    #expect(both.evidence.domain.state.value == nil)
    let xml = "<domain type='kvm'>\n<name>linux</name><memory>1024</memory><devices/></domain>\n"
    #expect(try Sample.analyze(text: list + xml).evidence.domain.state.value == "shut off")
  }

  @Test("domstate is understood behind its command only")
  func domstate() throws {
    let evidence = try Sample.analyze(text: "# virsh domstate win10 --reason\npaused (user)\n").evidence
    #expect(evidence.domain.state.value == "paused")
    #expect(evidence.domain.stateReason.value == "user")
    #expect(try Sample.analyze(text: "paused (user)\n").artefacts.isEmpty)
  }

  @Test(
    "Errors that only a machine without a balloon gives are told as such",
    arguments: [
      """
      error: Requested operation is not valid: Unable to change memory of active domain without the balloon device and \
      guest OS balloon driver
      """,
      "error: unsupported configuration: No memory balloon device configured, can not set the collection period",
    ])
  func refusals(text: String) throws {
    #expect(try Sample.analyze(text: text + "\n").findings.contains("balloon.device.absent"))
    let talk = "libvirt has a message " + text.replacing("error: ", with: "")
    #expect(try Sample.analyze(text: talk).artefacts.isEmpty)
  }

  @Test("Versions are told")
  func versions() throws {
    let evidence = try Sample.analyze(
      text: """
        Compiled against library: libvirt 9.0.0
        Using library: libvirt 9.0.0
        Using API: QEMU 9.0.0
        Running hypervisor: QEMU 7.2.22
        """
    ).evidence
    #expect(evidence.domain.libvirt.value == "9.0.0")
    #expect(evidence.domain.emulator.value == "7.2.22")
  }

  @Test("The statistics of several domains in one text are several guests'")
  func domstats() throws {
    let text = """
      Domain: 'one'
        balloon.current=2097152
        balloon.maximum=4194304

      Domain: 'two'
        balloon.current=1048576
        balloon.maximum=2097152

      """
    let error = #expect(throws: ArtefactError.self) { try Sample.analyze(text: text) }
    #expect(error?.message.contains("one") == true && error?.message.contains("two") == true)
  }
}
