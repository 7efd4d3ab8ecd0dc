// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Testing

@Suite struct HumanMonitorTests {
  // Captured: QEMU 7.2.22's monitor on a terminal, with all that its line editor writes.
  @Test("A whole session of the human monitor, as a terminal recorded it, is understood")
  func session() throws {
    let analysis = try Sample.analyze(Sample.bytes("hmp-q35.txt"))
    #expect(
      analysis.kinds == [
        "info status", "info version", "info name", "info balloon", "info pci", "info qtree", "info virtio",
        "info virtio-status", "info memory_size_summary",
      ])
    let evidence = analysis.evidence
    #expect(evidence.domain.state.value == "prelaunch")
    #expect(evidence.domain.emulator.value == "7.2.22")
    #expect(evidence.target.name == "win10")
    #expect(evidence.configuration.maximum.value == 256 << 20)
    #expect(evidence.configuration.autodeflate.value == true)
    #expect(evidence.configuration.freePageReporting.value == false)
    #expect(evidence.configuration.model.value == "virtio")
    #expect(evidence.device.qomPath.value == "/machine/peripheral/balloon0")
    #expect(evidence.device.identity.value?.id == "1af4:1002")
    #expect(evidence.device.identity.value?.subsystemID == "1af4:0005")
    #expect(evidence.device.identity.value?.classCode == .unclassified)
    #expect(evidence.device.path.value == PCIPath(parsing: "01.0"))
    #expect(evidence.device.status.value == [])
    #expect(evidence.device.guestFeatures.value == [])
    #expect(evidence.device.hostFeatures.value == ["PAGE_POISON", "DEFLATE_ON_OOM", "STATS_VQ"])
    #expect(evidence.readings.last?.actual.value == 256 << 20)
    #expect(analysis.unread.map(\.text) == ["QEMU 7.2.22 monitor - type 'help' for more information"])
  }

  // Captured: as above, with the balloon behind a root port that no firmware has numbered.
  @Test("The tree tells the way to a balloon that info pci omits")
  func omitted() throws {
    let evidence = try Sample.analyze(Sample.bytes("hmp-port.txt")).evidence
    #expect(evidence.device.path.value?.description == "02.0/00.0")
    #expect(evidence.device.identity.value?.id == "1af4:1045")
    #expect(evidence.device.address.isAbsent)
  }

  @Test("An excerpt of the tree tells the settings, and no way that it does not show")
  func excerpt() throws {
    let evidence = try Sample.analyze(
      text: """
              dev: virtio-balloon-pci, id "balloon0"
                addr = 05.0
                class Class 00ff, addr 06:05.0, pci id 1af4:1002 (sub 1af4:0005)
                bus: virtio-bus
                  type virtio-pci-bus
                  dev: virtio-balloon-device, id ""
                    deflate-on-oom = true
                    free-page-reporting = true
        """
    ).evidence
    #expect(evidence.configuration.autodeflate.value == true)
    #expect(evidence.configuration.freePageReporting.value == true)
    #expect(evidence.device.identity.value?.isBalloon == true)
    #expect(evidence.device.path.value == nil)
    #expect(evidence.device.address.value == nil)
  }

  @Test("Bridges that are numbered give the way in info pci, in the form of old versions too")
  func bridges() throws {
    let evidence = try Sample.analyze(
      text: """
        qm> info pci
          Bus  0, device   0, function 0:
            Host bridge: PCI device 8086:29c0
              id ""
          Bus  0, device  30, function 0:
            PCI bridge: PCI device 1b36:0001
              BUS 0.
              secondary bus 1.
              subordinate bus 1.
              id "pci.1"
          Bus  1, device   3, function 0:
            RAM controller: PCI device 1af4:1002
              IRQ 11.
              BAR0: I/O at 0xc020 [0xc03f].
              id "balloon0"
        qm> quit
        """
    ).evidence
    #expect(evidence.device.path.value?.description == "1e.0/03.0")
    #expect(evidence.device.identity.value?.classCode == .ramController)
    #expect(evidence.device.address.value == PCIAddress(parsing: "01:03.0"))
  }

  @Test("A machine without a balloon is told by the monitor's whole answer only")
  func absent() throws {
    let error = try Sample.analyze(text: "(qemu) info balloon\nError: No balloon device has been activated\n")
    #expect(error.findings.contains("balloon.device.absent"))
    let list = "/machine/peripheral/net0/virtio-backend [virtio-net]\n"
    #expect(try Sample.analyze(text: "(qemu) info virtio\n" + list).evidence.device.qomPath.isAbsent)
    #expect(try !Sample.analyze(text: list).evidence.device.qomPath.isAbsent)
    #expect(try Sample.analyze(text: "No VirtIO devices\n").evidence.device.qomPath.isAbsent)
    let grep = "# virsh qemu-monitor-command --hmp vm info virtio | grep net\n" + list
    #expect(try !Sample.analyze(text: grep).evidence.device.qomPath.isAbsent)
    let old = try Sample.analyze(text: "(qemu) info virtio\nunknown command: 'info virtio'\n").evidence
    #expect(old.device.status.failure?.reason == .unsupported)
  }

  @Test("The status of several devices is told apart, and one that is cut off is not told")
  func status() throws {
    let balloon = """
      /machine/peripheral/balloon0/virtio-backend:
        device_name:             virtio-balloon
        device_id:               5
        started:                 false
        status:
      \tVIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found

        Guest features:

        Host features:
      \tVIRTIO_BALLOON_F_STATS_VQ: Guest memory stats VQ available

      """
    let serial = """
      (qemu) info virtio-status /machine/peripheral/vs0/virtio-backend
      /machine/peripheral/vs0/virtio-backend:
        device_name:             virtio-serial (vhost)
        device_id:               3
        status:
      \tVIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found,
      \tVIRTIO_CONFIG_S_DRIVER: Guest OS compatible with device,
      \tVIRTIO_CONFIG_S_FEATURES_OK: Feature negotiation complete,
      \tVIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready
        Guest features:
      \tVIRTIO_CONSOLE_F_MULTIPORT: Multiple ports

      """
    let analysis = try Sample.analyze(text: balloon + serial)
    #expect(analysis.findings == ["driver.not-operating"])
    #expect(analysis.evidence.device.status.value == ["ACKNOWLEDGE"])
    #expect(analysis.evidence.device.siblings.value?.first?.isDriverOK == true)
    let end = try #require(balloon.firstRange(of: "  Guest"))
    #expect(try Sample.analyze(text: String(balloon[..<end.lowerBound])).evidence.device.status.value == nil)
  }

  @Test(
    "Words that only look like answers are none", arguments: ["running", "VM status: fine", "Bus 7, device 4", "win10"])
  func nearMiss(text: String) throws { #expect(try Sample.analyze(text: text + "\n").artefacts.isEmpty) }
}
