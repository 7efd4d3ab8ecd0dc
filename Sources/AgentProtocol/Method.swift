// SPDX-License-Identifier: BSD-3-Clause

/// The methods of version 1. Methods are append-only: a breaking change is a new name.
package struct Method: Hashable, Sendable {
  package let name: String
  package init(_ name: String) { self.name = name }

  package static let hello = Method("agent.hello")
  package static let ping = Method("agent.ping")
  package static let os = Method("guest.os")
  package static let memory = Method("guest.memory")
  package static let statistics = Method("balloon.stats")
  package static let functions = Method("pci.functions")
  package static let services = Method("driver.services")
  package static let log = Method("log.balloon")

  /// Every method of version 1, in the specification's order.
  package static let all: [Method] = [hello, ping, os, memory, statistics, functions, services, log]

  /// The member of the result that holds the list, of a method that answers in pages; `nil` for the others.
  package var list: String? {
    switch name {
    case "pci.functions": "functions"
    case "driver.services": "services"
    case "log.balloon": "lines"
    default: nil
    }
  }
}

/// What the protocol is called and where it is spoken.
package enum AgentChannel {
  /// The virtio-serial port's name. Never `org.qemu.guest_agent.0`, which is qemu-ga's alone.
  package static let portName = "org.virt-balloon.agent.0"
  /// The version of the protocol that this code speaks.
  package static let version: UInt64 = 1
}
