// SPDX-License-Identifier: BSD-3-Clause
import AgentCore

/// Where the agent is to listen.
package enum PortTarget: Hashable, Sendable {
  /// The name that the host gave a virtio-serial port, such as `org.virt-balloon.agent.0`.
  case name(String)
  /// A character device.
  case path(String)

  /// A text with a slash is a path.
  package init(_ text: String) { self = text.utf8.contains(UInt8(ascii: "/")) ? .path(text) : .name(text) }

  /// The name or path, for a person.
  package var text: String {
    switch self {
    case .name(let text), .path(let text): text
    }
  }
}

extension SystemFiles {
  /// The device of the virtio-serial port of that name, such as `/dev/vport0p1`; `nil` when there is no such port now.
  ///
  /// Linux calls ports by number in the order in which drivers found them; the host's name is in
  /// `/sys/class/virtio-ports/*/name`.
  func virtioPort(named name: String) -> String? {
    let folder = "/sys/class/virtio-ports"
    var device: String?
    // A folder that is not there yet holds no port.
    try? names(folder) { entry in
      guard case .value(let found) = line(folder + "/" + entry + "/name"), found.utf8.elementsEqual(name.utf8) else {
        return true
      }
      device = "/dev/" + entry
      return false
    }
    return device
  }
}
