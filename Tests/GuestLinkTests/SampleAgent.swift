// SPDX-License-Identifier: GPL-3.0-or-later
import Foundation
import Glibc
import ProtocolVectors
import Transports

/// The Python sample, running and listening on a unix socket.
final class SampleAgent: Sendable {
  /// Whether this machine has Python; the tests that need it are skipped where it has not.
  static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
  static let path = ProtocolVectors.folder + "/../samples/agents/virt-balloon-agent.py"

  let socket: String
  private let process = Process()
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("vb-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    socket = folder.appendingPathComponent("agent").path
    process.executableURL = URL(fileURLWithPath: Self.python ?? "/usr/bin/python3")
    process.arguments = [Self.path, "--socket", socket]
    try process.run()
  }

  deinit {
    // Not SIGTERM, which a thread of the tests may hold blocked and the child inherit.
    kill(process.processIdentifier, SIGKILL)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Connects, waiting for the socket to appear.
  func connect() async throws(TransportError) -> any Transport {
    let deadline = ContinuousClock.now + .seconds(20)
    while true {
      do throws(TransportError) { return try await UnixSocket.connect(to: socket, until: deadline) } catch {
        guard error.code == .notFound || error.code == .refused, .now < deadline else { throw error }
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
  }
}
