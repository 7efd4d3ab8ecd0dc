// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Glibc

extension HypervisorProcess {
  /// The memory of the process, as the kernel counts it now. It blocks: the kernel walks through all of the process's
  /// page tables, which takes a large guest's a noticeable part of a second.
  ///
  /// - Parameters:
  ///   - ram: the guest's RAM in bytes, by which its mapping is found; `nil` when it is not known.
  ///   - deadline: what is not had by then fails.
  package func memory(
    ram: UInt64?, until deadline: ContinuousClock.Instant, clock: WallClock = .system
  ) -> ProcessEvidence {
    func source(_ file: String, _ field: String) -> Provenance {
      Provenance("/proc/PID/\(file) of QEMU's process, \(field)", trust: .host, time: clock.now())
    }
    let unknown = Unknown(failure: Failure(.notAsked, "not asked"), provenance: source("status", "VmRSS"))
    var evidence = ProcessEvidence(unknown)
    let directory = "\(root)/proc/\(pid)"

    let status = SizeTable(directory + "/status", until: deadline)
    func take(_ field: String) -> Observation<UInt64> { status.size(field, source("status", field)) }
    evidence.resident = take("VmRSS")
    evidence.anonymous = take("RssAnon")
    evidence.file = take("RssFile")
    evidence.shared = take("RssShmem")
    evidence.swapped = take("VmSwap")
    evidence.hugetlb = take("HugetlbPages")
    evidence.locked = take("VmLck")
    evidence.pinned = take("VmPin")

    evidence.merged = merged(directory, until: deadline, source("ksm_merging_pages", "pages merged by KSM"))
    let rollup = SizeTable(directory + "/smaps_rollup", until: deadline)
    evidence.proportional = rollup.size("Pss", source("smaps_rollup", "Pss"))
    evidence.transparentHuge = rollup.size("AnonHugePages", source("smaps_rollup", "AnonHugePages"))
    evidence.guestRAM = guestRAM(size: ram, until: deadline, clock: clock)
    return evidence
  }

  /// The evidence of a process that was not found.
  static func unknown(_ failure: Failure, clock: WallClock) -> ProcessEvidence {
    ProcessEvidence(
      Unknown(failure: failure, provenance: Provenance("QEMU's process", trust: .host, time: clock.now())))
  }

  /// Source: proc_pid_ksm_merging_pages(5): a number of pages; the file is there since Linux 5.19, with KSM built in.
  private func merged(
    _ directory: String, until deadline: ContinuousClock.Instant, _ source: Provenance
  ) -> Observation<UInt64> {
    var text = ""
    do throws(Failure) {
      try HostLines.read(directory + "/ksm_merging_pages", limit: 4_096, until: deadline) {
        text = String(decoding: $0, as: UTF8.self)
        return false
      }
    } catch {
      // Where the process is, it is the kernel that has no such file.
      return error.reason == .notFound && access(directory, F_OK) == 0 ? .absent(source) : .failed(error, source)
    }
    guard let pages = UInt64(text), let page = UInt64(exactly: sysconf(Int32(_SC_PAGESIZE))),
      case let (bytes, overflow) = pages.multipliedReportingOverflow(by: page), !overflow
    else { return .failed(Failure(.malformed, "\(directory)/ksm_merging_pages holds no number"), source) }
    return .observed(bytes, source)
  }

  /// What of the guest's RAM is resident, in bytes. It blocks as ``memory(ram:until:clock:)`` does.
  ///
  /// - Parameters:
  ///   - size: the guest's RAM in bytes, by which its mapping is found; `nil` when it is not known.
  ///   - deadline: what is not had by then fails.
  package func guestRAM(
    size: UInt64?, until deadline: ContinuousClock.Instant, clock: WallClock = .system
  ) -> Observation<UInt64> {
    let source = Provenance(
      "/proc/PID/smaps of QEMU's process, Rss of the guest's RAM", trust: .host, time: clock.now())
    guard let size, size > 0 else {
      return .failed(
        Failure(.notFound, "the size of the guest's RAM is not known, by which its mapping would be found"), source)
    }
    do throws(Failure) {
      let mappings = try MemoryMappings(smaps: "\(root)/proc/\(pid)/smaps", until: deadline)
      return .observed(try mappings.resident(holding: size), source)
    } catch { return .failed(error, source) }
  }

  /// The same of a process that may not be known.
  package static func guestRAM(
    ofProcess pid: Int32?, size: UInt64?, until deadline: ContinuousClock.Instant, clock: WallClock = .system
  ) -> Observation<UInt64> {
    guard let pid, pid > 0 else {
      return .failed(
        Failure(.notFound, "which process is QEMU's is not known"),
        Provenance("QEMU's process", trust: .host, time: clock.now()))
    }
    return HypervisorProcess(pid: pid).guestRAM(size: size, until: deadline, clock: clock)
  }
}

/// The lines `Name:   123 kB` of a file of procfs.
private struct SizeTable {
  private let path: String
  private var values: [String: UInt64] = [:]
  private var failure: Failure?

  init(_ path: String, until deadline: ContinuousClock.Instant) {
    self.path = path
    var values: [String: UInt64] = [:]
    do throws(Failure) {
      try HostLines.read(path, limit: 1 << 20, until: deadline) { line in
        if let (name, bytes) = MemoryMappings.size(line) { values[String(decoding: name, as: UTF8.self)] = bytes }
        return true
      }
    } catch { failure = error }
    self.values = values
  }

  func size(_ name: String, _ source: Provenance) -> Observation<UInt64> {
    if let failure { return .failed(failure, source) }
    return values[name].map { .observed($0, source) } ?? .absent(source)
  }
}
