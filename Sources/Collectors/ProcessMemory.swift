// SPDX-License-Identifier: GPL-3.0-or-later

/// What /proc tells of a process's memory, in bytes. Source: proc(5), /proc/PID/status.
struct ProcessMemory: Codable, Hashable, Sendable {
  /// VmSize: what it has mapped.
  let size: UInt64
  /// VmRSS: what of it is in RAM, huge pages of hugetlbfs not counted.
  let resident: UInt64
  /// VmLck: what is locked, or pinned by VFIO's first interface, which is counted here too.
  let locked: UInt64

  /// Reads the text of /proc/PID/status; `nil` when a line is missing (a kernel thread has none of them).
  init?(status: String) {
    var values: [Substring: UInt64] = [:]
    for line in status.split(separator: "\n") where line.hasPrefix("Vm") {
      let words = line.split(whereSeparator: { $0 == ":" || $0 == " " || $0 == "\t" })
      guard words.count == 3, words[2] == "kB", let number = UInt64(words[1]) else { continue }
      let (bytes, overflow) = number.multipliedReportingOverflow(by: 1024)
      if !overflow { values[words[0]] = bytes }
    }
    guard let size = values["VmSize"], let resident = values["VmRSS"], let locked = values["VmLck"] else { return nil }
    (self.size, self.resident, self.locked) = (size, resident, locked)
  }
}
