// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Glibc

extension GuestCollector {
  /// How long the process at the other end of the monitor's socket has run: no boot of its guest is older.
  ///
  /// The guest may have been reset since, which QEMU does not tell. Source: proc(5), /proc/PID/stat field 22.
  func uptime(ofProcess process: Int32?) -> Observation<Double> {
    let source = Provenance("/proc/PID/stat of QEMU's process", trust: .host, time: clock.now())
    guard let process, process > 0 else {
      return .failed(Failure(.unsupported, "the socket does not tell its process"), source)
    }
    guard let stat = Self.text("/proc/\(process)/stat"), let now = Self.text("/proc/uptime"),
      // The command's name stands in parentheses and may hold anything.
      let end = stat.lastIndex(of: ")"),
      let sinceBoot = now.split(separator: " ").first.flatMap({ Double($0) })
    else { return .failed(Failure(.denied, "/proc of process \(process) cannot be read"), source) }
    let fields = stat[end...].split(separator: " ")
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    guard fields.count > 20, let start = Double(fields[20]), ticks > 0, sinceBoot >= start / ticks else {
      return .failed(Failure(.malformed, "/proc/\(process)/stat cannot be understood"), source)
    }
    return .observed((sinceBoot - start / ticks).rounded(), source)
  }

  /// The memory of QEMU's process that the host really holds, in bytes. Source: proc(5), /proc/PID/statm field 2, in
  /// pages.
  package func rss(ofProcess process: Int32?) -> Observation<UInt64> {
    let source = Provenance("/proc/PID/statm of QEMU's process", trust: .host, time: clock.now())
    guard let process, process > 0 else {
      return .failed(Failure(.notFound, "the pid file does not tell QEMU's process"), source)
    }
    guard let statm = Self.text("/proc/\(process)/statm") else {
      return .failed(Failure(.denied, "/proc of process \(process) cannot be read"), source)
    }
    let fields = statm.split(separator: " ")
    guard fields.count > 1, let pages = UInt64(fields[1]), let size = UInt64(exactly: sysconf(Int32(_SC_PAGESIZE))),
      case let (bytes, overflow) = pages.multipliedReportingOverflow(by: size), !overflow
    else { return .failed(Failure(.malformed, "/proc/\(process)/statm cannot be understood"), source) }
    return .observed(bytes, source)
  }

  /// The first 4 KiB of a file of procfs.
  package static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
  }
}
