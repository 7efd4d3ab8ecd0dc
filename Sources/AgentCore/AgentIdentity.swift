// SPDX-License-Identifier: BSD-3-Clause
import PCI

/// Who the agent says it is in `agent.hello`.
package struct AgentIdentity: Hashable, Sendable {
  package let name: String
  package let version: String
  /// Differs from process to process, so that a host notices a restart.
  package let instance: String

  package init(name: String, version: String, instance: String) {
    self.name = name
    self.version = version
    self.instance = instance
  }

  /// Takes random bytes for the instance, as hexadecimal digits.
  package init(name: String, version: String, random: some Sequence<UInt8>) {
    var instance = ""
    for byte in random { instance += hexadecimal(byte, width: 2) }
    self.init(name: name, version: version, instance: instance)
  }
}
