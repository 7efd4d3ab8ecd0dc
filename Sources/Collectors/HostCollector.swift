// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Glibc

/// Looks at this machine's kernel and memory, read-only.
///
/// Source: Linux Documentation/filesystems/proc.rst (meminfo), Documentation/admin-guide/mm/ksm.rst, hugetlbpage.rst,
/// transhuge.rst.
package struct HostCollector: Sendable {
  let clock: WallClock
  /// What stands before every path; empty, but for tests.
  let root: String

  package init(clock: WallClock = .system, root: String = "") {
    self.clock = clock
    self.root = root
  }

  /// The machine that this program runs on.
  package func collect() -> HostEvidence {
    var evidence = HostEvidence(
      Unknown(failure: Failure(.notAsked, "not asked"), provenance: source("uname")))
    evidence.kernel = kernel()
    let memory = Self.read(root + "/proc/meminfo", limit: 64 << 10)
    evidence.memoryTotal = memoryField("MemTotal", memory)
    evidence.memoryAvailable = memoryField("MemAvailable", memory)
    evidence.swapTotal = memoryField("SwapTotal", memory)
    evidence.swapFree = memoryField("SwapFree", memory)
    let ksm = "/sys/kernel/mm/ksm"
    evidence.ksm = number(ksm + "/run")
    evidence.ksmSaved = pages(ksm + "/pages_sharing")
    evidence.hugepages = pools()
    evidence.transparentHugepages = transparent()
    return evidence
  }

  /// The machine that runs this guest: this one, or one that is not to be seen from here.
  func collect(for target: Target) -> HostEvidence? {
    switch target.kind {
    case .qmp, .proxmox: return collect()
    case .libvirt where LibvirtURI(target.location).isHere: return collect()
    case .libvirt:
      return HostEvidence(
        Unknown(
          failure: Failure(
            .notAsked, "the guest runs on another machine, whose kernel libvirt does not tell of",
            ask: "on that machine: virt-balloon collect \(target.domainName.map(ShellWord.quoted) ?? "DOMAIN")"),
          provenance: source("the guest's host")))
    case .agent, .artefacts: return nil
    }
  }

  private func source(_ name: String) -> Provenance { Provenance(name, trust: .host, time: clock.now()) }

  /// The corresponding C function is `uname`.
  private func kernel() -> Observation<String> {
    var name = utsname()
    guard uname(&name) == 0 else {
      return .failed(Failure(.failed, "uname: \(String(cString: strerror(errno)))"), source("uname"))
    }
    let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return .observed(release, source("uname"))
  }

  /// A line such as `MemTotal:       24689404 kB`, which is KiB.
  private func memoryField(_ field: String, _ file: Swift.Result<String, Failure>) -> Observation<UInt64> {
    let source = source("/proc/meminfo, \(field)")
    switch file {
    case .failure(let failure): return .failed(failure, source)
    case .success(let text):
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") }) else {
        return .absent(source)
      }
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "kB", let size = UInt64(words[1]),
        case let (bytes, overflow) = size.multipliedReportingOverflow(by: 1_024), !overflow
      else { return .failed(Failure(.malformed, "/proc/meminfo: \(field) cannot be understood"), source) }
      return .observed(bytes, source)
    }
  }

  /// A file that holds one number; one that is not there belongs to a kernel without the feature.
  private func number(_ path: String) -> Observation<UInt64> {
    switch Self.read(root + path, limit: 4_096) {
    case .success(let text):
      guard let value = UInt64(text.prefix { $0 != "\n" }) else {
        return .failed(Failure(.malformed, "\(path) holds no number"), source(path))
      }
      return .observed(value, source(path))
    case .failure(let failure):
      return failure.reason == .notFound ? .absent(source(path)) : .failed(failure, source(path))
    }
  }

  /// As ``number(_:)``, of pages, in bytes.
  private func pages(_ path: String) -> Observation<UInt64> {
    number(path).map { count in
      guard let size = UInt64(exactly: sysconf(Int32(_SC_PAGESIZE))) else { return nil }
      let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
      return overflow ? nil : bytes
    }
  }

  /// `hugepages-2048kB` and its kin, by size.
  private func pools() -> Observation<[HugePagePool]> {
    let directory = "/sys/kernel/mm/hugepages"
    guard let names = HostFiles.names(in: root + directory) else {
      let failure = Self.failure(directory, errno)
      return failure.reason == .notFound ? .absent(source(directory)) : .failed(failure, source(directory))
    }
    var pools: [HugePagePool] = []
    for name in names where pools.count < 64 {
      guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { continue }
      guard let size = UInt64(name.dropFirst(10).dropLast(2)),
        case let (bytes, overflow) = size.multipliedReportingOverflow(by: 1_024), !overflow
      else { return .failed(Failure(.malformed, "\(directory): an entry is no size of pages"), source(directory)) }
      let place = "\(directory)/\(name)"
      switch (number(place + "/nr_hugepages"), number(place + "/free_hugepages")) {
      case (.observed(let total, _), .observed(let free, _)):
        pools.append(HugePagePool(pageSize: bytes, total: total, free: free))
      case (let total, let free):
        let failure = total.failure ?? free.failure ?? Failure(.notFound, "\(place) has no numbers of pages")
        return .failed(failure, source(directory))
      }
    }
    return .observed(pools.sorted { $0.pageSize < $1.pageSize }, source(directory))
  }

  /// The word in brackets of `always [madvise] never`.
  private func transparent() -> Observation<String> {
    let path = "/sys/kernel/mm/transparent_hugepage/enabled"
    switch Self.read(root + path, limit: 4_096) {
    case .success(let text):
      guard let start = text.firstIndex(of: "["), let end = text[start...].firstIndex(of: "]"),
        case let word = text[text.index(after: start)..<end], ["always", "madvise", "never"].contains(word)
      else { return .failed(Failure(.malformed, "\(path) cannot be understood"), source(path)) }
      return .observed(String(word), source(path))
    case .failure(let failure):
      return failure.reason == .notFound ? .absent(source(path)) : .failed(failure, source(path))
    }
  }

  private static func failure(_ path: String, _ number: CInt) -> Failure {
    let reason: Failure.Reason =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM: .denied
      default: .failed
      }
    return Failure(reason, "\(path): \(String(cString: strerror(number)))")
  }

  /// The first `limit` bytes of a file of procfs or sysfs.
  private static func read(_ path: String, limit: Int) -> Swift.Result<String, Failure> {
    HostFiles.read(path, limit: limit)
      .map { String(decoding: $0.prefix(limit), as: UTF8.self) }
      .mapError { failure(path, $0.code) }
  }
}
