// SPDX-License-Identifier: BSD-3-Clause
import CAgentWindows

/// Where the agent is to listen.
package enum PortTarget: Hashable, Sendable {
  /// The name that the host gave a virtio-serial port, such as `org.virt-balloon.agent.0`.
  case name(String)
  /// Any device: `\\.\COM3`, a terminal under Wine.
  case path(String)

  /// A text with a separator or a drive is a path.
  package init(_ text: String) {
    let isPath = text.utf8.contains { byte in
      byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":")
    }
    self = isPath ? .path(text) : .name(text)
  }

  /// The name or path, for a person.
  package var text: String {
    switch self {
    case .name(let text), .path(let text): text
    }
  }

  /// The device. virtio-win's driver gives a port's name to its device (vioserial/sys/Port.c, `\DosDevices\<name>`).
  package var device: String {
    switch self {
    case .name(let name): "\\\\.\\Global\\" + name
    case .path(let path): path
    }
  }
}

/// A port that is open: for this process alone, and closed with this value.
package struct PortChannel: ~Copyable {
  private let channel: UnsafeMutableRawPointer

  package init(_ target: PortTarget) throws(WindowsError) {
    var channel: UnsafeMutableRawPointer?
    let opened = target.device.withWide { vb_win_channel_open($0, &channel) }
    guard opened >= 0, let channel else { throw WindowsError(opened) }
    self.channel = channel
  }

  deinit { vb_win_channel_close(channel) }

  /// Waits for bytes: how many came, 0 when none did in time. `nil` waits for ever.
  func read(_ buffer: inout [UInt8], milliseconds: Int32?) throws(WindowsError) -> Int {
    let count = buffer.withUnsafeMutableBufferPointer {
      vb_win_channel_read(channel, $0.baseAddress, Int64($0.count), milliseconds ?? -1)
    }
    guard count >= 0, count <= buffer.count else { throw WindowsError(count) }
    return Int(count)
  }

  /// Writes a part of `bytes` from `offset`: how many the other end took, 0 when none in time.
  func write(_ bytes: [UInt8], from offset: Int, milliseconds: Int32) throws(WindowsError) -> Int {
    let count = bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map {
        vb_win_channel_write(channel, $0 + offset, Int64(buffer.count &- offset), milliseconds)
      } ?? 0
    }
    guard count >= 0, count <= bytes.count &- offset else { throw WindowsError(count) }
    return Int(count)
  }
}

/// Waiting that a service's stop ends, and news of a port.
enum Pause {
  /// - Throws: `stopping`; `leaving` while a port is open.
  static func wait(milliseconds: Int32) throws(WindowsError) {
    let result = vb_win_pause(milliseconds)
    guard result >= 0 else { throw WindowsError(result) }
  }
}
