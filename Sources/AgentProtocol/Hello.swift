// SPDX-License-Identifier: BSD-3-Clause

/// The result of `agent.hello`: who answers, within which limits, with which methods.
package struct Hello: Hashable, Sendable {
  /// The longest nonce that a host may send, in bytes.
  package static let nonceLimit = 64
  /// The host's nonce, returned: it proves that this answers this hello and no earlier one.
  package let nonce: String
  /// The protocol's version, 1.
  package let version: UInt64
  /// The agent's name and version, such as `virt-balloon-agent` and `0.1.0`.
  package let agentName: String
  package let agentVersion: String
  /// A random text that the agent made when it started: another one means another process.
  package let instance: String
  /// The guest's system: `linux`, `windows`, or another word.
  package let system: String
  /// Names of the methods that the agent answers.
  package let methods: [String]
  /// The longest request and reply in bytes, the deepest nesting, and the longest string in bytes.
  package let limits: Limits

  package struct Limits: Hashable, Sendable {
    package let request: UInt64
    package let reply: UInt64
    package let depth: UInt64
    package let string: UInt64
    package init(request: UInt64, reply: UInt64, depth: UInt64, string: UInt64) {
      self.request = request
      self.reply = reply
      self.depth = depth
      self.string = string
    }
    /// The limits of version 1.
    package static let version1 = Limits(
      request: UInt64(JSONLimits.request.bytes), reply: UInt64(JSONLimits.reply.bytes),
      depth: UInt64(JSONLimits.reply.depth), string: UInt64(JSONLimits.reply.string))
  }

  package init(
    nonce: String, version: UInt64, agentName: String, agentVersion: String, instance: String, system: String,
    methods: [String], limits: Limits
  ) {
    self.nonce = nonce
    self.version = version
    self.agentName = agentName
    self.agentVersion = agentVersion
    self.instance = instance
    self.system = system
    self.methods = methods
    self.limits = limits
  }

  package var json: JSON {
    [
      "nonce": .string(nonce), "protocol": .integer(version),
      "agent": ["name": .string(agentName), "version": .string(agentVersion)],
      "instance": .string(instance), "system": .string(system),
      "limits": [
        "request": .integer(limits.request), "reply": .integer(limits.reply), "depth": .integer(limits.depth),
        "string": .integer(limits.string),
      ],
      "methods": .array(methods.map { .string($0) }),
    ]
  }

  package init(json: JSON) throws(ProtocolError) {
    guard let nonce = json["nonce"]?.string, let version = json["protocol"]?.uint,
      let name = json["agent"]?["name"]?.string, let agentVersion = json["agent"]?["version"]?.string,
      let instance = json["instance"]?.string, let system = json["system"]?.string,
      let methods = json["methods"]?.array, let request = json["limits"]?["request"]?.uint,
      let reply = json["limits"]?["reply"]?.uint, let depth = json["limits"]?["depth"]?.uint,
      let string = json["limits"]?["string"]?.uint
    else { throw ProtocolError(.invalidRequest, "the result of agent.hello lacks a member") }
    self.init(
      nonce: nonce, version: version, agentName: name, agentVersion: agentVersion, instance: instance, system: system,
      methods: methods.compactMap { $0.string },
      limits: Limits(request: request, reply: reply, depth: depth, string: string))
  }
}
