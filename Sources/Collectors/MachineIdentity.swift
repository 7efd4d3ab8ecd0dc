// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// Which machine it is, and which of its runs: a machine that was started anew has nothing to be put back.
package struct MachineIdentity: Hashable, Sendable {
  /// The machine's UUID, or the path of its monitor's socket where it has none.
  package let key: String
  /// The run: `boot BOOTID process PID started TICKS` where QEMU's process is on this machine, else `domain ID`.
  package let run: String
  /// Whether ``run`` is surely another one for another run. libvirt's numbers of domains begin anew with its host.
  package var isCertain: Bool { run.hasPrefix("boot ") }

  /// Whether the process of ``run`` is surely gone from this machine.
  package var hasEnded: Bool {
    let words = run.split(separator: " ")
    guard isCertain, words.count == 6, let process = Int32(words[3]) else { return false }
    return Self.run(ofProcess: process) != run
  }

  package init(key: String, run: String) {
    self.key = key
    self.run = run
  }

  /// The ``key`` of a machine without a UUID: its monitor's socket, by whatever path it is named.
  package static func key(ofSocket path: String) -> String {
    let place = realpath(path, nil)
    defer { free(place) }
    return place.map { String(cString: $0) } ?? path
  }

  /// The run of a process of this machine; `nil` when there is no such process, or it may not be looked at.
  ///
  /// Source: proc(5), /proc/PID/stat field 22; random(4), /proc/sys/kernel/random/boot_id.
  package static func run(ofProcess process: Int32?) -> String? {
    guard let process, process > 0, let stat = GuestCollector.text("/proc/\(process)/stat"),
      // The command's name stands in parentheses and may hold anything.
      let end = stat.lastIndex(of: ")"),
      let boot = GuestCollector.text("/proc/sys/kernel/random/boot_id")?.split(separator: "\n").first
    else { return nil }
    let fields = stat[end...].split(separator: " ")
    guard fields.count > 20, let start = UInt64(fields[20]), fields[1] != "Z" else { return nil }
    return "boot \(boot) process \(process) started \(start)"
  }

  /// The QEMU process of this machine that was started with that UUID, as libvirt starts it; `nil` without one.
  package static func process(ofUUID uuid: String) -> Int32? {
    guard let directory = opendir("/proc") else { return nil }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let process = Int32(name), let line = GuestCollector.text("/proc/\(process)/cmdline") else { continue }
      let words = line.split(separator: "\0")
      guard let option = words.firstIndex(of: "-uuid"), option + 1 < words.count, words[option + 1] == uuid else {
        continue
      }
      return process
    }
    return nil
  }
}
