// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentLinux
import AgentProtocol
import FoundationEssentials
import Testing

/// A guest's tree under `Fixtures`; its README says where each comes from.
func tree(_ name: String) -> LinuxPlatform {
  LinuxPlatform(root: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/" + name).path)
}

/// A tree made for one test, and removed after it.
func withTree<Result>(
  files: [String: [UInt8]], links: [String: String] = [:], _ body: (LinuxPlatform, URL) throws -> Result
) throws -> Result {
  let root = FileManager.default.temporaryDirectory.appending(path: "agent-tree-" + UUID().uuidString)
  defer { try? FileManager.default.removeItem(at: root) }
  func parent(of path: String) throws -> String {
    let file = root.path + path
    let folder = file[..<(file.lastIndex(of: "/") ?? file.endIndex)]
    try FileManager.default.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
    return file
  }
  for (path, content) in files { try Data(content).write(to: URL(filePath: parent(of: path))) }
  for (path, target) in links {
    try FileManager.default.createSymbolicLink(atPath: parent(of: path), withDestinationPath: target)
  }
  return try body(LinuxPlatform(root: root.path), root)
}

/// The one function of a tree whose device id is `device`.
func function(_ device: UInt16, in platform: LinuxPlatform) throws -> PCIFunctionFacts {
  let found = try platform.functions().compactMap { platform.function($0) }.filter { $0.device.value == device }
  #expect(found.count == 1)
  return try #require(found.first)
}

extension Fact {
  var isAbsent: Bool { if case .absent = self { true } else { false } }
  var reason: FactFailure.Reason? { if case .failed(let failure, _) = self { failure.reason } else { nil } }
}

/// The lines of a tree's log.
func log(of platform: LinuxPlatform, from cursor: UInt64 = 0) throws(ProtocolError) -> [LogLine] {
  var lines: [LogLine] = []
  try platform.log(from: cursor) { (_, line) in
    lines.append(line)
    return true
  }
  return lines
}
