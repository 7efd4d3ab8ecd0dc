// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig

/// A bare, paused domain with two channels: one leads to an ``EchoPeer``, and the other to nobody.
enum ChannelDomain {
  static let name = "chan"
  /// Its source has `mode='connect'`: libvirt connects each client to the peer's socket.
  static let echo = "org.virt-balloon.echo.0"
  /// QEMU's own socket, and no guest behind it.
  static let agent = "org.virt-balloon.agent.0"

  static func with(_ host: SessionLibvirt, _ body: () async throws -> Void) async throws {
    let peer = try EchoPeer(path: host.directory("echo.sock"))
    defer { peer.close() }
    try await host.startBareDomain(
      name,
      channels: """
        <channel type='unix'>
          <source mode='connect' path='\(peer.path)'/><target type='virtio' name='\(echo)'/>
        </channel>
        <channel type='unix'><source mode='bind'/><target type='virtio' name='\(agent)'/></channel>
        """)
    try await body()
  }
}
