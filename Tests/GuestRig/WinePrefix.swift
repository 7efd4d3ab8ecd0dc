// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A Wine prefix, which stands for one Windows installation: fresh, and gone when its user is done.
///
/// Nothing of it runs but within ``session(isolation:_:)``: that is one boot of this Windows, and ends with it.
package struct WinePrefix: Sendable {
  package let wine: Wine
  let directory: ScratchDirectory
  /// Whether 32-bit programs run in it, too.
  package let runs32Bit: Bool
  /// The folder.
  package var path: String { directory("prefix") }
  /// Drive C.
  package var drive: String { directory("prefix/drive_c") }

  /// Writes the registry, as the last session left it, to the file `path`, in whole sectors as a disk has.
  package func writeRegistry(to path: String) throws {
    var registry = try Data(contentsOf: URL(filePath: "\(self.path)/system.reg"))
    registry += Data(repeating: UInt8(ascii: "\n"), count: 512 - registry.count % 512)
    try registry.write(to: URL(filePath: path))
  }

  /// Runs `body` with a fresh prefix.
  /// - Parameter win32: whether 32-bit programs are to run, too, if what this takes can be had.
  package static func with<Result>(
    win32: Bool = false, isolation: isolated (any Actor)? = #isolation, _ body: (WinePrefix) async throws -> Result
  ) async throws -> Result {
    var win32 = win32
    // It comes from another architecture's packages, which cannot be had everywhere.
    if win32 { win32 = (try? await Wine.prepared(.win32)) != nil }
    let wine = try await Wine.prepared(.prefix)
    return try await ScratchDirectory.with { directory in
      let prefix = WinePrefix(wine: wine, directory: directory, runs32Bit: win32)
      try await Program.check(["cp", "-a", wine.template, prefix.path])
      if win32 {
        try await Program.check([
          "bash", "-c", "mkdir -p \"$2\" && ln -sf \"$1\"/*.dll \"$2/\"", "bash", "\(wine.win32)/i386-windows",
          "\(prefix.drive)/windows/syswow64",
        ])
      }
      return try await body(prefix)
    }
  }

  /// Boots this Windows, with its services, runs `body`, and shuts it down.
  package func session<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async throws -> Result {
    // A program that was just starting when the last session ended has started a server of its own, which would now be
    // taken for this session's.
    _ = try await Program.run(
      ["sh", "-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh"] + command(wine.server, ["-k"]))
    // The server is our own child, so that nothing else is ever ended, and it is ended whatever becomes of this
    // process; on INT it ends all programs of the prefix, which it would leave behind on any other signal, and writes
    // the registry.
    return try await Program.background(
      command(wine.server, ["-f", "-p"]), log: directory("server.log"), signal: "INT"
    ) {
      // Any first program boots Windows; `wineboot` would do it a second time, with a second service manager. What it
      // starts would hold our pipes open for as long as it runs.
      // This program now and then comes before the service manager has finished starting, and is refused.
      try await waitUntil("the service manager of Wine answered", within: .seconds(90)) {
        try await Program.run(
          ["sh", "-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh"] + command(wine.loader, ["sc", "query", "RpcSs"])
        ).status == 0
      }
      return try await body()
    }
  }

  /// Runs a Windows program to its end, in a session.
  package func run(
    _ arguments: [String], within limit: Duration = .seconds(60)
  ) async throws -> Program.Outcome {
    try await Program.run(command(wine.loader, arguments), within: limit)
  }

  /// Runs a Windows program to its end, in a session, and fails unless it ends with status 0; gives its output.
  @discardableResult
  package func check(_ arguments: [String], within limit: Duration = .seconds(60)) async throws -> String {
    try await Program.check(command(wine.loader, arguments), within: limit)
  }

  /// Keeps a Windows program running while `body` runs, in a session.
  package func background<Result: Sendable>(
    _ arguments: [String], isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async throws -> Result {
    try await Program.background(command(wine.loader, arguments), log: directory("program.log"), body)
  }

  /// The end of what a ``background(_:isolation:_:)`` program printed.
  package var programLog: String { directory.tail("program.log") }

  /// Reads `registry` in, in a session, as an administrator would by `reg import`.
  package func load(_ registry: RegistryFile) async throws {
    let file = directory("import.reg")
    try Data(registry.encoded).write(to: URL(filePath: file))
    try await check(["reg", "import", Wine.path(file)])
  }

  /// Makes the registry again what it was at first.
  func resetRegistry() async throws {
    try await Program.check(["cp", "\(wine.template)/system.reg", "\(path)/system.reg"])
  }

  /// The command line that runs `program` in this prefix, with an environment that has no display and no language.
  package func command(_ program: String, _ arguments: [String]) -> [String] {
    let environment = [
      "WINEPREFIX=\(path)", "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=",
      "WINEDLLPATH=\(wine.win32)", "LC_ALL=C.UTF-8",
    ]
    return ["env", "-u", "DISPLAY", "-u", "WAYLAND_DISPLAY"] + environment + [program] + arguments
  }
}
