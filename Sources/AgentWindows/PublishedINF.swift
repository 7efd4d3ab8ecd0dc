// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// `%SystemRoot%\INF\oem*.inf`: how Windows 7 keeps what later ones have in a database.
enum PublishedINF {
  /// The packages whose INF names a balloon's id.
  static func balloonPackages(limit: Int) throws(WindowsError) -> [DriverStore.Package] {
    var found: [DriverStore.Package] = []
    for name in try names() {
      guard found.count < limit else { break }
      guard let bytes = content(of: name) else { continue }
      let text = INFText(bytes)
      guard text.namesBalloon else { continue }
      let source = "%SystemRoot%\\INF\\" + name
      var package = DriverStore.package(publishedAs: .observed(name, source: source))
      package.version = text.driverVersion.fact(source: source + " DriverVer")
      found.append(package)
    }
    return found
  }

  private static func names() throws(WindowsError) -> [String] {
    var list: UnsafeMutableRawPointer?
    let opened = vb_win_oem_infs_open(&list)
    guard opened >= 0, let list else { throw WindowsError(opened) }
    defer { vb_win_oem_infs_close(list) }
    var names: [String] = []
    while names.count < 1024 {
      let name = try wideText { vb_win_oem_infs_next(list, $0, $1) }
      if name.utf8.isEmpty { break }
      names.append(name)
    }
    return names
  }

  /// The first 128 KiB, more than any INF for a balloon has.
  private static func content(of name: String) -> [UInt8]? {
    var file: UnsafeMutableRawPointer?
    guard name.withWide({ vb_win_inf_open($0, &file) }) >= 0, let file else { return nil }
    defer { vb_win_file_close(file) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8 << 10)
    while content.count < 128 << 10 {
      let count = chunk.withUnsafeMutableBufferPointer { vb_win_file_read(file, $0.baseAddress, Int64($0.count)) }
      guard count > 0, count <= chunk.count else { break }
      content += chunk[..<Int(count)]
    }
    return content
  }
}
