// SPDX-License-Identifier: GPL-3.0-or-later

extension Redactor {
  /// What a person brought, where all of it is one thing that has a parser: a domain's XML, the agent's report, an
  /// exchange with a monitor or an agent. Nothing of any other paste: nobody can tell what is in it.
  mutating func redact(pasted bytes: [UInt8]) -> [UInt8]? {
    let text = bytes.drop { $0 == 0x20 || 0x09...0x0D ~= $0 }
    switch text.first {
    case UInt8(ascii: "<"): return redact(domainXML: Array(text))
    case UInt8(ascii: "{"):
      return redact(agentReport: bytes) ?? redact(agent: bytes) ?? redact(monitor: bytes)
    default: return nil
    }
  }
}
