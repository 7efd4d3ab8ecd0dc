// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Testing

@testable import Libvirt

/// A node of libvirt's test driver with domains of our own. Synthesised: nothing in it was captured.
struct TestNode {
  static let windowsUUID = "6b9c8f4e-55d2-4f0e-9a5e-0f6f0a5f2c11"
  /// Has the length of a UUID and is none.
  static let oddName = "not-a-uuid-but-as-long-as-a-uuid-abc"

  /// Two that run, with ids 1 and 2, one paused, one shut off. The second is called "7", the third "1": a name that is
  /// also the first one's id.
  private static let xml = """
    <node>
      <domain type='test'>
        <name>windows</name><uuid>\(windowsUUID)</uuid>
        <memory unit='KiB'>4194304</memory><currentMemory unit='KiB'>2097152</currentMemory>
        <vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os>
        <devices><memballoon model='virtio'><stats period='5'/></memballoon></devices>
      </domain>
      <domain type='test'>
        <name>7</name>
        <memory unit='KiB'>1048576</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>
      </domain>
      <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
        <name>1</name>
        <memory unit='KiB'>1048576</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>
        <test:runstate>3</test:runstate>
      </domain>
      <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
        <name>\(oddName)</name>
        <memory unit='KiB'>1048576</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>
        <test:runstate>5</test:runstate>
      </domain>
    </node>
    """

  /// Opens a connection of its own to it.
  static func open(readOnly: Bool = true) async throws -> Connection {
    var path = Array("/tmp/virt-balloon-node-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    try #require(descriptor >= 0)
    let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(name) }
    let bytes = Array(xml.utf8)
    let written = write(descriptor, bytes, bytes.count)
    close(descriptor)
    try #require(written == bytes.count)
    // libvirt reads the file while it opens the connection.
    return try await Connection.open("test://\(name)", readOnly: readOnly, until: .soon)
  }
}

extension ContinuousClock.Instant {
  /// Far enough for anything that works, near enough for a test that does not.
  static var soon: Self { .now + .seconds(30) }
}
