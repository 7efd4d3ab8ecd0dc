// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// The file behind a service: a driver's, or a program's.
struct DriverFile {
  /// As the registry writes it.
  let path: Fact<String>
  /// The version in the file's own resources.
  let version: Fact<String>

  /// The file of a device's service.
  init(of service: Fact<String>, systemRoot: Reading<String>) {
    guard case .observed(let name, _) = service else {
      path = .absent(source: "ImagePath of the service")
      version = .absent(source: "ImagePath of the service")
      return
    }
    let key = Registry.control + "\\Services\\" + name
    let source = Registry.source(key, "ImagePath")
    guard !name.utf8.contains(UInt8(ascii: "\\")) else {
      path = .failed(FactFailure(.malformed, "no name of a service"), source: source)
      version = path
      return
    }
    let image = Registry.text(key, "ImagePath")
    path = image.fact(source: source)
    version = Self.version(of: image.then { .value(ImagePath($0)) }, systemRoot, source)
  }

  static func version(of image: Reading<ImagePath>, _ systemRoot: Reading<String>, _ source: String) -> Fact<String> {
    let file = file(image, systemRoot)
    guard case .value(let path) = file else { return file.fact(source: source) }
    var high: UInt32 = 0
    var low: UInt32 = 0
    let result = path.withWide { vb_win_file_version($0, &high, &low) }
    guard result >= 0 else { return Reading<String>(WindowsError(result)).fact(source: path) }
    return .observed(DriverVersion(packed: UInt64(high) << 32 | UInt64(low)).description, source: path)
  }

  static func exists(_ image: Reading<ImagePath>, _ systemRoot: Reading<String>, _ source: String) -> Fact<Bool> {
    let file = file(image, systemRoot)
    guard case .value(let path) = file else { return file.then { _ in .missing }.fact(source: source) }
    let result = path.withWide { vb_win_file_exists($0) }
    guard result >= 0 else { return .failed(WindowsError(result).failure, source: path) }
    return .observed(result == 1, source: path)
  }

  /// The file's path. One on another computer is not asked about: it would be told who asks.
  private static func file(_ image: Reading<ImagePath>, _ systemRoot: Reading<String>) -> Reading<String> {
    image.then { image in
      systemRoot.then { root in Reading.value(image).parsed(as: "a file on a local drive") { $0.file(systemRoot: root) }
      }
    }
  }
}
