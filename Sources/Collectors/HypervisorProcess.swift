// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Glibc

/// The process of QEMU that runs a guest on this machine.
package struct HypervisorProcess: Hashable, Sendable {
  package let pid: Int32
  /// What stands before every path; empty, but for tests.
  let root: String

  package init(pid: Int32) { self.init(pid: pid, root: "") }

  init(pid: Int32, root: String) { (self.pid, self.root) = (pid, root) }

  /// The process of a domain of libvirt, by libvirt's pid file and by the process's own command line: a pid file may
  /// have outlived its process, and the number be another's by now. It blocks.
  ///
  /// Source: libvirt, src/qemu/qemu_conf.c and src/util/virutil.c: the state directory is `/run/libvirt/qemu` for the
  /// system's daemon, `libvirt/qemu/run` in the user's runtime directory (else cache) for a session's, and the file is
  /// the domain's name and `.pid`; src/qemu/qemu_command.c: `-name guest=NAME,… -uuid UUID`.
  /// - Throws: why it cannot be told: `unsupported` of a libvirt elsewhere or of another driver, `notFound` when there
  ///   is no such file or process, `denied`.
  package static func ofDomain(
    _ name: String, uuid: String, at uri: String, until deadline: ContinuousClock.Instant
  ) throws(Failure) -> HypervisorProcess {
    try ofDomain(name, uuid: uuid, at: uri, until: deadline, root: "", environment: HypervisorLog.environment)
  }

  static func ofDomain(
    _ name: String, uuid: String, at uri: String, until deadline: ContinuousClock.Instant, root: String,
    environment: (String) -> String?
  ) throws(Failure) -> HypervisorProcess {
    let path = try root + stateDirectory(of: uri, environment) + "/\(fileName(name)).pid"
    let process = HypervisorProcess(pid: try number(in: path, until: deadline), root: root)
    try process.check("domain \(name)", until: deadline) { arguments in
      // The UUID is the domain's own; a name may have been given anew.
      if let place = arguments.firstIndex(of: "-uuid"), place + 1 < arguments.count {
        return arguments[place + 1].lowercased() == uuid.lowercased()
      }
      guard let place = arguments.firstIndex(of: "-name"), place + 1 < arguments.count else { return false }
      // QEMU's options double a comma that is none of theirs.
      let option = "guest=" + name.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
      return arguments[place + 1] == option || arguments[place + 1].hasPrefix(option + ",debug-threads=")
    }
    return process
  }

  /// Fails unless `isIt` finds the guest in the process's command line.
  func check(
    _ guest: String, until deadline: ContinuousClock.Instant, _ isIt: ([String]) -> Bool
  ) throws(Failure) {
    var arguments: [String] = []
    // The kernel gives a command line 128 KiB or more, in some thousand words at most.
    try HostLines.read("\(root)/proc/\(pid)/cmdline", limit: 4 << 20, separator: 0, until: deadline) {
      arguments.append(String(decoding: $0, as: UTF8.self))
      return arguments.count < 65_536
    }
    guard isIt(arguments) else {
      throw Failure(.notFound, "process \(pid), which the pid file names, does not run \(guest)")
    }
  }

  private static func stateDirectory(
    of uri: String, _ environment: (String) -> String?
  ) throws(Failure) -> String {
    let place = LibvirtURI(uri)
    guard place.isHere else {
      throw Failure(
        .unsupported, "QEMU runs on another machine, whose processes cannot be looked at from here",
        ask: "run virt-balloon on the guest's host")
    }
    guard place.driver == "qemu" else {
      throw Failure(.unsupported, "a guest of libvirt's driver \(place.driver) has no process of QEMU that is known")
    }
    switch place.path {
    case "/system": return "/run/libvirt/qemu"
    case "/session":
      if let runtime = environment("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") { return runtime + "/libvirt/qemu/run" }
      if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/libvirt/qemu/run" }
      guard let home = environment("HOME"), home.hasPrefix("/") else {
        throw Failure(.notFound, "neither XDG_RUNTIME_DIR nor HOME tells where libvirt's pid files are")
      }
      return home + "/.cache/libvirt/qemu/run"
    default: throw Failure(.unsupported, "where this libvirt keeps its pid files is not known")
    }
  }

  private static func fileName(_ name: String) throws(Failure) -> String {
    guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 250,
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7F })
    else { throw Failure(.malformed, "the domain's name cannot be that of a file") }
    return name
  }

  private static func number(in path: String, until deadline: ContinuousClock.Instant) throws(Failure) -> Int32 {
    var text = ""
    try HostLines.read(path, limit: 4_096, until: deadline) {
      text = String(decoding: $0.prefix(32), as: UTF8.self)
      return false
    }
    guard let pid = Int32(text), pid > 0 else { throw Failure(.malformed, "\(path) holds no number of a process") }
    return pid
  }
}
