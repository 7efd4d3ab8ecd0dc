// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc

/// A real libvirtd with the machine's own untouched: daemons, files and domains live in namespaces of their own and end
/// with them. Needs root.
package struct LibvirtHost: Sendable {
  /// What `virsh -c` and `--connect` take.
  package let uri: String
  /// Whatever the test puts there goes with the host.
  package let directory: ScratchDirectory

  /// Starts the daemons, runs `body` when they answer, and ends them and all their domains.
  package static func with<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (LibvirtHost) async throws -> Result
  ) async throws -> Result {
    guard geteuid() == 0 else { throw RigError(.system, "libvirt's daemons need root here: use sudo") }
    return try await ScratchDirectory.with { directory in
      let script = "\(GuestImage.checkout)/Tests/GuestRig/scripts/private-libvirt.sh"
      return try await Program.background(["bash", script, directory.path], log: directory("daemons.log")) {
        let host = LibvirtHost(
          uri: "qemu+unix:///system?socket=\(directory("run/libvirt/libvirt-sock"))", directory: directory)
        try await waitUntil("libvirtd answered", every: .milliseconds(100)) {
          let log = directory.tail("daemons.log")
          if log.contains(Program.endMark) { throw RigError(.program, "libvirtd ended:\n\(log)") }
          return try await host.run("version").status == 0
        }
        return try await body(host)
      }
    }
  }

  /// Runs one `virsh` command, and fails unless it succeeds; gives its output.
  @discardableResult
  package func virsh(_ arguments: String...) async throws -> String {
    try await Program.check(["virsh", "--quiet", "--connect", uri] + arguments)
  }

  private func run(_ arguments: String...) async throws -> Program.Outcome {
    try await Program.run(["virsh", "--quiet", "--connect", uri] + arguments)
  }

  /// Ends libvirtd as its service does, and waits until the next one answers; domains run on.
  package func restartDaemon() async throws {
    let old = try await process(ofFile: "run/libvirtd.pid")
    try await Program.check(["kill", "-TERM", old])
    try await waitUntil("another libvirtd answered", every: .milliseconds(100)) {
      guard let new = try? await process(ofFile: "run/libvirtd.pid"), new != old else { return false }
      return try await run("version").status == 0
    }
  }

  /// Sends the QEMU of a domain a signal: STOP, CONT.
  package func signalMachine(_ name: String, _ signal: String) async throws {
    try await Program.check(["kill", "-\(signal)", try await process(ofFile: "run/libvirt/qemu/\(name).pid")])
  }

  /// The process of one of this host's pid files, which hold its number among the host's own.
  private func process(ofFile file: String) async throws -> String {
    let script = """
      import glob, os, sys
      path, own = sys.argv[1], sys.argv[2]
      number, folder = open(path).read().strip(), os.stat(own)
      for process in glob.glob("/proc/[0-9]*"):
          try:
              ids = [line for line in open(process + "/status") if line.startswith("NSpid:")][0].split()
              root = os.stat(process + "/root/run")
              if ids[-1] == number and len(ids) > 2 and (root.st_dev, root.st_ino) == (folder.st_dev, folder.st_ino):
                  print(process[6:])
          except OSError:
              pass
      """
    let found = try await Program.check(["python3", "-c", script, directory(file), directory("run")])
      .split(separator: "\n")
    guard let process = found.first, found.count == 1 else {
      throw RigError(.program, "\(file) tells \(found.count) processes")
    }
    return String(process)
  }

  /// A domain that is up.
  package struct Domain: Sendable {
    package let name: String
    private let line: GuestControl

    fileprivate init(name: String, line: GuestControl) {
      self.name = name
      self.line = line
    }

    /// Runs a line of shell in the guest; see ``Guest/control(_:within:)``.
    @discardableResult
    package func control(_ command: String, within limit: Duration = .seconds(60)) async throws -> String {
      try await line.check(command, within: limit)
    }
  }

  /// Waits until libvirt has statistics of a domain, and its agent has opened the port.
  package func waitUntilAnswering(_ domain: Domain) async throws {
    try await waitUntil("libvirt had statistics and the agent its port") {
      let statistics = try await virsh("dommemstat", domain.name)
      let xml = try await virsh("dumpxml", domain.name)
      return statistics.contains("available ") && xml.contains("state='connected'")
    }
  }

  /// Defines and starts a domain, runs `body` when its guest is up, and removes it.
  package func withDomain<Result: Sendable>(
    _ configuration: LibvirtDomain = LibvirtDomain(), isolation: isolated (any Actor)? = #isolation,
    _ body: (Domain) async throws -> Result
  ) async throws -> Result {
    let image = try await GuestImage.prepared()
    let name = configuration.name
    let file = directory("\(name).xml")
    try configuration.xml(image: image, directory: directory).write(toFile: file, atomically: false, encoding: .utf8)
    try await virsh("define", file)
    let outcome: Swift.Result<Result, any Error>
    do {
      // Paused, so that nobody misses what the guest says first.
      try await virsh("start", "--paused", name)
      let line = try GuestControl(path: directory("\(name).control"))
      try await virsh("resume", name)
      try await line.untilBooted(1, within: .seconds(120))
      outcome = .success(try await body(Domain(name: name, line: line)))
    } catch {
      outcome = .failure(error)
    }
    _ = try await run("destroy", name)
    _ = try await run("undefine", name)
    return try outcome.get()
  }
}

/// A libvirt domain of the rig: q35, direct kernel boot, `<domain type='qemu'>`.
package struct LibvirtDomain: Sendable {
  package var name = "vb-rig"
  /// `<memory>` and `<currentMemory>`, mebibytes.
  package var memory = 256
  package var currentMemory = 256
  /// `<stats period>`, seconds; nil leaves the element out.
  package var statsPeriod: Int? = 1
  /// `<memballoon model>`: virtio, virtio-transitional, virtio-non-transitional, none.
  package var balloonModel = "virtio"
  package var agentChannel = true
  /// Further elements of `<devices>`: controllers, say.
  package var devices = ""
  /// The balloon's `<address>` element; empty to leave its place to libvirt.
  package var balloonAddress = ""
  /// What the guest does when it comes up; the hardware of it is not used.
  package var guest = GuestConfiguration()

  package init(_ change: (inout LibvirtDomain) -> Void = { _ in }) { change(&self) }

  /// The balloon behind the second root port, with a PCI bridge behind the first: libvirt's bus 2 is bus 3 to firmware
  /// and guest, which number the bridge's bus before it.
  package static let behindSecondRootPort = LibvirtDomain {
    $0.devices = """
      <controller type='pci' index='1' model='pcie-root-port'>
        <address type='pci' domain='0' bus='0' slot='2' function='0'/>
      </controller>
      <controller type='pci' index='2' model='pcie-root-port'>
        <address type='pci' domain='0' bus='0' slot='3' function='0'/>
      </controller>
      <controller type='pci' index='3' model='pcie-to-pci-bridge'>
        <address type='pci' domain='0' bus='1' slot='0' function='0'/>
      </controller>
      """
    $0.balloonAddress = "<address type='pci' domain='0' bus='2' slot='0' function='0'/>"
  }

  func xml(image: GuestImage, directory: ScratchDirectory) -> String {
    let stats = statsPeriod.map { "<stats period='\($0)'/>" } ?? ""
    let port = GuestConfiguration.agentPort
    return """
      <domain type='qemu'>
        <name>\(name)</name>
        <memory unit='MiB'>\(memory)</memory>
        <currentMemory unit='MiB'>\(currentMemory)</currentMemory>
        <os>
          <type arch='x86_64' machine='q35'>hvm</type>
          <kernel>\(image.kernel)</kernel>
          <initrd>\(guest.bench ? image.benchInitramfs : image.initramfs)</initrd>
          <cmdline>\(guest.kernelCommandLine)</cmdline>
        </os>
        <features><acpi/></features>
        <devices>
          <controller type='usb' model='none'/>
          <controller type='virtio-serial'/>
          <serial type='file'><source path='\(directory("\(name).console"))'/><target port='0'/></serial>
          <serial type='unix'>
            <source mode='bind' path='\(directory("\(name).control"))'/><target port='1'/>
          </serial>
          \(agentChannel ? "<channel type='unix'><target type='virtio' name='\(port)'/></channel>" : "")
          \(devices)
          <memballoon model='\(balloonModel)'>\(stats)\(balloonAddress)</memballoon>
        </devices>
      </domain>
      """
  }
}
