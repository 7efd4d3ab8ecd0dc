// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

extension PackageTests {
  @Suite("The host's package", .enabled(if: CleanSystem.missing == nil, "\(CleanSystem.missing ?? "")"))
  struct HostPackageTests {
    @Test(
      "It installs in a clean system without libvirt, answers there, and goes without a trace",
      arguments: ["bookworm", "trixie", "forky", "jammy", "noble", "resolute"])
    func lifetime(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        let before = try await system.files()
        try await system.install("/packages/\(BuiltPackages.host)")
        let installed = try await system.check("dpkg-query --show --showformat '${binary:Package}\\n'")
        for other in ["libvirt", "gcc:", "clang", "swift", "libpython", "python3"] {
          #expect(!installed.split(separator: "\n").contains { $0.hasPrefix(other) }, "\(other) came along")
        }
        #expect(try await system.check("virt-balloon --version") == BuiltPackages.version)

        try await answers(system)
        try await reads(system)
        try await system.check("apt-get -qq -y remove virt-balloon >/dev/null")
        #expect(try await system.run("command -v virt-balloon").status != 0)
        try await system.check("dpkg --purge virt-balloon")
        try await system.check("apt-get -qq -y autoremove --purge >/dev/null")
        let left = try await system.files().subtracting(before)
        #expect(left.isEmpty, "\(left.sorted())")
      }
    }

    /// What needs no libvirt works, and what needs it says so.
    private func answers(_ system: CleanSystem) async throws {
      // Pasted by a user: a balloon that has no driver behind it.
      let judged = try await system.run(
        """
        virt-balloon analyze - <<'PASTE'
        <domain type='kvm'><name>vm</name><memory unit='MiB'>1024</memory><os><type>hvm</type></os>
        <devices><memballoon model='none'/></devices></domain>
        PASTE
        """)
      #expect(judged.status == 1, "\(judged)")
      #expect(judged.output.contains("balloon.device.absent"), "\(judged.output)")
      let refused = try await system.run("virt-balloon diagnose --connect qemu:///system vm")
      #expect(refused.status == 69, "\(refused)")
      #expect(refused.errorOutput.contains("libvirt.so.0"), "\(refused.errorOutput)")
    }

    /// The system's own libxml2 and libpci, of whatever version, are used as ours are.
    private func reads(_ system: CleanSystem) async throws {
      let judged = try await system.run(
        """
        printf '%s' '<domain type="kvm"><name>a &amp; b</name><memory unit="MiB">1024</memory>
        <os><type>hvm</type></os><devices><memballoon model="none"/></devices></domain>' >/tmp/vm.xml
        virt-balloon analyze /tmp/vm.xml
        """)
      #expect(judged.status == 1 && judged.output.hasPrefix("a & b: "), "\(judged)")
      // Synthesised: what Linux has of a balloon, without its registers.
      let functions = try await system.check(
        """
        device=/sys/devices/pci0000:00/0000:00:05.0
        mkdir -p $device /sys/bus/pci/devices
        ln -s ../../../devices/pci0000:00/0000:00:05.0 /sys/bus/pci/devices/
        for file in vendor=0x1af4 device=0x1045 class=0x00ff00 revision=0x01 subsystem_vendor=0x1af4 \
          subsystem_device=0x1100 irq=11 'resource=0x0 0x0 0x0'; do echo "${file#*=}" >$device/${file%%=*}; done
        virt-balloon pci --format json; rm -r /sys/devices /sys/bus
        """)
      let function = try JSONDecoder().decode(RigJSON.self, from: Data(functions.utf8))["functions"]?.elements.first
      #expect(function?["address"]?.string == "0000:00:05.0" && function?["kind"]?.string == "balloon", "\(functions)")
      #expect(function?["vendorName"]?.string == "Red Hat, Inc.")
      #expect(function?["identity"]?["subsystem"]?.integer == 0x1100)
      #expect(function?["identity"]?["classCode"]?.integer == 0xff00)
      #expect(function?["identity"]?["revision"]?.integer == 1)
    }

    @Test("Completions load in bash, zsh and fish, and man finds a page for every command", arguments: ["bookworm"])
    func completions(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        try await system.install("/packages/\(BuiltPackages.host)", "bash-completion", "fish", "man-db", "zsh")
        // As bash-completion loads it when the first tab is pressed.
        let bash = """
          . /usr/share/bash-completion/bash_completion; _completion_loader virt-balloon; complete -p virt-balloon
          COMP_WORDS=(virt-balloon dia); COMP_CWORD=1 COMP_LINE="virt-balloon dia" COMP_POINT=16
          _virt-balloon virt-balloon dia virt-balloon; echo "${COMPREPLY[@]}"
          """
        let lines = try await system.check("bash -c '\(bash)'").split(separator: "\n")
        #expect(lines.first?.hasSuffix("-F _virt-balloon virt-balloon") == true, "\(lines)")
        #expect(lines.last?.split(separator: " ").first == "diagnose", "\(lines)")
        #expect(
          try await system.check("zsh -c 'autoload -U compinit; compinit -u; print $_comps[virt-balloon]'")
            == "_virt-balloon")
        #expect(try await system.check("fish -c 'complete -C \"virt-balloon dia\"'").hasPrefix("diagnose"))

        let help = try await system.check("virt-balloon --help")
        // A line a command, "  diagnose   Say whether …"; what goes on is indented further.
        let list = help.split(separator: "\n", omittingEmptySubsequences: false)
          .drop { !$0.hasPrefix("SUBCOMMANDS:") }.dropFirst().prefix { !$0.isEmpty }
        let commands = list.filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first }
        #expect(commands.contains("diagnose"), "\(help)")
        for name in ["virt-balloon"] + commands.map({ "virt-balloon-\($0)" }) where name != "virt-balloon-help" {
          #expect(try await system.check("man -w \(name)") == "/usr/share/man/man1/\(name).1.gz")
        }
        // As people type it.
        #expect(try await system.check("man virt-balloon diagnose").contains("--quick"))
      }
    }

    @Test("sos finds the plugin, and what Python made of it goes with the package", arguments: ["bookworm"])
    func sos(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        try await system.install("/packages/\(BuiltPackages.host)", "sosreport")
        let plugins = try await system.check("sos report -l 2>&1")
        #expect(plugins.contains("virt_balloon"), "\(plugins)")
        try await system.check("dpkg --purge virt-balloon")
        #expect(try await system.files().filter { $0.contains("virt_balloon") || $0.contains("virt-balloon") } == [])
      }
    }

    @Test("A virtual machine laid out as Proxmox VE has it is diagnosed without libvirt", arguments: ["bookworm"])
    func proxmox(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        try await system.install("/packages/\(BuiltPackages.host)")
        try await Guest.with(GuestConfiguration { $0.statsPeriod = 2 }) { guest in
          // The settings are synthesised; the sockets and the process are the real ones.
          let report = try await system.run(
            """
            mkdir -p /etc/pve/qemu-server /run/qemu-server
            printf 'balloon: 256\\nmachine: q35\\nmemory: 256\\nname: files\\nostype: l26\\n' \
            >/etc/pve/qemu-server/100.conf
            ln -s \(guest.monitorPath) /run/qemu-server/100.qmp
            ln -s \(guest.agentSocketPath) /run/qemu-server/100.virt-balloon
            ln -s \(guest.directory("qemu.pid")) /run/qemu-server/100.pid
            virt-balloon diagnose --format json proxmox:100
            """, binding: [guest.directory.path])
          let told = try JSONDecoder().decode(RigJSON.self, from: Data(report.output.utf8))
          #expect(report.status == 0 && told["verdict"]?.string == "healthy", "\(report)")
          #expect(told["evidence"]?["target"]?["name"]?.string == "files")
          #expect(told["evidence"]?["guest"]?["agent"]?["status"]?.string == "observed")
        }
      }
    }

    @Test("A libvirt domain is diagnosed with the system's own libvirt", arguments: ["bookworm"])
    func libvirt(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        // What the package recommends, as apt installs it unless told not to.
        try await system.check(
          "apt-get -qq -y install /packages/\(BuiltPackages.host) >/dev/null", within: .seconds(600))
        try await LibvirtHost.with { host in
          try await host.withDomain { domain in
            try await host.waitUntilAnswering(domain)
            let report = try await system.run(
              "virt-balloon diagnose --format json --connect '\(host.uri)' \(domain.name)",
              binding: [host.directory.path])
            let told = try JSONDecoder().decode(RigJSON.self, from: Data(report.output.utf8))
            #expect(report.status == 0 && told["verdict"]?.string == "healthy", "\(report)")
            #expect(told["evidence"]?["guest"]?["agent"]?["status"]?.string == "observed")
          }
        }
        // A bundle needs libarchive and GnuTLS, which are recommended too.
        let bundle = try await system.run("virt-balloon collect --connect test:///default test -o /root/b.tar.gz")
        #expect([0, 69].contains(bundle.status), "\(bundle)")
        #expect(try await system.run("tar -tzf /root/b.tar.gz").output.contains("README.txt"), "\(bundle)")
      }
    }
  }
}
