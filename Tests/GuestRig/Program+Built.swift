// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

extension Program {
  /// The path of a program of this package: beside the running one, since one build makes both.
  package static func built(_ name: String) throws -> String {
    let running = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = running.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else { throw RigError(.program, "\(path) is not built") }
    return path
  }
}
