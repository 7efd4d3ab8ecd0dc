// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Testing

@Suite struct LinuxCommandTests {
  @Test("Modules, memory and counters of a guest that is known to be Linux are told")
  func commands() throws {
    let log = Array("[ 1.0] virtio_balloon virtio0: Out of puff! Can't get 1 pages\n".utf8)
    let analysis = try Sample.analyze(Sample.bytes("linux-commands.txt"), log)
    #expect(analysis.kinds == ["lsmod", "/proc/meminfo", "/proc/vmstat", "free", "kernel log"])
    let guest = analysis.evidence.guest
    #expect(guest.memory.value?["total"]?.value == 4_014_080 << 10)
    #expect(guest.memory.value?["available"]?.value == 2_014_080 << 10)
    let balloon = try #require(guest.services.value?.first { $0.name == "virtio_balloon" })
    #expect(balloon.state.value == "running")
    #expect(balloon.counters["balloon_inflate"]?.value == 262_144)
  }

  @Test("Memory that may be the host's is not taken for the guest's")
  func host() throws {
    let meminfo = try Sample.bytes("linux-commands.txt")
    #expect(try Sample.analyze(meminfo).evidence.guest.memory.value == nil)
    let small = Array("<domain type='kvm'>\n<name>a</name><memory unit='GiB'>2</memory><devices/></domain>\n".utf8)
    let log = Array("virtio_balloon virtio0: Out of puff! Can't get 1 pages\n".utf8)
    let evidence = try Sample.analyze(meminfo, small, log).evidence
    #expect(evidence.guest.memory.value == nil)
    #expect(evidence.collection.notices.contains { $0.contains("taken for the host's") })
  }

  @Test(
    "free is read in its units, and where they cannot be told, not at all",
    arguments: [
      ("Mem: 23Gi 642Mi 20Gi 8.6Mi 3.0Gi 22Gi", UInt64(23) << 30), ("Mem: 3920 812 305 11 2802 1966", 3_920 << 20),
      ("Mem: 4014080 812000 305000 11000 2802000 1966000", 4_014_080 << 10), ("Mem: 200000 1 2 3 4 5", nil),
      ("Mem: x 1 2 3 4 5", nil),
    ])
  func free(row: String, total: UInt64?) throws {
    let text = "virtio_balloon virtio0: x\n total used free shared buff/cache available\n\(row)\n"
    #expect(try Sample.analyze(text: text).evidence.guest.memory.value?["total"]?.value == total)
  }

  @Test("A module that is not there is told by the programs that look for it")
  func missing() throws {
    let text = "modprobe: FATAL: Module virtio_balloon not found in directory /lib/modules/5.10.0\n"
    let log = "[ 1.0] virtio_balloon virtio0: Out of puff! Can't get 1 pages\n"
    let service = try #require(try Sample.analyze(text: text + log).evidence.guest.services.value?.first)
    #expect(service.name == "virtio_balloon")
    #expect(service.state.isAbsent)
    // It may be the host's.
    #expect(try Sample.analyze(text: text).evidence.guest.services.value == nil)
    #expect(try Sample.analyze(text: "Module virtio_balloon not found, they say\n").artefacts.isEmpty)
  }

  @Test(
    "Rows of other tables are no modules",
    arguments: ["disk 20 3", "MemTotal: 5 kB", "virtio is 3 times faster", "../../x", "a -> /bus/pci/drivers"])
  func nearMiss(text: String) throws { #expect(try Sample.analyze(text: text + "\n").artefacts.isEmpty) }

  // Synthesised: the rows of sysfs in the form of GNU ls.
  @Test("The folder of the balloon's driver in sysfs tells which function it holds")
  func driverFolder() throws {
    let lspci = """
      00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002]
      \tSubsystem: Red Hat, Inc. Virtio memory balloon [1af4:0005]
      \tKernel driver in use: virtio-pci

      """
    let folder = { (driver: String) in
      """
      $ ls -l /sys/bus/virtio/drivers/\(driver)
      total 0
      --w------- 1 root root 4096 Nov 21 15:00 bind
      lrwxrwxrwx 1 root root    0 Nov 21 15:00 module -> ../../../../module/\(driver)
      --w------- 1 root root 4096 Nov 21 15:00 uevent
      --w------- 1 root root 4096 Nov 21 15:00 unbind
      lrwxrwxrwx 1 root root    0 Nov 21 15:00 virtio1 -> ../../../../devices/pci0000:00/0000:00:05.0/virtio1

      """
    }
    let analysis = try Sample.analyze(text: lspci + folder("virtio_balloon"))
    #expect(analysis.unread.isEmpty)
    let balloon = try #require(analysis.evidence.guest.functions.value?.first)
    #expect(balloon.virtioDriver.value == "virtio_balloon")
    #expect(!analysis.findings.contains("driver.none"))
    let network = try Sample.analyze(text: lspci + folder("virtio_net"))
    #expect(network.evidence.guest.functions.value?.first?.virtioDriver.value == nil)
    // A driver that holds nothing names no function.
    let idle = folder("virtio_balloon").split(separator: "\n").dropLast().joined(separator: "\n") + "\n"
    #expect(try Sample.analyze(text: lspci + idle).evidence.guest.functions.value?.first?.virtioDriver.value == nil)
  }
}
