// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import DomainXML
import Testing

@testable import Collectors

@Suite("What the host makes of a guest's memory")
struct HostMemoryTests {
  private func configuration(_ body: String, type: String = "kvm") throws -> ConfigurationEvidence {
    let xml = try DomainConfiguration(
      xml: "<domain type='\(type)' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\(body)</domain>")
    return XMLFacts(live: xml, time: 7).configuration(persistent: .success(xml))
  }

  @Test("stands in the XML: backing, devices and launch security")
  func xml() throws {
    let plain = try configuration("<devices><memballoon model='virtio'/></devices>")
    #expect(plain.hugepages.value == false && plain.locked.value == false && plain.pinningDevices.value == [])
    #expect(plain.memorySource.isAbsent && plain.sharedMemory.isAbsent && plain.launchSecurity.isAbsent)
    let backed = try configuration(
      """
      <memoryBacking><hugepages/><locked/><source type='memfd'/><access mode='shared'/></memoryBacking>
      <launchSecurity type='sev'/>
      <devices>
        <interface type='hostdev' managed='yes'/><hostdev mode='subsystem' type='pci' managed='yes'/>
        <hostdev mode='subsystem' type='mdev' model='vfio-pci'/><hostdev mode='subsystem' type='mdev' model='vfio-ap'/>
        <hostdev mode='subsystem' type='usb'/><disk type='nvme'/><interface type='vdpa'/>
      </devices>
      """)
    #expect(backed.hugepages.value == true && backed.locked.value == true)
    #expect(backed.memorySource.value == "memfd" && backed.sharedMemory.value == true)
    #expect(backed.pinningDevices.value == ["pci", "pci", "mdev", "nvme", "vdpa"])
    #expect(backed.launchSecurity.value == "sev")
    #expect(backed.virtioMemory.isAbsent)
  }

  @Test("stands in the XML: virtio-mem apart from DIMMs, of whatever sizes")
  func virtioMemory() throws {
    func device(_ model: String, _ size: String) -> String {
      "<memory model='\(model)'><target><size unit='GiB'>\(size)</size></target></memory>"
    }
    let several =
      device("virtio-mem", "8") + device("dimm", "4") + device("virtio-mem", "2") + device("virtio-mem", "x")
    #expect(try configuration("<devices>\(several)</devices>").virtioMemory.value == 10 << 30)
    let vast = String(repeating: device("virtio-mem", "17179869183"), count: 3)
    #expect(try configuration("<devices>\(vast)</devices>").virtioMemory.value == 17_179_869_183 << 30)
  }

  @Test("counts no NVDIMM, which libvirt counts in both sizes of the stored XML, and has DIMMs apart")
  func plugged() throws {
    // Captured from libvirt 9.0, shortened: a node of 1024 MiB, a DIMM of 512, an NVDIMM of 256, virtio-mem of 1024.
    let text = """
      <domain type='qemu'><name>d</name><memory unit='KiB'>2883584</memory>
      <currentMemory unit='KiB'>2883584</currentMemory>
      <cpu><numa><cell id='0' cpus='0' memory='1048576' unit='KiB'/></numa></cpu><devices>
      <memory model='dimm'><target><size unit='KiB'>524288</size><node>0</node></target></memory>
      <memory model='nvdimm'><target><size unit='KiB'>262144</size><node>0</node></target></memory>
      <memory model='virtio-mem'><target><size unit='KiB'>1048576</size><node>0</node></target></memory>
      <memballoon model='virtio'/></devices></domain>
      """
    let domain = try DomainConfiguration(xml: text)
    let evidence = XMLFacts(live: domain, time: 7).configuration(persistent: .success(domain))
    #expect(evidence.maximum.value == 2_560 << 20 && evidence.target.value == 2_560 << 20)
    #expect(evidence.maximum.provenance.source.contains("without NVDIMMs"))
    #expect(evidence.baseMemory.value == 1_024 << 20 && evidence.dimmMemory.value == 512 << 20)
    #expect(evidence.virtioMemory.value == 1_024 << 20)
  }

  @Test("stands in what the XML hands to QEMU past libvirt, too")
  func commandLine() throws {
    func passed(_ arguments: [String]) throws -> ConfigurationEvidence {
      let list = arguments.map { "<qemu:arg value='\($0)'/>" }.joined()
      return try configuration("<qemu:commandline>\(list)</qemu:commandline>")
    }
    #expect(try passed(["-overcommit", "mem-lock=on"]).locked.value == true)
    #expect(try passed(["-overcommit", "cpu-pm=on,mem-lock=on-fault"]).locked.value == true)
    #expect(try passed(["-realtime", "mlock=on"]).locked.value == true)
    #expect(try passed(["-overcommit", "mem-lock=off"]).locked.value == false)
    #expect(try passed(["-name", "mem-lock=on"]).locked.value == false)
    #expect(try passed(["-device", "vfio-pci,host=01:00.0"]).pinningDevices.value == ["pci"])
  }

  @Test("never grows with a document's length")
  func bounded() throws {
    let many = try configuration(
      "<devices>" + String(repeating: "<hostdev type='pci'/>", count: 5_000) + "</devices>")
    #expect(many.pinningDevices.value?.count == 64)
  }

  @Test("stands in /proc/PID/status")
  func process() throws {
    // Captured: a QEMU 7.2.22 with -overcommit mem-lock=on and 256 MiB, shortened.
    let text = """
      Name:\tqemu-system-x86
      VmPeak:\t 2621440 kB
      VmSize:\t 2520332 kB
      VmLck:\t 1621736 kB
      VmPin:\t       0 kB
      VmRSS:\t 1448860 kB
      RssAnon:\t 1405700 kB
      Threads:\t3
      """
    let memory = try #require(ProcessMemory(status: text))
    #expect(memory.size == 2_520_332 << 10 && memory.resident == 1_448_860 << 10 && memory.locked == 1_621_736 << 10)
    for text in ["", "Name:\tkthreadd\nThreads:\t1", "VmSize:\t-1 kB\nVmRSS:\t1 kB\nVmLck:\t1 kB", "VmSize: 1"] {
      #expect(ProcessMemory(status: text) == nil)
    }
    let vast = "VmSize:\t18446744073709551615 kB\nVmRSS:\t1 kB\nVmLck:\t1 kB"
    #expect(ProcessMemory(status: vast) == nil)
  }

  @Test("is no other process's: the one behind the socket must have the guest's memory mapped")
  func otherProcess() {
    let collector = GuestCollector(
      CollectionOptions(quick: true, monitor: true, deadline: .seconds(5), tool: "test"), clock: WallClock { 7 })
    let here = Provenance("test", trust: .host, time: 7)
    let ours = collector.memory(ofProcess: 1, holding: .observed(1 << 60, here))
    #expect(ours.value == nil && ours.failure != nil)
    #expect(collector.memory(ofProcess: nil, holding: .observed(1, here)).failure?.reason == .unsupported)
    #expect(collector.memory(ofProcess: -1, holding: .observed(1, here)).failure?.reason == .unsupported)
    #expect(collector.memory(ofProcess: 1, holding: .absent(here)).value == nil)
  }
}
