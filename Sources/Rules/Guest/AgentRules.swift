// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about the channel of this project's agent and who answers on it.
///
/// Ballooning needs no agent, so what is merely not there is a note. An agent that is there and does not do its work is
/// a warning.
enum AgentRules {
  static let all = [
    channelAbsent, channelDriverMissing, channelDisconnected, channelBusy, silent, incompatible, outdated,
  ]

  static let channelAbsent = Rule(
    id: "agent.channel.absent",
    title: "The guest has no channel for the agent",
    severity: .note,
    explanation: """
      The agent inside the guest speaks on a virtio-serial port named org.virt-balloon.agent.0, and this machine has \
      no such port. Ballooning does not need it: the host's own evidence suffices for most answers. With it the \
      agent can tell which driver holds the balloon, at which address, and what the guest itself counts as free. It \
      is a port of its own because each port serves one program; sharing the QEMU guest agent's would take that one \
      out of service. It is therefore a note and no warning.
      """,
    sources: [
      "https://libvirt.org/formatdomain.html#channel", "virtio-win vioserial/sys/Port.c: a port opens once",
    ],
    evidence: [
      "domain.hypervisor", "configuration.model", "device.qomPath", "device.status", "channel.port", "guest.agent",
    ],
    explains: ["agent.channel.disconnected", "agent.silent"],
    remedy: { context in
      [
        context.editDefinition(
          "If you want the agent's word too, add to <devices>: <channel type='unix'><target type='virtio' "
            + "name='org.virt-balloon.agent.0'/></channel>, and start the guest anew.",
          "If you want the agent's word too, start QEMU with -device virtio-serial-pci -chardev socket,path=PATH,"
            + "server=on,wait=off,id=vb0 -device virtserialport,chardev=vb0,name=org.virt-balloon.agent.0.",
          proxmox: context.proxmoxPort),
        RemedyStep(.guest, "Then install and start virt-balloon-agent."),
      ]
    },
    assess: { reader in
      if let answer = reader.answering() { return .healthy(answer) }
      switch reader.presence() {
      case .absent(let statement), .foreign(let statement):
        return .notApplicable(statement + " An agent could tell nothing of it.")
      case .present, .unknown: break
      }
      switch reader.ask(\.channel.port) {
      case .observed(let name, _): return .healthy("The guest has the port \(EvidenceText.name(name)).")
      case .absent: return .found("The machine has no port of the agent's name, so no agent can be asked.")
      case .failed: return .inconclusive
      }
    })

  static let channelDriverMissing = Rule(
    id: "agent.channel.driver-missing",
    title: "The guest has no driver for virtio-serial",
    severity: .note,
    explanation: """
      The agent's port hangs on a virtio-serial device, which needs a driver of its own in the guest: vioser in \
      Windows (from the same virtio-win package as the balloon's driver), virtio_console in Linux. The device's \
      status shows that no driver has started it although the guest's system is up, so no agent can have a port to \
      open, neither this project's nor QEMU's. In Windows the device then appears as "PCI Simple Communications \
      Controller". The balloon itself is not touched by that, so it is a note.
      """,
    sources: ["virtio-win vioserial/sys/vioser.inx", "QEMU hw/virtio/virtio-qmp.c: x-query-virtio-status"],
    evidence: [
      "domain.interruptions", "domain.state", "domain.uptime", "configuration.statsPeriod", "device.pollingInterval",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "channel.port", "guest.agent",
      "guest.qemuGA.version",
    ],
    explains: ["agent.channel.disconnected", "agent.silent"],
    remedy: { context in
      let windows = [
        RemedyStep(
          .guest, "In the virtio-win ISO's folder vioserial\\<system>\\<architecture>:",
          command: "pnputil /add-driver vioser.inf /install"),
        RemedyStep(.guest, "It must be RUNNING.", command: "sc query VirtioSerial"),
      ]
      let linux = [RemedyStep(.guest, "Load the driver.", command: "modprobe virtio_console")]
      let steps = context.steps(windows: windows, linux: linux)
      return steps + [context.checkAgain]
    },
    assess: assessChannelDriver)

  private static func assessChannelDriver(_ reader: inout EvidenceReader) -> Assessment {
    if let answer = reader.answering() { return .healthy(answer) }
    if let excuse = reader.withoutPort() { return excuse }
    if reader.peek(\.channel.guestOpen).value == true {
      _ = reader.read(\.channel.guestOpen)
      return .healthy("A program in the guest has opened the port, so its driver runs.")
    }
    guard let siblings = reader.require(\.device.siblings) else { return .inconclusive }
    let serials = siblings.filter { $0.name.hasPrefix("virtio-serial") }
    guard let serial = serials.first else { return .notApplicable("The machine has no virtio-serial device.") }
    if serials.contains(where: \.isDriverOK) { return .healthy("The guest's driver for virtio-serial runs.") }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    let up: String
    if case .operating(let reason) = reader.hostOperation() {
      up = "the balloon has its driver (\(reason))"
    } else if let system = reader.systemUp() {
      up = system.reason
    } else {
      reader.noteSystemUnknown()
      return .inconclusive
    }
    return .found(
      "\(EvidenceText.name(serial.name)) has no driver (its status is \(EvidenceText.describe(serial.status))), "
        + "although \(up).")
  }

  static let channelDisconnected = Rule(
    id: "agent.channel.disconnected",
    title: "No agent has opened its port in the guest",
    severity: .note,
    explanation: """
      The machine has the agent's port, and no program in the guest has opened it: the agent is not installed, is \
      not running, or may not open the port. QEMU knows this without asking anybody, because the guest's driver \
      reports every opening and closing (state='disconnected' in libvirt's XML). Ballooning does not need the agent, \
      so this is a note; the agent's word on the driver is then missing from the answer.
      """,
    sources: ["https://libvirt.org/formatdomain.html#channel", "QEMU qapi/char.json: query-chardev, frontend-open"],
    evidence: ["domain.interruptions", "domain.state", "channel.guestOpen", "channel.port", "guest.agent"],
    remedy: { context in
      let linux = RemedyStep(
        .guest, "In Linux, start the agent and see that it runs.", command: "systemctl enable --now virt-balloon-agent")
      let windows = RemedyStep(
        .guest, "In Windows, a program must have the port \\\\.\\Global\\org.virt-balloon.agent.0 open.")
      return switch context.system {
      case .linux: [linux, context.checkAgain]
      case .windows: [windows, context.checkAgain]
      case .unknown: [linux, windows, context.checkAgain]
      }
    },
    assess: { reader in
      if let answer = reader.answering() { return .healthy(answer) }
      if let excuse = reader.withoutPort() { return excuse }
      guard let isOpen = reader.require(\.channel.guestOpen) else { return .inconclusive }
      if isOpen { return .healthy("A program in the guest has opened the agent's port.") }
      if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
      return .found("No program in the guest has opened the agent's port: no agent runs there.")
    })

  static let channelBusy = Rule(
    id: "agent.channel.busy",
    title: "Somebody else holds the agent's channel",
    severity: .note,
    explanation: """
      A channel serves one client on the host, and another one has it: a second run of this program, a daemon that \
      watches the guest, a forgotten socat. A second connection to such a socket succeeds and then stays silent, so \
      busy looks like a hung agent; QEMU's list of character devices and libvirt's channel state tell the two apart. \
      Whoever holds it has as good a right to it, so this is a note: the agent's word is missing, and nothing is \
      wrong with the balloon.
      """,
    sources: ["QEMU 7.2.22, measured: a second client of a chardev socket", "QEMU qapi/char.json: query-chardev"],
    evidence: ["channel.guestOpen", "channel.heldByAnother", "channel.port", "guest.agent"],
    explains: ["agent.silent"],
    remedy: { context in
      [
        RemedyStep(
          .host, "See who holds it: the process on the other end of the channel's socket.",
          command: "ss -xp | grep org.virt-balloon.agent.0"),
        context.checkAgain,
      ]
    },
    assess: { reader in
      if let answer = reader.answering() { return .healthy(answer) }
      if let excuse = reader.withoutPort() { return excuse }
      if reader.peek(\.guest.agent).failure?.reason == .busy {
        _ = reader.read(\.guest.agent)
        return .found("Another client on the host holds the agent's channel.")
      }
      if reader.peek(\.channel.heldByAnother).value == nil, reader.peek(\.channel.guestOpen).value == false {
        _ = reader.read(\.channel.guestOpen)
        return .notApplicable("No program in the guest has opened the port, so nobody could be kept from it.")
      }
      guard let isHeld = reader.require(\.channel.heldByAnother) else { return .inconclusive }
      return isHeld
        ? .found("Another client on the host holds the agent's channel.")
        : .healthy("No other client holds the channel.")
    })

  static let silent = Rule(
    id: "agent.silent",
    title: "The agent does not answer",
    severity: .warning,
    explanation: """
      A program in the guest has the agent's port open, nobody else holds the channel on the host, and yet no answer \
      came before the deadline, or the conversation broke off. The agent is stopped or hangs, the guest has no time \
      to run it, or the whole guest hangs; a program that is not the agent may also have opened the port. An agent \
      that is there and mute is worth a warning, because people rely on it; the balloon is judged by the host's own \
      evidence meanwhile.
      """,
    sources: ["QEMU qapi/char.json: query-chardev, frontend-open", "The agent protocol: agent.hello and its deadline"],
    evidence: [
      "domain.interruptions", "domain.state", "channel.guestOpen", "channel.heldByAnother", "channel.port",
      "guest.agent", "guest.functions", "guest.osFamily",
    ],
    remedy: { context in
      let linux = [
        RemedyStep(.guest, "In Linux, see what the agent does.", command: "systemctl status virt-balloon-agent"),
        RemedyStep(.guest, "In Linux, start it anew.", command: "systemctl restart virt-balloon-agent"),
      ]
      let windows = [RemedyStep(.guest, "In Windows, restart the program that has the agent's port open.")]
      let again = [
        RemedyStep(.host, "See whether the guest lives at all: its screen, its network."), context.checkAgain,
      ]
      return switch context.system {
      case .linux: linux + again
      case .windows: windows + again
      case .unknown: linux + windows + again
      }
    },
    assess: assessSilence)

  private static func assessSilence(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutPort() { return excuse }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    let broken: [Failure.Reason] = [.timedOut, .disconnected]
    switch reader.read(\.guest.agent) {
    case .observed:
      let functions = reader.peek(\.guest.functions).failure
      let os = reader.peek(\.guest.osFamily).failure
      if let failure = functions ?? os, broken.contains(failure.reason) {
        if functions != nil { _ = reader.read(\.guest.functions) } else { _ = reader.read(\.guest.osFamily) }
        return .found("The agent answered its hello and then stopped answering (\(failure.reason.rawValue)).")
      }
      return .healthy("The agent answers.")
    case .absent: return .notApplicable("No agent was asked.")
    case .failed(let failure, _):
      if failure.reason == .busy { return .notApplicable("Another client holds the channel.") }
      guard broken.contains(failure.reason) else {
        if failure.reason == .incompatible || failure.reason == .malformed {
          return .notApplicable("Somebody answers, though not as the agent should: see agent.incompatible.")
        }
        _ = reader.ask(\.guest.agent)
        return .inconclusive
      }
      if reader.peek(\.channel.guestOpen).value == false {
        _ = reader.read(\.channel.guestOpen)
        return .notApplicable("No program in the guest has opened the port.")
      }
      if reader.peek(\.channel.heldByAnother).value == true {
        _ = reader.read(\.channel.heldByAnother)
        return .notApplicable("Another client holds the channel.")
      }
      guard reader.require(\.channel.guestOpen) != nil else { return .inconclusive }
      // A connection that breaks off was ours; one that stays silent may be waiting behind somebody else's.
      guard failure.reason == .disconnected || reader.require(\.channel.heldByAnother) != nil else {
        return .inconclusive
      }
      return .found(
        failure.reason == .timedOut
          ? "The agent's port is open in the guest, and nobody answered before the deadline."
          : "The agent's port is open in the guest, and the conversation broke off.")
    }
  }

  static let incompatible = Rule(
    id: "agent.incompatible",
    title: "What answers on the agent's channel is not understood",
    severity: .warning,
    explanation: """
      Something answers on the agent's port, and not as this program's protocol demands: the bytes are no records, \
      the reply to the greeting is wrong or without end, or the agent speaks only versions that this program does \
      not know. Either another program has the port, such as a shell or another product's agent, or the agent is \
      much older or newer than this program. None of its words is used. The balloon is judged by the host's own \
      evidence; it is a warning because an agent was meant to be there and is of no use.
      """,
    sources: ["The agent protocol: records (https://www.rfc-editor.org/rfc/rfc7464), agent.hello"],
    evidence: ["channel.guestOpen", "channel.port", "guest.agent"],
    remedy: { context in
      let linux = RemedyStep(
        .guest, "In Linux, see who has the port open.",
        command: "fuser -v /dev/virtio-ports/org.virt-balloon.agent.0")
      let windows = RemedyStep(
        .guest, "In Windows, see which program has \\\\.\\Global\\org.virt-balloon.agent.0 open.")
      let update = RemedyStep(.guest, "Install the virt-balloon-agent of this program's version.")
      return switch context.system {
      case .linux: [linux, update, context.checkAgain]
      case .windows: [windows, update, context.checkAgain]
      case .unknown: [linux, windows, update, context.checkAgain]
      }
    },
    assess: { reader in
      if let excuse = reader.withoutPort() { return excuse }
      switch reader.read(\.guest.agent) {
      case .observed(let agent, _): return .healthy("\(EvidenceText.describe(agent)) is understood.")
      case .absent: return .notApplicable("No agent was asked.")
      case .failed(let failure, _) where failure.reason == .incompatible || failure.reason == .malformed:
        return .found("What answers on the channel does not speak the agent's protocol.")
      case .failed:
        if reader.peek(\.channel.guestOpen).value == false {
          _ = reader.read(\.channel.guestOpen)
          return .notApplicable("No program in the guest has opened the port, so nobody answers.")
        }
        _ = reader.ask(\.guest.agent)
        return .inconclusive
      }
    })
}

extension EvidenceReader {
  /// The agent answered: then nothing of its channel can be missing.
  fileprivate mutating func answering() -> String? {
    guard let agent = peek(\.guest.agent).value else { return nil }
    _ = read(\.guest.agent)
    return "The agent answers: \(EvidenceText.describe(agent))."
  }

  /// There is no port to judge; `nil` when there is one, or when an agent was reached in another way.
  fileprivate mutating func withoutPort() -> Assessment? {
    guard peek(\.channel.port).isAbsent, peek(\.guest.agent).value == nil else { return nil }
    _ = read(\.channel.port)
    return .notApplicable("The machine has no port for the agent: see agent.channel.absent.")
  }
}
