// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc

/// A host of Proxmox VE: where it keeps its virtual machines' settings and their sockets.
///
/// Source: Proxmox qemu-server, PVE/QemuServer/Helpers.pm (`$var_run_tmpdir`, `vm_pidfile_name`, `qmp_socket`);
/// pve-cluster: `/etc/pve/qemu-server` is the node's own directory below `/etc/pve/nodes`.
package struct ProxmoxHost: Sendable {
  /// What stands before every path; empty, but for tests.
  let root: String

  package init(root: String = "") { self.root = root }

  private var settingsDirectory: String { root + "/etc/pve/qemu-server" }
  private var runDirectory: String { root + "/var/run/qemu-server" }

  /// Whether this is such a host.
  package var isHere: Bool { access(runDirectory, F_OK) == 0 }

  /// Whether it is the number of a machine: 100 to 999999999.
  package static func isVMID(_ text: String) -> Bool {
    3...9 ~= text.utf8.count && text.utf8.first != UInt8(ascii: "0") && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
  }

  func settingsFile(of vmid: String) -> String { "\(settingsDirectory)/\(vmid).conf" }
  package func monitor(of vmid: String) -> String { "\(runDirectory)/\(vmid).qmp" }
  func guestAgent(of vmid: String) -> String { "\(runDirectory)/\(vmid).qga" }

  /// The machine's process, by its pid file.
  package func process(of vmid: String) -> Int32? {
    guard case .success(let bytes) = HostFiles.read("\(runDirectory)/\(vmid).pid", limit: 64) else { return nil }
    return Int32(String(decoding: bytes.prefix { 0x30...0x39 ~= $0 }, as: UTF8.self)).flatMap { $0 > 0 ? $0 : nil }
  }

  /// The machine's process, by its pid file and by the monitor's socket that its own command line names: a pid file
  /// may have outlived its process.
  func hypervisor(of vmid: String, until deadline: ContinuousClock.Instant) throws(Failure) -> HypervisorProcess {
    guard let pid = process(of: vmid) else {
      throw Failure(.notFound, "\(runDirectory)/\(vmid).pid does not tell QEMU's process")
    }
    let process = HypervisorProcess(pid: pid)
    try process.check("machine \(vmid)", until: deadline) { arguments in
      arguments.contains { $0.contains("/qemu-server/\(vmid).qmp") }
    }
    return process
  }

  /// As ``settings(of:)``, waiting no longer than that: the cluster's file system may hang.
  func settings(of vmid: String, until deadline: ContinuousClock.Instant) async throws(TargetError) -> [UInt8] {
    let result: Result<[UInt8], TargetError>
    do {
      result = try await blocking(until: deadline) {
        do throws(TargetError) { return .success(try settings(of: vmid)) } catch { return .failure(error) }
      }
    } catch {
      let reason =
        error is CancellationError
        ? "interrupted" : "\(settingsFile(of: vmid)): cannot be read within the time given; is pmxcfs up?"
      throw TargetError("proxmox:\(vmid): \(reason)", Failure(error is CancellationError ? .failed : .timedOut, reason))
    }
    return try result.get()
  }

  /// The file of the machine's settings; of one that is too long, its beginning and one byte more than is allowed.
  /// - Throws: in one line, why there are none: no such machine, elsewhere in the cluster, a container, no such host,
  ///   no permission.
  func settings(of vmid: String) throws(TargetError) -> [UInt8] {
    let file = settingsFile(of: vmid)
    switch HostFiles.read(file, limit: ProxmoxConfiguration.byteLimit) {
    case .success(let bytes): return bytes
    case .failure(let number) where number.code == EACCES || number.code == EPERM:
      throw denied(file, vmid)
    case .failure(let number) where number.code == ENOENT || number.code == ENOTDIR:
      let reason = missing(vmid)
      throw TargetError("proxmox:\(vmid): \(reason)", Failure(.notFound, reason))
    case .failure(let number):
      let reason = "\(file): \(String(cString: strerror(number.code)))"
      throw TargetError("proxmox:\(vmid): \(reason)", Failure(.failed, reason))
    }
  }

  func denied(_ file: String, _ vmid: String) -> TargetError {
    let reason = "\(file): permission denied; run as root"
    return TargetError("proxmox:\(vmid): \(reason)", Failure(.denied, reason))
  }

  private func missing(_ vmid: String) -> String {
    guard access(root + "/etc/pve", F_OK) == 0 else {
      return "this is no host of Proxmox VE: \(root)/etc/pve is not there"
    }
    if access("\(root)/etc/pve/lxc/\(vmid).conf", F_OK) == 0 {
      return "it is a container, which has no balloon: only virtual machines have one"
    }
    let nodes = root + "/etc/pve/nodes"
    for node in HostFiles.names(in: nodes) ?? []
    where access("\(nodes)/\(node)/qemu-server/\(vmid).conf", F_OK) == 0 {
      return "it is on the node \(node) of this cluster: run virt-balloon there"
    }
    return "no such virtual machine: \(settingsFile(of: vmid)) is not there"
  }

  /// The numbers of the machines that have a monitor's socket, in order.
  package func running() throws(TargetError) -> [String] {
    guard let names = HostFiles.names(in: runDirectory) else {
      let reason = "\(runDirectory): \(String(cString: strerror(errno)))"
      throw TargetError(reason, Failure(errno == EACCES ? .denied : .failed, reason))
    }
    return names.compactMap { $0.hasSuffix(".qmp") ? String($0.dropLast(4)) : nil }.filter(Self.isVMID)
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }
}
