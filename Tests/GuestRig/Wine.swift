// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// Wine as image/wine.sh found and prepared it.
package struct Wine: Sendable {
  /// The cache of image/wine.sh.
  let cache: String
  /// The folder with `wine64` and `wineserver64`.
  let programs: String

  /// The program that runs Windows programs.
  package var loader: String { "\(programs)/wine64" }
  var server: String { "\(programs)/wineserver64" }
  /// The prefix that every ``WinePrefix`` is a copy of.
  var template: String { "\(cache)/wine/prefix" }
  /// Wine for a guest to mount.
  package var image: String { "\(cache)/wine.squashfs" }
  /// Wine's 32-bit Windows files; ``prepared(_:)`` with ``Part/win32`` makes them.
  var win32: String { "\(cache)/wine/win32" }

  /// What image/wine.sh can prepare.
  package enum Part: String, Sendable {
    case prefix, image, win32
  }

  /// Wine with `part` of it prepared: once, afterwards it costs nothing.
  /// - Throws: ``RigError`` with the code `image` when Wine is not installed, or cannot be prepared.
  package static func prepared(_ part: Part) async throws -> Wine {
    let script = "\(GuestImage.checkout)/Tests/GuestRig/image/wine.sh"
    do {
      try await Program.check(["bash", script, part.rawValue], within: .seconds(600))
      let lines = try await Program.check(["bash", script, "where"]).split(separator: "\n")
      guard let programs = lines.first else { throw RigError(.image, "wine.sh says nothing") }
      return Wine(cache: GuestImage.cache, programs: String(programs))
    } catch {
      throw RigError(.image, "\(error)")
    }
  }
}

/// Where the Windows programs of this package are.
package enum WindowsAgent: String, CaseIterable, Sendable {
  /// The one that is shipped.
  case x86_64 = "x86_64-windows"
  /// The same, but for device states that tests can set: Wine has no true ones.
  case x86_64Test = "x86_64-windows-test"
  /// For 32-bit Windows.
  case i686 = "i686-windows"

  package var path: String {
    "\(GuestImage.checkout)/.build/agents/\(rawValue)/virt-balloon-agent\(hasSeam ? "-test" : "").exe"
  }
  package var isBuilt: Bool { FileManager.default.fileExists(atPath: path) }
  /// Whether tests can set device states.
  package var hasSeam: Bool { self == .x86_64Test }
  package var is32Bit: Bool { self == .i686 }
  /// As Wine's programs name it.
  package var windowsPath: String { Wine.path(path) }
}

extension Wine {
  /// A path of this machine as a Windows program under Wine names it: `/dev/pts/7` is `Z:\dev\pts\7`.
  package static func path(_ path: String) -> String {
    "Z:" + String(path.map { $0 == "/" ? "\\" : $0 })
  }
}
