// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A Windows program as this machine sees it.
package struct WineProcess: Sendable {
  package let identifier: Int32

  /// Resident memory in KiB.
  package func residentKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    guard let digits = line?.split(separator: " ").dropFirst().first ?? nil, let number = Int(digits) else {
      throw RigError(.program, "process \(identifier) tells no resident memory")
    }
    return number
  }

  /// How many file descriptors it has open: Wine keeps one for each handle of a file or device in use.
  package func descriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count
  }
}

extension WinePrefix {
  /// The one process of this prefix that runs the Windows program at `path` of this machine.
  package func process(of path: String) async throws -> WineProcess {
    let name = Wine.path(path)
    return try await waitUntil("\(name) ran") {
      for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
        guard let identifier = Int32(entry), let line = Self.read("/proc/\(entry)/cmdline"),
          line.first.map({ $0.hasSuffix(name) }) == true || line.dropFirst().first == name[...],
          Self.read("/proc/\(entry)/environ")?.contains("WINEPREFIX=\(self.path)") == true
        else { continue }
        return WineProcess(identifier: identifier)
      }
      return nil
    }
  }

  /// A file of /proc that is a list of strings.
  private static func read(_ path: String) -> [Substring]? {
    (try? Data(contentsOf: URL(filePath: path))).map { data in
      String(decoding: data, as: UTF8.self).split(separator: "\0")
    }
  }
}
