// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A program under test as this machine sees it: an agent, or Wine running one.
package struct AgentProcess: Sendable {
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

extension AgentProcess {
  /// The process that is `program`, started with `argument` among its arguments.
  package static func running(_ program: String, serving argument: String) async throws -> AgentProcess {
    try await found("\(program) ran") { identifier, line in line.first == program[...] && line.contains(argument[...]) }
  }

  /// The first process whose command line, and environment, are as `isMeant` wants them, when there is one.
  fileprivate static func found(
    _ what: String, _ isMeant: (Int32, [Substring]) -> Bool
  ) async throws -> AgentProcess {
    try await waitUntil(what) {
      for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
        guard let identifier = Int32(entry), let line = read("/proc/\(entry)/cmdline"), isMeant(identifier, line) else {
          continue
        }
        return AgentProcess(identifier: identifier)
      }
      return nil
    }
  }

  /// A file of /proc that is a list of strings.
  fileprivate static func read(_ path: String) -> [Substring]? {
    (try? Data(contentsOf: URL(filePath: path))).map { data in
      String(decoding: data, as: UTF8.self).split(separator: "\0")
    }
  }
}

extension WinePrefix {
  /// The one process of this prefix that runs the Windows program at `path` of this machine.
  package func process(of path: String) async throws -> AgentProcess {
    let name = Wine.path(path)
    return try await AgentProcess.found("\(name) ran") { identifier, line in
      (line.first?.hasSuffix(name) == true || line.dropFirst().first == name[...])
        && AgentProcess.read("/proc/\(identifier)/environ")?.contains("WINEPREFIX=\(self.path)") == true
    }
  }
}
