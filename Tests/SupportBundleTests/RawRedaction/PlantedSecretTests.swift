// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import SupportBundle
import Testing

/// Answers here are synthesised: what a user could have anywhere, in one document each.
@Suite("Nothing that a user could hide is in a redacted answer")
struct PlantedSecretTests {
  /// Redacts, and once more; no secret may be in either, nor in the ledger's places.
  private func check(_ format: RawAnswer.Format, _ secrets: PlantedSecrets, _ text: String, least: Int) throws -> String
  {
    var redactor = Redactor()
    let first = redactor.text(format, text)
    let redacted = try #require(first)
    #expect(secrets.words.count >= least)
    #expect(secrets.found(in: Array(text.utf8)).count == secrets.words.count)
    #expect(secrets.found(in: Array(redacted.utf8)) == [])
    for entry in redactor.ledger.redactions {
      #expect(secrets.found(in: Array(entry.places.joined(separator: "\n").utf8)) == [])
    }
    let again = redactor.text(format, redacted)
    #expect(again == redacted)
    var fresh = Redactor()
    let afresh = fresh.text(format, redacted)
    #expect(afresh == redacted)
    return redacted
  }

  @Test("In a domain's XML")
  func domainXML() throws {
    let s = PlantedSecrets()
    let xml = """
      <?\(s.word()) \(s.word())?>
      <!-- \(s.word()) -->
      <domain type='kvm' id='4' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'
        xmlns:\(s.word())='urn:\(s.word())'>
        <name>\(s.word())</name>
        <uuid>\(s.value("5b6e2f0a-1c3d-4e5f-8a9b-0c1d2e3f4a5b"))</uuid>
        <genid>\(s.value("43dc0cf8-809b-4adb-9bea-a9abb5f3d90e"))</genid>
        <title>\(s.word())</title>
        <description>\(s.word()) &lt;\(s.word())&gt;</description>
        <metadata>
          <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">
            <libosinfo:os id="http://microsoft.com/win/2k22"/><libosinfo:\(s.word())/>
          </libosinfo:libosinfo>
          <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.0">
            <nova:name>\(s.word())</nova:name>
            <nova:owner><nova:user uuid="\(s.word())">\(s.word())</nova:user></nova:owner>
          </nova:instance>
        </metadata>
        <memory unit='KiB'>8388608</memory>
        <currentMemory unit='KiB'>4194304<![CDATA[]]></currentMemory>
        <vcpu placement='static' \(s.word())='1'>4</vcpu>
        <resource><partition>/\(s.word())</partition></resource>
        <sysinfo type='smbios'><system><entry name='serial'>\(s.word())</entry>
          <entry name='manufacturer'>\(s.word())</entry>
          </system><oemStrings><entry>\(s.word())</entry></oemStrings></sysinfo>
        <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
          <loader readonly='yes' type='pflash'>/home/\(s.word())/OVMF_CODE.fd</loader>
          <nvram template='/\(s.word())'>/var/lib/libvirt/qemu/nvram/\(s.word())_VARS.fd</nvram>
          <kernel>/boot/\(s.word())</kernel><cmdline>root=\(s.word()) password=\(s.word())</cmdline>
          <dtb>\(s.word())</dtb><boot dev='hd'/></os>
        <features><acpi/><hyperv mode='custom'><vendor_id state='on' value='\(s.word())'/></hyperv>
          <\(s.word())/></features>
        <cpu mode='custom'><model>\(s.word())</model></cpu>
        <seclabel type='dynamic' model='selinux'><label>system_u:\(s.word())</label></seclabel>
        <launchSecurity type='sev'><session>\(s.word())</session><dhCert>\(s.word())</dhCert></launchSecurity>
        <devices>
          <emulator>/opt/\(s.word())/qemu-system-x86_64</emulator>
          <controller type='pci' index='0' model='pcie-root'/>
          <disk type='file' device='disk'><source file='/srv/\(s.word())/\(s.word()).qcow2'/>
            <auth username='\(s.word())'><secret type='ceph' usage='\(s.word())'/></auth>
            <encryption format='luks'><secret uuid='\(s.word())'/></encryption>
            <target dev='vda' bus='virtio'/><serial>\(s.word())</serial><wwn>\(s.value("5000c50015ea71ad"))</wwn>
            <vendor>\(s.word())</vendor><product>\(s.word())</product></disk>
          <disk type='network'><source protocol='https' name='\(s.word())'><host name='\(s.word())' port='443'/>
            <cookies><cookie name='\(s.word())'>\(s.word())</cookie></cookies>
            <initiator><iqn name='iqn.\(s.word())'/></initiator></source><target dev='\(s.word())'/></disk>
          <interface type='bridge'><mac address='\(s.value("52:54:00:fe:ed:42"))'/>
            <source bridge='\(s.word())' network='\(s.word())' dev='\(s.word())'/><target dev='\(s.word())'/>
            <ip address='\(s.value("192.0.2.77"))'/><script path='\(s.word())'/>
            <alias name='ua-\(s.word())'/></interface>
          <graphics type='vnc' port='5907' passwd='\(s.word())' listen='\(s.value("198.51.100.9"))'>
            <listen type='address' address='198.51.100.9'/></graphics>
          <channel type='unix'><source mode='bind' path='/run/\(s.word()).sock'/>
            <target type='virtio' name='org.\(s.word()).0' state='connected'/></channel>
          <serial type='tcp'><source host='\(s.word())' service='\(s.word())'/></serial>
          <shmem name='\(s.word())'><server path='/\(s.word())'/><model type='ivshmem-plain'/><size unit='M'>4</size>
            <address type='pci' bus='0x00' slot='0x08'/></shmem>
          <filesystem type='mount'><source dir='/home/\(s.word())'/><target dir='\(s.word())'/></filesystem>
          <hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>
            <address uuid='\(s.value("c2177883-f1bb-47f0-914d-32a22e3a8804"))'/></source></hostdev>
          <tpm model='tpm-crb'><backend type='emulator' version='2.0'><encryption secret='\(s.word())'/></backend></tpm>
          <rng model='virtio'><backend model='random'>/dev/\(s.word())</backend></rng>
          <memory model='nvdimm'><source><path>/\(s.word())</path></source><uuid>\(s.word())</uuid></memory>
          <memballoon model='virtio' autodeflate='\(s.word())'><stats period='5'/>
            <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0' uuid='\(s.word())'/></memballoon>
          <\(s.word())>\(s.word())</\(s.words[s.words.count - 2])>
          <left-out elements='\(s.word())' values='7'>\(s.word())</left-out>
        </devices>
        <qemu:commandline><qemu:arg value='-fw_cfg'/><qemu:arg value='name=opt/\(s.word()),string=\(s.word())'/>
          <qemu:arg value='-overcommit'/><qemu:arg value='mem-lock=on'/>
          <qemu:env name='\(s.word())' value='\(s.word())'/></qemu:commandline>
      </domain>
      """
    let redacted = try check(.domainXML, s, xml, least: 80)
    #expect(redacted.contains("http://microsoft.com/win/2k22"))
    #expect(redacted.contains("<stats period='5'/>"))
    #expect(redacted.contains("mem-lock=on"))
    #expect(redacted.contains("machine='pc-q35-7.2'"))
  }

  @Test("In exchanges with QEMU's monitor")
  func monitor() throws {
    let s = PlantedSecrets()
    let exchanges = [
      #"{"execute": "query-name", "return": {"name": "\#(s.word())"}}"#,
      #"{"execute": "query-uuid", "return": {"UUID": "\#(s.value("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f1"))"}}"#,
      #"""
      {"execute": "query-version", "return": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": \#
      "\#(s.word())"}}
      """#,
      #"{"execute": "query-status", "return": {"status": "\#(s.word())", "running": true}}"#,
      """
      {"execute": "query-chardev", "return": [
        {"label": "\(s.word())", "filename": "unix:/run/\(s.word())/\(s.word()).sock,server=on", "frontend-open": true},
        {"label": "charserial0", "filename": "disconnected:tcp:\(s.word()):4444", "frontend-open": false},
        {"label": "compat_monitor0", "filename": "pty:/dev/\(s.word())", "frontend-open": false},
        {"label": "x", "filename": "\(s.word()):\(s.word())", "frontend-open": false}]}
      """,
      """
      {"execute": "query-pci", "return": [{"bus": 0, "devices": [{"bus": 0, "slot": 5, "function": 0,
        "qdev_id": "\(s.word())", "class_info": {"class": 255, "desc": "\(s.word())"},
        "id": {"vendor": 6900, "device": 4098},
        "pci_bridge": {"devices": [{"qdev_id": "\(s.word())", "\(s.word())": "\(s.word())"}]}}]}]}
      """,
      """
      {"execute": "x-query-virtio", "return": [{"name": "virtio-balloon",
        "path": "/machine/peripheral/\(s.word())/virtio-backend"}, {"name": "\(s.word())", "path": "\(s.word())"}]}
      """,
      """
      {"execute": "x-query-virtio-status", "arguments": {"path": "/machine/peripheral/\(s.word())/virtio-backend"},
        "return": {"name": "virtio-serial", "bus-name": "\(s.word()).0", "status": {"statuses": [
        "VIRTIO_CONFIG_S_DRIVER_OK: \(s.word())", "\(s.word())"]}, 
        "guest-features": {"dev-features": ["\(s.word()): x"]},
        "host-features": {"transports": ["VIRTIO_\(s.word())"]}}}
      """,
      """
      {"execute": "qom-list", "arguments": {"path": "/machine/peripheral"}, "return": [
        {"name": "\(s.word())", "type": "child<virtio-balloon-pci>"}, {"name": "type", "type": "string"},
        {"name": "x", "type": "child<\(s.word())>"}]}
      """,
      #"""
      {"execute": "qom-get", "arguments": {"path": "/machine/peripheral/hostdev0", "property": "sysfsdev"}, \#
      "return": "/sys/\#(s.word())"}
      """#,
      #"""
      {"execute": "qom-get", "arguments": {"path": "/machine", "property": "memory-backend"}, "return": \#
      "/objects/\#(s.word())"}
      """#,
      #"""
      {"execute": "qom-get", "arguments": {"path": "/machine", "property": "\#(s.word())"}, "return": \#
      "\#(s.word())"}
      """#,
      #"""
      {"execute": "qom-get", "arguments": {"path": "/x", "property": "y"}, "error": {"class": "\#(s.word())", \#
      "desc": "Property '\#(s.word())' not found"}}
      """#,
      #"""
      {"execute": "\#(s.word())", "arguments": {"\#(s.word())": "\#(s.word())"}, "return": {"\#(s.word())": \#
      ["\#(s.word())"]}, "\#(s.word())": "\#(s.word())"}
      """#,
      #"""
      {"execute": "human-monitor-command", "arguments": {"command-line": "info block \#(s.word())"}, \#
      "return": "\#(s.word()) (#block123): /srv/\#(s.word()).qcow2 (qcow2)\r\n"}
      """#,
      #"""
      {"execute": "human-monitor-command", "arguments": {"command-line": "info qtree"}, "return": "bus: \#
      \#(s.word())\r\n  type System\r\n  dev: virtio-net-pci, id \"\#(s.word())\"\r\n\#
          mac = \"\#(s.value("52:54:00:12:99:76"))\"\r\n    drive = \"\#(s.word())\"\r\n\#
          class Ethernet controller, addr 00:03.0, pci id 1af4:1000 (sub 1af4:0001)\r\n  \#(s.word())\r\n"}
      """#,
      #"""
      {"execute": "human-monitor-command", "arguments": {"command-line": "info ramblock"}, "return": \#
      "  Block Name    PSize  Offset  Used  Total\r\n\#
        \#(s.word())    4 KiB  0x0000000000000000 0x0000000010000000 0x0000000010000000\r\n\#
       /objects/\#(s.word())  2 MiB 0x0 0x1 0x1\r\n \#(s.word())\r\n"}
      """#,
      #"""
      {"event": "VSERPORT_CHANGE", "timestamp": {"seconds": 1, "microseconds": 2}, "data": {"id": \#
      "\#(s.word())", "open": true}}
      """#,
    ]
    var redactor = Redactor()
    for exchange in exchanges {
      let first = redactor.text(.monitor, exchange)
      let redacted = try #require(first, "\(exchange)")
      #expect(s.found(in: Array(redacted.utf8)) == [], "\(redacted)")
      let again = redactor.text(.monitor, redacted)
      #expect(again == redacted)
    }
    #expect(s.words.count >= 40)
  }

  @Test("In exchanges with agents")
  func agents() throws {
    let s = PlantedSecrets()
    func fact(_ value: String) -> String {
      #"{"status": "observed", "value": \#(value), "source": "\#(s.word())"}"#
    }
    let failed =
      #"{"status": "failed", "reason": "\#(s.word())", "detail": "cannot read C:\\Users\\\#(s.word())", "source": "x"}"#
    let exchanges: [(RawAnswer.Format, String)] = [
      (
        .agent,
        #"""
        {"method": "agent.hello", "params": {"nonce": "\#(s.word())"}, "result": {"nonce": "\#(s.word())", \#
        "protocol": 1, "agent": {"name": "\#(s.word())", "version": "\#(s.word())"}, "instance": \#
        "\#(s.word())", "system": "\#(s.word())", "methods": ["\#(s.word())"]}}
        """#
      ),
      (
        .agent,
        #"""
        {"method": "guest.os", "result": {"family": \#(fact("\"linux\"")), "name": \#
        \#(fact("\"\(s.word())\"")), "kernel": \#(fact("\"6.1.0-\(s.word())\"")), "version": \#(failed), \#
        "\#(s.word())": \#(fact("\"\(s.word())\""))}}
        """#
      ),
      (
        .agent,
        #"""
        {"method": "guest.memory", "result": {"total": \#(fact("1024")), "\#(s.word())": \#
        \#(fact("\"\(s.word())\""))}}
        """#
      ),
      (
        .agent,
        """
        {"method": "pci.functions", "result": {"functions": [{"address": \(fact("\"\(s.word())\"")),
        "driver": \(fact("\"\(s.word())\"")), 
        "module": \(fact("\"oem12.inf\"")), "provider": \(fact("\"\(s.word())\"")),
        "virtioFeatures": \(fact("\"\(s.word())\"")), "windows": {
        "instanceID": \(fact("\"PCI\\\\VEN_1AF4&DEV_1002\\\\\(s.word())\"")),
        "hardwareIDs": \(fact("[\"PCI\\\\VEN_1AF4&DEV_1002&\(s.word())\", \"\(s.word())\"]")),
        "locationInformation": \(fact("\"\(s.word())\"")), "description": \(fact("\"\(s.word())\"")),
        "driverFile": \(fact("\"C:\\\\\(s.word())\\\\balloon.sys\"")), 
        "signer": \(fact("\"\(s.word())\""))}}], "next": 3}}
        """
      ),
      (
        .agent,
        """
        {"method": "driver.services", "result": {"services": [{"name": "\(s.word())", "kind": "\(s.word())",
        "state": \(fact("\"\(s.word())\"")), "counters": {"\(s.word())": \(fact("7"))},
        "windows": {"binaryPath": \(fact("\"\\\"D:\\\\\(s.word())\\\\blnsvr.exe\\\" \(s.word())\"")),
        "dependencies": \(fact("[\"\(s.word())\"]"))}}]}}
        """
      ),
      (
        .agent,
        #"""
        {"method": "log.balloon", "result": {"lines": [{"text": "virtio_balloon virtio3: \#
        \#(s.word()) at \#(s.value("203.0.113.99"))", "microseconds": 5}]}}
        """#
      ),
      (
        .agent,
        #"""
        {"method": "\#(s.word())", "params": {"x": "\#(s.word())"}, "error": {"code": -32601, "message": \#
        "\#(s.word())", "data": "\#(s.word())"}}
        """#
      ),
      (
        .qemuGA,
        #"""
        {"execute": "guest-info", "return": {"version": "7.2.0", "supported_commands": [{"name": \#
        "\#(s.word())", "enabled": true}]}}
        """#
      ),
      (
        .qemuGA,
        #"""
        {"execute": "guest-get-osinfo", "return": {"id": "debian", "pretty-name": "\#(s.word())", \#
        "machine-id": "\#(s.value("9f2b3c4d5e6f708192a3b4c5d6e7f809"))", "kernel-version": \#
        "SMP \#(s.word())"}}
        """#
      ),
      (
        .qemuGA,
        #"""
        {"execute": "guest-get-devices", "return": [{"driver-name": "\#(s.word())", "driver-version": \#
        "\#(s.word())", "id": {"type": "pci", "vendor-id": 6900, "serial": "\#(s.word())"}}]}
        """#
      ),
      (.qemuGA, #"{"execute": "guest-get-host-name", "return": {"host-name": "\#(s.word())"}}"#),
      (
        .qemuGA,
        #"""
        {"execute": "guest-network-get-interfaces", "return": [{"name": "\#(s.word())", "hardware-address": \#
        "\#(s.value("52:54:00:de:ad:01"))"}]}
        """#
      ),
      (
        .qemuGA,
        #"""
        {"execute": "guest-exec", "arguments": {"path": "/home/\#(s.word())/x", "arg": ["\#(s.word())"], \#
        "input-data": "\#(s.word())", "env": ["A=\#(s.word())"]}, "return": {"pid": 5}}
        """#
      ),
    ]
    // reg query's output, in base64 as qemu-ga sends it.
    let output = "ComputerName REG_SZ \(s.word())\r\nOwner REG_SZ \(s.word())\r\n"
    let carried =
      #"""
      {"execute": "guest-exec-status", "arguments": {"pid": 5}, "return": {"exited": true, "exitcode": 0, \#
      "out-data": "\#(base64(output))"}}
      """#
    var redactor = Redactor()
    for (format, exchange) in exchanges + [(.qemuGA, carried)] {
      let first = redactor.text(format, exchange)
      let redacted = try #require(first, "\(exchange)")
      #expect(s.found(in: Array(redacted.utf8)) == [], "\(redacted)")
      let again = redactor.text(format, redacted)
      #expect(again == redacted)
    }
    #expect(s.found(in: Array(carried.utf8)).count == 2)
    #expect(s.words.count >= 60)
  }

  @Test("In Proxmox's settings")
  func proxmox() throws {
    let s = PlantedSecrets()
    let text = """
      #\(s.word()) mail %40 \(s.word())
      agent: 1,\(s.word())=\(s.word())
      args: -device virtserialport,name=org.virt-balloon.agent.0 -fw_cfg name=opt/\(s.word()) -overcommit mem-lock=on
      balloon: 2048
      boot: order=scsi0;\(s.word())
      cipassword: \(s.word())
      ciuser: \(s.word())
      cores: 4
      cpu: host,flags=+\(s.word())
      description: \(s.word())
      efidisk0: \(s.word()):vm-101-disk-0,size=4M
      hookscript: local:snippets/\(s.word()).pl
      hostpci0: mapping=\(s.word()),mdev=\(s.word())
      hugepages: \(s.word())
      ipconfig0: ip=\(s.value("192.0.2.10"))/24,gw=\(s.value("192.0.2.1"))
      machine: pc-q35-9.0+pve0,viommu=\(s.word())
      memory: 8192
      meta: creation-qemu=9.0.2,ctime=\(s.word())
      name: \(s.word())
      nameserver: \(s.word())
      net0: virtio=\(s.value("BC:24:11:AA:BB:CC")),bridge=\(s.word()),firewall=1,tag=\(s.word())
      net1: \(s.word())=\(s.word())
      ostype: win11
      scsi0: \(s.word()):vm-101-disk-1,serial=\(s.word())
      smbios1: uuid=\(s.value("1c3f5a7e-0b2d-4f6a-9c8e-123456789abc")),serial=\(s.word())
      sshkeys: ssh-ed25519%20\(s.word())
      tags: \(s.word());\(s.word())
      usb0: host=\(s.word())
      vga: \(s.word())
      vmgenid: \(s.value("5d2e8f1a-7b3c-4d9e-a1f2-0987654321ba"))
      \(s.word()): \(s.word())
      \(s.word())

      [PENDING]
      memory: 4096
      delete: \(s.word()),balloon
      name: \(s.word())

      [\(s.word())]
      memory: 1024
      name: \(s.word())
      runningmachine: \(s.word())
      """
    let redacted = try check(.proxmoxConfiguration, s, text, least: 40)
    for line in [
      "balloon: 2048", "memory: 8192", "ostype: win11", "machine: pc-q35-9.0+pve0", "[PENDING]\nmemory: 4096",
    ] {
      #expect(redacted.contains(line))
    }
    #expect(redacted.contains("name=org.virt-balloon.agent.0 mem-lock=on"))
    #expect(redacted.contains("hostpci0: mdev=left-out"))
    #expect(redacted.contains("delete: balloon"))
    #expect(!redacted.contains("memory: 1024"))
  }

  @Test("In QEMU's log")
  func log() throws {
    let s = PlantedSecrets()
    let text = """
      2025-06-17 10:31:05.123+0000: starting up libvirt version: 9.0.0, package: 4 (\(s.word())), \
      qemu version: 7.2.22, kernel: 6.1.0-42-amd64, hostname: \(s.word()).example
      LC_ALL=C \\
      HOME=/var/lib/libvirt/qemu/domain-1-\(s.word()) \\
      \(s.word())=\(s.word()) \\
      /usr/bin/qemu-system-x86_64 \\
      -name guest=\(s.word()),debug-threads=on \\
      -uuid \(s.value("2b6e2f0a-1c3d-4e5f-8a9b-0c1d2e3f4a5b")) \\
      -vnc \(s.value("203.0.113.8")):7,password=on \\
      -fw_cfg \(s.word())
      char device redirected to /dev/pts/\(s.word()) (label \(s.word()))
      2025-06-17T10:31:09.123456Z qemu-system-x86_64: warning: \(s.word()) balloon \(s.word())
      2025-06-17T10:31:10.000000Z \(s.word()): virtio-balloon: \(s.word())
      /usr/bin/kvm -id 101 -name \(s.word()),debug-threads=on -smbios type=1,uuid=\(s.word())
      """
    let redacted = try check(.hypervisorLog, s, text, least: 17)
    #expect(redacted.contains("2025-06-17T10:31:10.000000Z "))
    #expect(redacted.contains("2025-06-17 10:31:05.123+0000: starting up libvirt"))
    #expect(redacted.contains(" lines)"))
  }

  @Test("In statistics, between which somebody wrote")
  func statistics() throws {
    let s = PlantedSecrets()
    let redacted = try check(
      .memoryStatistics, s, "actual 4194304\n\(s.word()) 7\nunused \(s.word())\nrss 1\n# \(s.word())\n", least: 3)
    #expect(redacted == "actual 4194304\nrss 1\n")
  }

  private func base64(_ text: String) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var bytes = Array(text.utf8)
    while bytes.count % 3 != 0 { bytes.append(UInt8(ascii: "\n")) }
    var result = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
      for shift in [18, 12, 6, 0] { result.append(digits[Int(group >> UInt32(shift) & 63)]) }
    }
    return result
  }
}
