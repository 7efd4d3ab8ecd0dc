// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite struct HostArtefactTests {
  @Test("Live XML gives the size, and never the target")
  func liveXML() throws {
    let live = try Sample.analyze(Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml")).evidence
    #expect(live.configuration.target.failure?.reason == .notAsked)
    #expect(live.configuration.target.failure?.ask == "virsh dumpxml --inactive live-q35")
    #expect(live.readings.last?.actual.value == 256 << 20)
    #expect(live.configuration.path.value?.description == "01.2/00.0")
    #expect(live.configuration.path.provenance.source.hasPrefix("file1, lines 2-"))
  }

  @Test("Inactive XML beside it gives the target, and what runs counts for the rest")
  func bothXML() throws {
    let live = try Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml")
    let stored = try Sample.fixture("DomainXMLTests/Fixtures/q35-live-inactive.xml")
    for files in [[live, stored], [stored, live]] {
      let evidence = try Sample.analyze(files).evidence
      #expect(evidence.configuration.target.value == 128 << 20)
      #expect(evidence.configuration.statsPeriod.provenance.source.contains("live domain XML"))
      #expect(evidence.readings.last?.actual.value == 256 << 20)
    }
  }

  // Synthesised: the values are those of Windows 10 22H2, in reg's form.
  @Test("The registry's key of the system tells which Windows it is, as Windows 11 where the build is that")
  func registrySystem() throws {
    let text = { (build: String) in
      """
      HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion
          CurrentBuild    REG_SZ    \(build)
          CurrentMajorVersionNumber    REG_DWORD    0xa
          CurrentMinorVersionNumber    REG_DWORD    0x0
          CurrentVersion    REG_SZ    6.3
          EditionID    REG_SZ    Professional
          ProductName    REG_SZ    Windows 10 Pro
          UBR    REG_DWORD    0x1234

      """
    }
    let guest = try Sample.analyze(text: text("19045")).evidence.guest
    #expect(guest.osFamily.value == "windows" && guest.osName.value == "Windows 10 Pro")
    #expect(guest.kernel.value == "10.0.19045.4660")
    #expect(guest.windows?.edition.value == "Professional" && guest.windows?.secureBoot.failure != nil)
    #expect(try Sample.analyze(text: text("22631")).evidence.guest.osName.value == "Windows 11 Pro")
  }

  @Test("Two live XMLs of which one has no period are told to contradict each other")
  func contradiction() throws {
    let text = { (balloon: String) in
      "<domain type='kvm' id='3'><name>a</name><memory unit='GiB'>2</memory><devices><memballoon model='virtio'>"
        + balloon + "<alias name='balloon0'/></memballoon></devices></domain>\n"
    }
    let analysis = try Sample.analyze(Array(text("<stats period='5'/>").utf8), Array(text("").utf8))
    #expect(analysis.evidence.configuration.statsPeriod.value == 5)
    #expect(
      analysis.evidence.collection.notices.contains {
        $0.contains("file1") && $0.contains("file2") && $0.contains("period of statistics")
      })
    let same = try Sample.analyze(Array(text("").utf8), Array(text("").utf8))
    #expect(!same.evidence.collection.notices.contains { $0.contains("has none") })
  }

  @Test("dommemstat without statistics is a finding only beside what shows that they are asked for")
  func notDelivered() throws {
    let statistics = try Sample.bytes("dommemstat-unset.txt")
    let alone = try Sample.analyze(statistics)
    #expect(alone.findings.isEmpty)
    #expect(alone.diagnosis.verdict == .inconclusive)
    #expect(alone.evidence.readings.last?.lastUpdate.value == 1_716_912_000)
    let together = try Sample.analyze(statistics, Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml"))
    #expect(together.findings.contains("stats.not-delivered"))
  }

  @Test("A paste does not tell when it was taken: old statistics are never called frozen")
  func neverFrozen() throws {
    let statistics = try Sample.bytes("dommemstat-served.txt")
    let xml = try Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml")
    let state = Array("{\"return\": {\"status\": \"running\", \"running\": true}}".utf8)
    let analysis = try Sample.analyze(statistics, statistics, xml, state)
    #expect(!analysis.findings.contains("stats.frozen"))
    #expect(analysis.diagnosis.inconclusive.contains { $0.id == "stats.frozen" })
    #expect(analysis.evidence.readings.allSatisfy { $0.lastUpdate.provenance.time == nil })
    #expect(!analysis.evidence.collection.sampled)
  }

  @Test("QEMU's replies tell of a balloon that nobody serves, beside a sibling that is served")
  func unserved() throws {
    let analysis = try Sample.analyze(Sample.bytes("qmp-unserved.txt"))
    #expect(analysis.kinds == ["x-query-virtio-status", "x-query-virtio-status", "guest-stats", "info balloon"])
    #expect(analysis.findings == ["driver.not-operating"])
    let reading = try #require(analysis.evidence.readings.last)
    #expect(reading.actual.value == 4 << 30)
    #expect(reading.lastUpdate.isAbsent)
    #expect(reading.statistics.isAbsent)
  }

  @Test("Captured monitor sessions give ids, address and path", arguments: ["healthy.txt", "ports.txt"])
  func captured(name: String) throws {
    let evidence = try Sample.analyze(Sample.fixture("Fuzz/fuzz-qmp/seeds/" + name)).evidence
    #expect(evidence.device.identity.value?.isBalloon == true)
    #expect(evidence.device.address.value != nil)
    #expect(evidence.device.path.value != nil)
  }

  @Test("A machine without a balloon is told as one by QEMU's own error")
  func noBalloon() throws {
    let analysis = try Sample.analyze(
      text: """
        {"error": {"class": "DeviceNotActive", "desc": "No balloon device has been activated"}}
        """)
    #expect(analysis.findings.contains("balloon.device.absent"))
  }

  @Test("A QEMU that has no x-query-virtio is told as such, and not as a machine without a balloon")
  func unsupported() throws {
    let evidence = try Sample.analyze(
      text: """
        $ virsh qemu-monitor-command vm '{"execute": "x-query-virtio"}'
        {"id":"libvirt-9","error":{"class":"CommandNotFound","desc":"The command x-query-virtio has not been found"}}
        """
    ).evidence
    #expect(evidence.device.status.failure?.reason == .unsupported)
    #expect(!evidence.device.qomPath.isAbsent)
  }

  @Test("dominfo's used memory is the size, and another guest's file is refused")
  func dominfo() throws {
    let info = try Sample.bytes("dominfo.txt")
    let evidence = try Sample.analyze(info).evidence
    #expect(evidence.domain.state.value == "running")
    #expect(evidence.configuration.maximum.value == 8 << 30)
    #expect(evidence.readings.last?.actual.value == 8 << 30)
    #expect(evidence.configuration.target.value == nil)
    #expect(evidence.target.name == "win10")
    let error = #expect(throws: ArtefactError.self) {
      try Sample.analyze(info, Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml"))
    }
    #expect(error?.code == .severalGuests)
  }

  // Published: libvirt/libvirt pull request 14 (two guests in one text), shortened.
  @Test("Two guests' dommemstat in one text are not taken for one guest's")
  func twoGuests() {
    let error = #expect(throws: ArtefactError.self) {
      try Sample.analyze(
        text: """
          **virsh dommemstat wwl_centos7_1708**
          actual 4194304
          swap_in 0
          last_update 1581406529
          rss 2969400
          but if my guest os is windows, I fail:
          **virsh dommemstat windows-virtio-template**
          actual 8388608
          last_update 1584947706
          rss 8263664
          """)
    }
    #expect(error?.code == .severalGuests)
  }

  // Published: virtio-win/kvm-guest-drivers-windows issue 848.
  @Test("Proxmox's info balloon tells the last answer, and that there are no statistics")
  func proxmox() throws {
    let analysis = try Sample.analyze(
      text: "qm> info balloon\nballoon: actual=16384 max_mem=16384 last_update=1666319200\n")
    let reading = try #require(analysis.evidence.readings.last)
    #expect(reading.actual.value == 16 << 30)
    #expect(reading.lastUpdate.value == 1_666_319_200)
    #expect(reading.statistics.isAbsent)
    #expect(analysis.evidence.configuration.maximum.value == 16 << 30)
    // Proxmox's QEMU tells the last answer only while statistics are asked for.
    #expect(analysis.evidence.device.pollingInterval.value == 2)
    #expect(analysis.findings == ["stats.not-delivered"])
  }

  // Published: virtio-win/kvm-guest-drivers-windows issue 41.
  @Test("A quoted reply of an old QEMU without any statistics is no proof that there is no driver")
  func oldReply() throws {
    let analysis = try Sample.analyze(
      text: """
        > {"execute": "qom-get","arguments": { "path": "/machine/peripheral/balloon0","property": "guest-stats" } }
        > {"return": {"stats": {"stat-swap-out": -1, "stat-free-memory": -1, "stat-minor-faults": -1, \
        "stat-major-faults": -1, "stat-total-memory": -1, "stat-swap-in": -1}, "last-update": 0}}
        """)
    #expect(analysis.evidence.readings.last?.lastUpdate.isAbsent == true)
    #expect(analysis.diagnosis.verdict == .inconclusive)
    #expect(analysis.unread.isEmpty)
  }

  @Test("domstats tells state, maximum and statistics of a guest by name")
  func domstats() throws {
    let evidence = try Sample.analyze(
      text: """
        Domain: 'vm1'
          state.state=1
          state.reason=1
          balloon.current=2097152
          balloon.maximum=4194304
          balloon.swap_in=0
          balloon.last-update=0
          balloon.rss=1000
          vcpu.current=2

        """
    ).evidence
    #expect(evidence.target.name == "vm1")
    #expect(evidence.domain.state.value == "running")
    #expect(evidence.configuration.maximum.value == 4 << 30)
    #expect(evidence.readings.last?.actual.value == 2 << 30)
    #expect(evidence.readings.last?.lastUpdate.isAbsent == true)
  }

  @Test("The <memballoon> element alone tells the period, and nothing that it does not hold")
  func fragment() throws {
    let analysis = try Sample.analyze(Sample.bytes("memballoon-unset.txt"))
    #expect(analysis.findings == ["balloon.config.stats-period-unset"])
    #expect(analysis.evidence.configuration.maximum.failure?.reason == .notAsked)
    #expect(analysis.evidence.configuration.path.failure?.reason == .notAsked)
    #expect(analysis.unread.map(\.text) == ["my config has this in it:", "and nothing else"])
  }
}

@Suite struct GuestArtefactTests {
  @Test("The Windows probe's answer, with text around it, names driver, INF and service")
  func windows() throws {
    let analysis = try Sample.analyze(Sample.bytes("windows-healthy.txt"))
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.osFamily.value == "windows")
    let functions = try #require(analysis.evidence.guest.functions.value)
    let balloon = try #require(functions.first)
    #expect(functions.count == 1)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.module.value == "oem5.inf")
    #expect(balloon.driverVersion.value == "100.101.104.28500")
    #expect(balloon.path.value == PCIPath(parsing: "05.0"))
    #expect(balloon.address.value == PCIAddress(parsing: "00:05.0"))
    #expect(balloon.identity.value == .balloonTransitional)
    #expect(balloon.problemCode.value == 0)
    let service = try #require(analysis.evidence.guest.services.value?.first { $0.name == "BalloonService" })
    #expect(service.state.value == "running")
    #expect(service.windows?.startType.value == 2)
    #expect(service.windows?.dependencies.value == ["Winmgmt"])
  }

  @Test("A German, quoted paste of an unserved balloon: no driver, no service")
  func german() throws {
    let analysis = try Sample.analyze(Sample.bytes("windows-code-28-german.txt"))
    #expect(analysis.findings.contains("driver.none"))
    let service = try #require(analysis.evidence.guest.services.value?.first)
    #expect(service.name == "BalloonService")
    #expect(service.state.isAbsent)
    let function = try #require(analysis.evidence.guest.functions.value?.first)
    #expect(function.windows?.configFlags.value == 0x60)
    #expect(function.problemCode.failure?.reason == .notAsked)
  }

  @Test("A list of services, with display names, is read as one service is")
  func list() throws {
    let services = try #require(
      try Sample.analyze(
        text: """
          SERVICE_NAME: BalloonService
          DISPLAY_NAME: Balloon Service
                  TYPE               : 10  WIN32_OWN_PROCESS
                  STATE              : 1  STOPPED
                  WIN32_EXIT_CODE    : 1067  (0x42b)
                  SERVICE_EXIT_CODE  : 0  (0x0)
                  CHECKPOINT         : 0x0

          NOM_SERVICE: Winmgmt
          NOM_COMPLET: Infrastructure de gestion Windows
                  TYPE               : 30  WIN32
                  ETAT               : 4  RUNNING

          """
      ).evidence.guest.services.value)
    #expect(services.map(\.name) == ["BalloonService", "Winmgmt"])
    #expect(services.map(\.state.value) == ["stopped", "running"])
    #expect(services.first?.windows?.exitCode.value == 1067)
  }

  @Test("A paste that ends inside the balloon's key says nothing of its driver")
  func cut() throws {
    let whole = String(decoding: try Sample.bytes("windows-code-28-german.txt"), as: UTF8.self)
    let end = try #require(whole.firstRange(of: ">     CompatibleIDs"))
    let analysis = try Sample.analyze(text: String(whole[..<end.lowerBound]))
    #expect(analysis.evidence.guest.functions.value?.first?.driver.failure?.reason == .malformed)
    #expect(!analysis.findings.contains("driver.none"))
  }

  @Test("A driver's key that was not given leaves open who holds the balloon")
  func withoutDriverKey() throws {
    let whole = String(decoding: try Sample.bytes("windows-code-28-german.txt"), as: UTF8.self)
    let text = whole.replacing(
      ">     ConfigFlags",
      with: ">     Driver    REG_SZ    {4d36e97d-e325-11ce-bfc1-08002be10318}\\0003\n>     ConfigFlags")
    let analysis = try Sample.analyze(text: text)
    let driver = try #require(analysis.evidence.guest.functions.value?.first?.driver)
    #expect(driver.failure?.ask?.contains("0003") == true)
    #expect(analysis.findings.isDisjoint(with: ["driver.none", "driver.generic"]))
  }

  @Test("An excerpt of Enum\\PCI without the balloon is no proof that Windows does not see it")
  func excerpt() throws {
    let text = """
      HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\PCI\\\
      VEN_1AF4&DEV_1003&SUBSYS_00031AF4&REV_00\\3&13c0b0c5&0&30
          HardwareID    REG_MULTI_SZ    PCI\\VEN_1AF4&DEV_1003&SUBSYS_00031AF4&REV_00
          ConfigFlags    REG_DWORD    0x60

      """
    let xml = try Sample.fixture("DomainXMLTests/Fixtures/q35-live.xml")
    #expect(try !Sample.analyze(Array(text.utf8), xml).findings.contains("pci.function.missing-in-guest"))
    // Between the probe's marks the list is whole, unless something was left out.
    let left = "=== virt-balloon: enum ===\n\n(...)\n\(text)\n=== virt-balloon: drivers ===\n"
    #expect(try !Sample.analyze(Array(left.utf8), xml).findings.contains("pci.function.missing-in-guest"))
    let marked = "=== virt-balloon: enum ===\n\n\(text)\n=== virt-balloon: drivers ===\n"
    #expect(try Sample.analyze(Array(marked.utf8), xml).findings.contains("pci.function.missing-in-guest"))
  }

  @Test("A .reg export and UTF-16 are read as reg query's output is")
  func export() throws {
    let text = """
      Windows Registry Editor Version 5.00\r
      \r
      [HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Enum\\PCI\\\
      VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\4&2c0f8a1&0&0010]\r
      "HardwareID"=hex(7):50,00,43,00,49,00,5c,00,56,00,45,00,4e,00,5f,00,31,00,41,\\\r
        00,46,00,34,00,26,00,44,00,45,00,56,00,5f,00,31,00,30,00,34,00,35,00,00,00,00,00\r
      "Service"="BALLOON"\r
      "ConfigFlags"=dword:00000001\r
      \r
      """
    let wide: [UInt8] = [0xff, 0xfe] + text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    for bytes in [Array(text.utf8), wide, Array(wide.dropFirst(2))] {
      let function = try #require(try Sample.analyze(bytes).evidence.guest.functions.value?.first)
      #expect(function.identity.value?.id == "1af4:1045")
      #expect(function.driver.value == "BALLOON")
      #expect(function.windows?.configFlags.value == 1)
      #expect(function.path.value?.description == "02.0/00.0")
    }
  }

  @Test("The Linux probe's answer tells driver, ids and path")
  func linux() throws {
    let analysis = try Sample.analyze(Sample.bytes("linux-probe.txt"))
    #expect(analysis.findings == ["driver.generic"])
    #expect(analysis.evidence.guest.kernel.value == "6.1.0-31-cloud-amd64")
    let balloon = try #require(analysis.evidence.guest.functions.value?.first)
    #expect(balloon.identity.value == .balloonTransitional)
    #expect(balloon.virtioDriver.isAbsent)
  }

  @Test("lspci tells the driver, and of a list without a balloon nothing at all")
  func lspci() throws {
    let analysis = try Sample.analyze(Sample.bytes("lspci.txt"))
    #expect(analysis.findings == ["driver.generic"])
    // An excerpt that ends with the balloon may lack the line with its driver.
    let excerpt = """
      00:04.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]
      \tKernel driver in use: virtio-pci
      00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002]
      \tSubsystem: Red Hat, Inc. Virtio memory balloon [1af4:0005]

      """
    #expect(try Sample.analyze(text: excerpt).findings.isEmpty)
    #expect(try Sample.analyze(text: excerpt + "00:06.0 0200: 1af4:1000\n").findings == ["driver.none"])
    let host = try Sample.analyze(
      text: "00:00.0 Host bridge [0600]: Intel Corporation 440FX [8086:1237] (rev 02)\n\tKernel modules: x\n")
    #expect(host.kinds == ["lspci"])
    #expect(host.evidence.guest.functions.value == nil)
  }
}

@Suite struct TriageTests {
  @Test("Nothing that is understood is inconclusive, with the commands that would tell")
  func nothing() throws {
    let analysis = try Sample.analyze(text: "my VM is slow\nplease help\n")
    #expect(analysis.artefacts.isEmpty)
    #expect(analysis.unread.count == 2)
    #expect(analysis.diagnosis.verdict == .inconclusive)
    let asks = analysis.diagnosis.inconclusive.flatMap(\.missing).compactMap(\.ask)
    #expect(asks.contains { $0.contains("virsh dominfo DOMAIN") })
    #expect(asks.contains { $0.contains("virt-balloon probe") })
  }

  @Test("A saved diagnosis is judged as it was")
  func saved() throws {
    let first = try Sample.analyze(Sample.bytes("qmp-unserved.txt"))
    let saved = try Saved.json(first.evidence)
    let again = try Sample.analyze(saved)
    #expect(again.kinds == ["saved diagnosis"])
    #expect(again.evidence.device == first.evidence.device)
    #expect(again.findings == first.findings)
  }

  @Test("Every prefix of every sample is looked through without a trap", arguments: Sample.samples)
  func prefixes(name: String) throws {
    let bytes = try Sample.bytes(name)
    for end in stride(from: 0, through: bytes.count, by: bytes.count > 8_000 ? 601 : bytes.count > 1_000 ? 67 : 5) {
      let analysis = try Sample.analyze(Array(bytes[..<end]))
      #expect(analysis.evidence.schema == Evidence.schema)
    }
  }

  @Test("Flipped bytes do no harm", arguments: Sample.samples)
  func flipped(name: String) throws {
    let bytes = try Sample.bytes(name)
    var random = Xorshift(state: 0x9e37_79b9)
    for _ in 0..<(bytes.count > 8_000 ? 12 : 60) {
      var changed = bytes
      for _ in 0..<8 where !changed.isEmpty {
        changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      // What comes of it may be refused as several guests.
      do {
        let analysis = try Sample.analyze(changed)
        #expect(analysis.artefacts.count <= 64)
      } catch let error as ArtefactError {
        #expect(error.code == .severalGuests)
      }
    }
  }

  @Test(
    "Deep nesting, NULs and open ends are looked through in linear time",
    arguments: ["{", "[{", "<domain>", "<memballoon", "\0"])
  func hostile(piece: String) throws {
    let lines = try Sample.analyze(text: String(repeating: piece + "\n", count: 3_000))
    #expect(lines.artefacts.allSatisfy { $0.failure != nil })
    let one = try Sample.analyze(text: String(repeating: piece, count: 30_000))
    #expect(one.artefacts.allSatisfy { $0.failure != nil })
  }

  @Test("A file that is too large is refused with one line")
  func tooLarge() {
    let error = #expect(throws: ArtefactError.self) {
      try ArtefactText(name: "big", [UInt8](repeating: 0x61, count: ArtefactText.byteLimit + 1))
    }
    #expect(error?.code == .tooLarge)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("Files that do not fit together are named, and those that fit are kept")
  func tooLargeTogether() throws {
    var texts = ArtefactTexts(byteLimit: 1_000)
    #expect(texts.notice == nil)
    for (name, count) in [("one", 600), ("two", 600), ("three", 100), ("four", 600)] {
      texts.add(try ArtefactText(name: name, [UInt8](repeating: 0x61, count: count)))
    }
    #expect(texts.texts.map(\.name) == ["one", "three"])
    #expect(texts.notice?.hasPrefix("two and 1 more: not looked at") == true)
    // The largest text that is read at all fits.
    #expect(ArtefactText.byteLimit * 3 + ArtefactText.lineLimit * 32 <= ArtefactTexts.byteLimit)
  }

  @Test("The probes' marks are those that the readers know, and the scripts write nothing")
  func scripts() {
    for mark in ["begin", "enum", "drivers", "services", "end"] {
      #expect(ProbeScript.windows.contains("echo === virt-balloon: \(mark) ===\n"))
    }
    for mark in ["begin", "functions", "memory", "log", "end"] {
      #expect(ProbeScript.linux.contains("echo '=== virt-balloon: \(mark) ==='\n"))
    }
    let words = ProbeScript.windows.split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(Set(words) == ["rem", "echo", "ver", "reg", "sc"])
    let verbs = ProbeScript.windows.split(separator: "\n").filter { $0.hasPrefix("reg ") || $0.hasPrefix("sc ") }
      .map { $0.split(separator: " ")[1] }
    #expect(Set(verbs) == ["query", "qc"])
  }
}

/// A small generator with a fixed seed, so that a failure can be had again.
struct Xorshift {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
