// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc

/// A libvirtd of one's own for bare domains: no root, no guest image, and a domain is there in half a second.
///
/// It runs in session mode, as `nobody` when this process is root, with its files in a scratch directory. For a domain
/// with a guest in it there is ``LibvirtHost``.
package struct SessionLibvirt: Sendable {
  /// What `virsh -c` and `--connect` take.
  package let uri: String
  /// Whatever the test puts there goes with the daemon. The daemon's user may write there.
  package let directory: ScratchDirectory

  /// What is not installed and is needed; nil when all is there.
  package static let missing: String? = {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let folders: [String] = path.split(separator: ":").map { String($0) } + ["/usr/sbin"]
    let needed = ["libvirtd", "virsh", "qemu-system-x86_64", "tini"] + (geteuid() == 0 ? ["setpriv"] : [])
    let missing = needed.filter { name in !folders.contains { access("\($0)/\(name)", X_OK) == 0 } }
    return missing.isEmpty ? nil : missing.joined(separator: ", ")
  }()

  /// Starts the daemon, runs `body` when it answers, and ends it and all its domains.
  package static func with<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: (SessionLibvirt) async throws -> Result
  ) async throws -> Result {
    try await ScratchDirectory.with { directory in
      var command = [
        "tini", "-s", "--", "\(GuestImage.checkout)/Tests/GuestRig/scripts/session-libvirt.sh", directory.path,
      ]
      if geteuid() == 0 {
        command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] + command
        guard let nobody = getpwnam("nobody"),
          chown(directory.path, nobody.pointee.pw_uid, nobody.pointee.pw_gid) == 0
        else { throw RigError(.system, "chown: \(systemMessage(errno))") }
      }
      return try await Program.background(command, log: directory("daemon.log"), signal: "TERM") {
        let host = SessionLibvirt(
          uri: "qemu+unix:///session?socket=\(directory("run/libvirt/libvirt-sock"))", directory: directory)
        try await waitUntil("libvirtd answered", within: .seconds(30)) {
          let log = directory.tail("daemon.log")
          if log.contains(Program.endMark) { throw RigError(.program, "libvirtd ended:\n\(log)") }
          guard access(directory("run/libvirt/libvirt-sock"), F_OK) == 0 else { return false }
          return try await Program.run(["virsh", "--quiet", "--connect", host.uri, "version"]).status == 0
        }
        return try await body(host)
      }
    }
  }

  /// Runs one `virsh` command, and fails unless it succeeds; gives its output.
  @discardableResult
  package func virsh(_ arguments: String...) async throws -> String {
    try await Program.check(["virsh", "--quiet", "--connect", uri] + arguments, within: .seconds(30))
  }

  /// Starts a transient domain without a disk, paused: its processors do nothing until it is resumed.
  /// - Parameter channels: XML of its `<channel>`s, or any other devices.
  package func startBareDomain(_ name: String, channels: String = "") async throws {
    let xml = """
      <domain type='qemu'>
        <name>\(name)</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
        <os><type arch='x86_64' machine='q35'>hvm</type></os>
        <devices>
          <controller type='usb' model='none'/>
          <memballoon model='virtio'><stats period='1'/></memballoon>
          \(channels)
        </devices>
      </domain>
      """
    let file = directory("\(name).xml")
    try xml.write(toFile: file, atomically: false, encoding: .utf8)
    try await virsh("create", "--paused", file)
  }

  /// The process id of a running domain's QEMU: to stop it as a hung one.
  package func processIdentifier(of name: String) throws -> Int32 {
    let text = try String(contentsOfFile: directory("run/libvirt/qemu/run/\(name).pid"), encoding: .utf8)
    guard let id = Int32(text.prefix { $0 != "\n" }) else { throw RigError(.program, "\(name) has no process id") }
    return id
  }
}
