// SPDX-License-Identifier: GPL-3.0-or-later
import Collectors
import Glibc
import Reports

/// This process itself, as every exporter tells of its own.
///
/// Source: Prometheus, "Writing client libraries", "Process metrics"; proc(5), statm.
enum ExportProcess {
  /// When it began to serve, in seconds since 1970.
  private static let begun = WallClock.system.now()

  /// What cannot be had has no sample.
  static func families() -> [MetricFamily] {
    let sizes = words(of: "/proc/self/statm").compactMap { UInt64($0) }
    let page = UInt64(max(sysconf(CInt(_SC_PAGESIZE)), 0))
    func size(_ index: Int) -> MetricValue? {
      guard sizes.indices.contains(index) else { return nil }
      let (bytes, overflow) = sizes[index].multipliedReportingOverflow(by: page)
      return overflow ? nil : .integer(bytes)
    }
    var limit = rlimit()
    let hasLimit = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    return [
      family("cpu", type: .counter, unit: "seconds", "Time that its threads have spent on processors.", cpu),
      family("open_fds", "Open file descriptors.", openFiles.map { MetricValue.integer($0) }),
      family(
        "max_fds", "How many file descriptors it may have open.", hasLimit ? .integer(UInt64(limit.rlim_cur)) : nil),
      family("virtual_memory", unit: "bytes", "Its address space.", size(0)),
      family("resident_memory", unit: "bytes", "Its memory that is resident.", size(1)),
      family("start_time", unit: "seconds", "When it began to serve, in seconds since 1970.", .number(begun)),
    ]
  }

  private static func family(
    _ name: String, type: MetricType = .gauge, unit: String? = nil, _ help: String, _ value: MetricValue?
  ) -> MetricFamily {
    var family = MetricFamily(ofProcess: name, type, unit: unit, help: help)
    family.add([], value)
    return family
  }

  private static var cpu: MetricValue? {
    var usage = rusage()
    guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
    let microseconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Int64($1.tv_sec) * 1_000_000 + Int64($1.tv_usec)
    }
    return .number(Double(microseconds / 1_000) / 1_000)
  }

  private static var openFiles: UInt64? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count: UInt64 = 0
    while let entry = readdir(folder) {
      if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
    }
    // One of them is the folder itself.
    return count > 0 ? count - 1 : nil
  }

  private static func words(of path: String) -> [Substring] {
    guard let file = fopen(path, "re") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace)
  }
}
