// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Testing

@Suite struct CommandLineTests {
  @Test("libvirt's log tells the last start's machine, and what QEMU warned of")
  func log() throws {
    let analysis = try Sample.analyze(Sample.bytes("libvirt-log.txt"))
    let evidence = analysis.evidence
    #expect(analysis.kinds.filter { $0 == "QEMU command line" }.count == 2)
    #expect(evidence.target.name == "win10")
    #expect(evidence.domain.emulator.value == "7.2.22")
    #expect(evidence.domain.libvirt.value == "9.0.0")
    #expect(evidence.domain.machine.value == "pc-q35-7.2")
    #expect(evidence.configuration.maximum.value == 8 << 30)
    #expect(evidence.configuration.model.value == "virtio")
    #expect(evidence.configuration.freePageReporting.value == true)
    #expect(evidence.configuration.autodeflate.value == false)
    #expect(evidence.configuration.path.value?.description == "02.3/00.0")
    #expect(evidence.device.qomPath.value == "/machine/peripheral/balloon0")
    #expect(evidence.device.pollingInterval.failure?.reason == .notAsked)
    #expect(evidence.configuration.hugepages.value == true)
    #expect(evidence.configuration.locked.value == false)
    #expect(evidence.configuration.pinningDevices.value == ["pci"])
    #expect(analysis.findings.contains("balloon.config.inhibited"))
  }

  @Test("A line of ps tells the same of Proxmox's machine")
  func ps() throws {
    let evidence = try Sample.analyze(Sample.bytes("kvm-ps.txt")).evidence
    #expect(evidence.target.name == "win2019")
    #expect(evidence.domain.machine.value == "pc-i440fx-8.1")
    #expect(evidence.configuration.maximum.value == 8 << 30)
    #expect(evidence.configuration.path.value == PCIPath(parsing: "03.0"))
    #expect(evidence.configuration.freePageReporting.value == true)
  }

  @Test("Only a command line that is there to its end can lack a balloon")
  func absent() throws {
    let text = "/usr/bin/qemu-system-x86_64 -name guest=a -machine pc-q35-7.2 -m 2048 -device virtio-net-pci,id=n"
    #expect(try !Sample.analyze(text: text).evidence.device.qomPath.isAbsent)
    #expect(try Sample.analyze(text: text + " -msg timestamp=on").findings.contains("balloon.device.absent"))
  }

  @Test("Several forms of options are understood")
  func options() throws {
    let evidence = try Sample.analyze(
      text: """
        $ qemu-system-x86_64 \\
            -M q35 -m 4G \\
            -device pcie-root-port,id=rp,bus=pcie.0,addr=0x4 \\
            -device "virtio-balloon-pci-non-transitional,id=b,bus=rp,addr=0,deflate-on-oom=on" -nographic
        """
    ).evidence
    #expect(evidence.configuration.maximum.value == 4 << 30)
    #expect(evidence.configuration.model.value == "virtio-non-transitional")
    #expect(evidence.configuration.autodeflate.value == true)
    #expect(evidence.configuration.path.value?.description == "04.0/00.0")
    #expect(evidence.device.qomPath.value == "/machine/peripheral/b")
  }

  @Test(
    "Talk of QEMU is no command line",
    arguments: ["I use kvm - it is fast", "qemu-system-x86_64 --version", "apt install qemu-kvm -y", "kvm -m 2"])
  func nearMiss(text: String) throws { #expect(try Sample.analyze(text: text + "\n").artefacts.isEmpty) }

  @Test("The kernel's lines are kept with whatever stands in front, and sentences about them are not")
  func kernelLog() throws {
    let analysis = try Sample.analyze(Sample.bytes("dmesg.txt"))
    let log = try #require(analysis.evidence.guest.log.value)
    #expect(log.count == 2)
    #expect(log.allSatisfy { $0.contains("Out of puff") })
    #expect(analysis.evidence.guest.osFamily.value == "linux")
    #expect(analysis.unread.map(\.text) == ["Is that a problem of virtio_balloon virtio drivers?"])
  }
}
