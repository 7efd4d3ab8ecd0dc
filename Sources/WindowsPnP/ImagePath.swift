// SPDX-License-Identifier: BSD-3-Clause

/// The command or file of a service: its value `ImagePath`, the service manager's binary path.
///
/// Drivers have `System32\drivers\balloon.sys`, below the system root, or
/// `\SystemRoot\System32\DriverStore\FileRepository\…\balloon.sys`; programs have a command line such as
/// `"C:\Program Files\Balloon\blnsvr.exe"`.
package struct ImagePath: Sendable {
  /// As it was given.
  package let text: String

  /// The longest command that is read, in bytes.
  static let limit = 4096

  package init(_ text: String) { self.text = text }

  /// What Windows loads for a driver's service that has no `ImagePath`.
  package static func driver(ofService name: String) -> ImagePath {
    ImagePath("System32\\drivers\\" + name + ".sys")
  }

  /// The path of the file on a local drive, such as `C:\Windows\System32\drivers\balloon.sys`; `nil` when the text
  /// tells none, or one on another computer.
  ///
  /// - Parameter systemRoot: what `%SystemRoot%` and `\SystemRoot` stand for, such as `C:\Windows`.
  package func file(systemRoot: String) -> String? {
    guard text.utf8.count <= Self.limit, systemRoot.utf8.count <= Self.limit else { return nil }
    var root = Array(systemRoot.utf8)
    while root.last == UInt8(ascii: "\\") { root.removeLast() }
    guard Self.isOnDrive(root[...]), let name = Self.name(in: Array(text.utf8)) else { return nil }

    var scanner = ASCIIScanner(name)
    let whole: [UInt8]
    if scanner.skip("\\SystemRoot\\") || scanner.skip("%SystemRoot%\\") || scanner.skip("%windir%\\") {
      whole = root + [UInt8(ascii: "\\")] + scanner.rest
    } else {
      if !scanner.skip("\\??\\") { _ = scanner.skip("\\\\?\\") }
      if Self.isOnDrive(scanner.rest) {
        whole = Array(scanner.rest)
      } else if name.hasASCIIPrefix("System32\\") {
        whole = root + [UInt8(ascii: "\\")] + name
      } else {
        return nil
      }
    }
    // No name of a file has these.
    for byte in whole where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "%") { return nil }
    return whole[...].text
  }

  /// `C:\` or `C:/` and something behind.
  private static func isOnDrive(_ path: ArraySlice<UInt8>) -> Bool {
    guard path.count > 3 else { return false }
    let drive = lowerCase(path[path.startIndex])
    let separator = path[path.startIndex &+ 2]
    return drive >= UInt8(ascii: "a") && drive <= UInt8(ascii: "z") && path[path.startIndex &+ 1] == UInt8(ascii: ":")
      && (separator == UInt8(ascii: "\\") || separator == UInt8(ascii: "/"))
  }

  /// The command line without its arguments. Where an unquoted path has spaces, its extension tells the end.
  private static func name(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var command = bytes[...]
    while command.first == UInt8(ascii: " ") { command.removeFirst() }
    while command.last == UInt8(ascii: " ") { command.removeLast() }
    if command.first == UInt8(ascii: "\"") {
      command.removeFirst()
      guard let end = command.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
      return command[..<end]
    }
    var index = command.startIndex
    while index < command.endIndex {
      if command[index...].hasASCIIPrefix(".exe") || command[index...].hasASCIIPrefix(".sys") {
        let end = index &+ 4
        if end == command.endIndex || command[end] == UInt8(ascii: " ") { return command[..<end] }
      }
      index &+= 1
    }
    return command.isEmpty || command.contains(UInt8(ascii: " ")) ? nil : command
  }
}
