// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors

/// How a guest is named and reached; the same for every command.
struct TargetOptions: ParsableArguments {
  @Option(name: [.customShort("c"), .customLong("connect")], help: "The libvirt URI, as virsh has it.")
  var connections: [String] = []

  @Option(
    help: ArgumentHelp(
      "Further libvirt URIs, one a line; what follows # is a comment.", valueName: "file"))
  var connectFile: String?

  @Flag(name: [.short, .customLong("readonly")], help: "Open libvirt read-only: no channel, so no word of the agent.")
  var readOnly = false

  @Option(help: "The socket of the agent's channel, for a qmp: or proxmox: target.")
  var agentSocket: String?

  @Option(name: .customLong("deadline"), help: "How many seconds one source may take.")
  var seconds: Double = 10

  @Option(help: ArgumentHelp("What stands before Proxmox's paths, for trials.", visibility: .hidden))
  var proxmoxRoot = ""

  /// The libvirt URI; `nil` for libvirt's default. Of several it is the first.
  var connect: String? { connections.first }

  var proxmox: ProxmoxHost { ProxmoxHost(root: proxmoxRoot) }

  var deadline: Duration { .milliseconds(Int64(min(max(seconds, 0.1), 3_600) * 1_000)) }

  mutating func validate() throws {
    if let connectFile {
      self.connectFile = nil
      connections += try ConnectionList(reading: connectFile).connections
    }
    guard seconds.isFinite, seconds > 0 else { throw ValidationError("--deadline takes a number of seconds above 0") }
    guard !connections.contains("") else { throw ValidationError("--connect takes a libvirt URI") }
  }
}

extension TargetOptions {
  /// Refuses what cannot be meant of these targets, before anything is asked.
  ///
  /// - Parameter severalConnections: whether several libvirts may be named.
  func validate(for names: [String], severalConnections: Bool = false) throws {
    guard connections.count < 2 || severalConnections else {
      throw ValidationError("--connect names one libvirt here: run the command for each")
    }
    let targets = names.map(TargetName.init)
    if targets.contains(.monitor("")) { throw ValidationError("qmp: takes the path of a socket") }
    for case .proxmox(let vmid) in targets where !ProxmoxHost.isVMID(vmid) {
      throw ValidationError("proxmox: takes a virtual machine's number (VMID), such as proxmox:100")
    }
    if targets.contains(.agent("")) { throw ValidationError("agent: takes the path of a socket or a terminal") }
    guard agentSocket != nil else { return }
    guard let only = targets.first, targets.count == 1 else {
      throw ValidationError("--agent-socket belongs to one qmp: or proxmox: target: name that alone")
    }
    switch only {
    case .monitor, .proxmox: break
    case .domain: throw ValidationError("a domain has its own channel: leave --agent-socket out")
    case .agent: throw ValidationError("agent: names the channel: leave --agent-socket out")
    }
  }
}

/// What a TARGET argument names.
enum TargetName: Hashable, Sendable {
  /// A libvirt domain's name, UUID or id.
  case domain(String)
  /// A QEMU monitor's socket.
  case monitor(String)
  /// Proxmox's number of a virtual machine.
  case proxmox(String)
  /// An agent's channel alone: a unix socket, or a terminal.
  case agent(String)

  /// Whether the machine is reached by a monitor's socket.
  var hasMonitorSocket: Bool {
    switch self {
    case .monitor, .proxmox: true
    case .domain, .agent: false
    }
  }

  init(_ text: String) {
    if text.hasPrefix("qmp:") {
      self = .monitor(String(text.dropFirst(4)))
    } else if text.hasPrefix("proxmox:") {
      self = .proxmox(String(text.dropFirst(8)))
    } else if text.hasPrefix("agent:") {
      self = .agent(String(text.dropFirst(6)))
    } else {
      self = .domain(text)
    }
  }
}

extension GuestCollector {
  /// Gathers the evidence of whatever `name` names.
  func collect(_ name: TargetName, _ options: TargetOptions) async throws(TargetError) -> Evidence {
    switch name {
    case .domain(let domain):
      try await collect(
        try await LibvirtSession.find(
          domain, uri: options.connect, readOnly: options.readOnly, deadline: options.deadline))
    case .monitor(let path):
      try await collect(monitor: path, agentSocket: options.agentSocket)
    case .proxmox(let vmid):
      try await collect(proxmox: vmid, on: options.proxmox, agentSocket: options.agentSocket)
    case .agent(let path): try await collect(agent: path)
    }
  }
}
