// SPDX-License-Identifier: BSD-3-Clause
import FoundationEssentials
import GuestRig
import Testing

extension WindowsProgramTests {
  /// DLLs of every Windows since 7 that programs may use.
  private static let libraries: Set<String> = [
    "advapi32.dll", "cfgmgr32.dll", "kernel32.dll", "msvcrt.dll", "ntdll.dll", "ole32.dll", "psapi.dll", "setupapi.dll",
    "shell32.dll", "user32.dll", "version.dll", "wevtapi.dll",
  ]
  /// Functions of these DLLs that are newer than Windows 7: to name one in the import table is not to start there.
  private static let newer: Set<String> = [
    "CM_Register_Notification", "CM_Unregister_Notification", "GetSystemTimePreciseAsFileTime", "WaitOnAddress",
    "WakeByAddressSingle", "GetFirmwareType", "SetThreadDescription", "PathCchCombine", "CreateFile2",
  ]

  @Test("It needs nothing but DLLs of Windows 7", arguments: [WindowsAgent.x86_64, .i686])
  func imports(_ agent: WindowsAgent) async throws {
    try agent.require()
    let table = try await Program.check(["objdump", "-p", agent.path])
    let lines = table.split(separator: "\n").map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
    let libraries = Set(lines.filter { $0.first == "DLL" && $0.count == 3 }.map { $0[2].lowercased() })
    #expect(libraries.contains("kernel32.dll"), "\(table.prefix(2_000))")
    #expect(libraries.isSubset(of: Self.libraries), "\(libraries.subtracting(Self.libraries))")
    // Rows of the table: address, hint, name.
    let functions = Set(
      lines.filter { $0.count == 3 && Int($0[0], radix: 16) != nil && Int($0[1]) != nil }.map { $0[2] })
    #expect(functions.contains("CreateFileW"))
    #expect(functions.isDisjoint(with: Self.newer), "\(functions.intersection(Self.newer))")
    // What Wine has only a stub of, and the tests a seam for, is in the shipped program the system's own.
    #expect(functions.contains("CM_Get_DevNode_Status"))
  }

  @Test("The seam by which tests set device states is in no program that is shipped", arguments: WindowsAgent.allCases)
  func seam(_ agent: WindowsAgent) throws {
    guard agent.isBuilt else { try Test.cancel("\(agent.rawValue) has not been built") }
    let bytes = try Data(contentsOf: URL(filePath: agent.path))
    let name = "VbTest"
    let narrow = bytes.contains(Array(name.utf8))
    let wide = bytes.contains(name.utf8.flatMap { [$0, 0] })
    #expect((narrow || wide) == agent.hasSeam)
  }
}

extension Data {
  /// Whether `part` stands in it.
  fileprivate func contains(_ part: [UInt8]) -> Bool {
    guard let first = part.first else { return true }
    return withUnsafeBytes { bytes in
      bytes.indices.dropLast(part.count - 1).contains { start in
        bytes[start] == first && bytes[start..<(start + part.count)].elementsEqual(part)
      }
    }
  }
}
