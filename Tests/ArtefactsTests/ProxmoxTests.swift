// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite struct ProxmoxTests {
  // Synthesised after Proxmox VE's documentation of pct.conf.
  @Test("A container's settings are none of a guest's")
  func container() throws {
    let analysis = try Sample.analyze(
      text: """
        arch: amd64
        cores: 2
        features: nesting=1
        hostname: web
        memory: 2048
        net0: name=eth0,bridge=vmbr0,ip=dhcp,type=veth
        onboot: 1
        ostype: debian
        rootfs: local-lvm:vm-101-disk-0,size=8G
        swap: 512
        unprivileged: 1

        """)
    #expect(analysis.kinds.first?.hasPrefix("pct config") == true)
    #expect(analysis.evidence.configuration.maximum.value == nil)
    #expect(analysis.evidence.target.name == nil)
  }

  @Test("The settings tell maximum, system, place and that statistics are asked for")
  func settings() throws {
    let analysis = try Sample.analyze(Sample.bytes("qm-config.txt"))
    #expect(analysis.kinds == ["qm config"])
    let evidence = analysis.evidence
    #expect(evidence.configuration.maximum.value == 24 << 30)
    #expect(evidence.configuration.model.value == "virtio")
    #expect(evidence.configuration.path.value == PCIPath(parsing: "03.0"))
    #expect(evidence.device.pollingInterval.value == 2)
    #expect(evidence.domain.osFamily.value == "windows")
    #expect(evidence.target.name == "fileserver")
    // pvestatd moves it between 8 and 24 GiB.
    #expect(evidence.configuration.target.failure?.reason == .unsupported)
    let asks = analysis.diagnosis.inconclusive.flatMap(\.missing).compactMap(\.ask)
    #expect(asks.contains { $0.contains("qm status 177 --verbose") })
    #expect(!asks.contains { $0.contains("virsh") })
  }

  @Test("balloon: 0 is a machine without the device, and settings that are cut off say nothing of it")
  func withoutBalloon() throws {
    let text = String(decoding: try Sample.bytes("qm-config.txt"), as: UTF8.self)
    let none = try Sample.analyze(text: text.replacing("balloon: 8192", with: "balloon: 0"))
    #expect(none.findings.contains("balloon.device.absent"))
    let end = try #require(text.firstRange(of: "bios: "))
    let cut = try Sample.analyze(text: String(text[end.lowerBound...]))
    #expect(cut.kinds == ["qm config"])
    #expect(cut.evidence.configuration.model.value == nil)
    let q35 = try Sample.analyze(text: text.replacing("pc-i440fx-9.0", with: "q35")).evidence
    #expect(q35.configuration.path.value == nil)
  }

  @Test("Lists of other things with such keys are not taken for settings")
  func nearMiss() throws {
    #expect(try Sample.analyze(text: "memory: 4096\nname: x\n").artefacts.isEmpty)
    #expect(try Sample.analyze(text: "status: running\nuptime: 3\n").artefacts.isEmpty)
    #expect(try Sample.analyze(text: "services:\n  web:\n    memory: 512\n    cpu: 2\n    net0: x\n").artefacts.isEmpty)
  }

  // The forms of Pulse issue 1319's JSON (published), of the text and of the table (synthesised).
  @Test("The status names the guest whose service delivers nothing", arguments: ["qm-status.txt", "pulse-1319.json"])
  func notDelivered(name: String) throws {
    let analysis = try Sample.analyze(Sample.bytes(name))
    let reading = try #require(analysis.evidence.readings.last)
    #expect(reading.actual.value == 24 << 30)
    #expect(reading.lastUpdate.value == 1_780_397_195)
    #expect(reading.statistics.isAbsent)
    #expect(analysis.evidence.domain.state.value == "running")
    #expect(analysis.findings == ["stats.not-delivered"])
  }

  @Test("Tabs that a forum ate do no harm to the status")
  func flattened() throws {
    let text = String(decoding: try Sample.bytes("qm-status.txt"), as: UTF8.self).replacing("\t", with: "")
    #expect(try Sample.analyze(text: text).findings == ["stats.not-delivered"])
  }

  @Test("The table of pvesh is read, with JSON that is broken over its rows")
  func table() throws {
    for text in [
      String(decoding: try Sample.bytes("pvesh-table.txt"), as: UTF8.self),
      String(decoding: try Sample.bytes("pvesh-table.txt"), as: UTF8.self).replacing("│", with: "|")
        .replacing("─", with: "-").replacing("├", with: "+").replacing("┌", with: "+").replacing("╞", with: "+")
        .replacing("└", with: "+").replacing("═", with: "="),
    ] {
      let evidence = try Sample.analyze(text: text).evidence
      let reading = try #require(evidence.readings.last)
      #expect(reading.actual.value == 4 << 30)
      #expect(reading.values["totalMemory"] == 4_143_972_352)
      #expect(reading.values["freeMemory"] == 1 << 30)
      #expect(evidence.domain.emulator.value == "9.0.2")
      #expect(evidence.target.name == "deb12")
    }
  }

  @Test("A stopped guest has no size, and two guests' numbers are two guests")
  func stopped() throws {
    let evidence = try Sample.analyze(
      text: #"{"vmid": 100, "status": "stopped", "qmpstatus": "stopped", "maxmem": 4294967296, "mem": 0}"#
    ).evidence
    #expect(evidence.domain.state.value == "shut off")
    #expect(evidence.readings.allSatisfy { $0.actual.value == nil })
    let error = #expect(throws: ArtefactError.self) {
      try Sample.analyze(Sample.bytes("qm-config.txt"), Sample.bytes("pvesh-table.txt"))
    }
    #expect(error?.code == .severalGuests)
  }

  @Test("What is to be done about a paste of Proxmox's is said in that host's commands")
  func remedies() throws {
    let paste =
      #"{"vmid": 177, "status": "running", "qmpstatus": "running", "name": "win", "maxmem": 4294967296, "#
      + #""ballooninfo": {"actual": 4294967296, "max_mem": 4294967296, "last_update": 1780397195}}"#
    let diagnosis = try Sample.analyze(text: paste).diagnosis
    let finding = try #require(diagnosis.findings.first { $0.id == "stats.not-delivered" })
    let commands = finding.remedy.compactMap(\.command)
    #expect(commands.contains("virt-balloon diagnose proxmox:177"))
    #expect(!commands.contains { $0.contains("virsh") })
  }
}
