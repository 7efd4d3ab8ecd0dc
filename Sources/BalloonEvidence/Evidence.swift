// SPDX-License-Identifier: GPL-3.0-or-later

/// All that is known of one guest's balloon, each leaf with its source. The rules judge this and nothing else.
///
/// Its JSON form is published as `protocol/schema/evidence.json`.
package struct Evidence: Codable, Hashable, Sendable {
  /// The name and version of this tree's JSON form.
  package static let schema = "virt-balloon/evidence/1"

  package var schema: String
  /// How and when the evidence was gathered.
  package var collection: Collection
  /// Which guest it is about.
  package var target: Target
  /// The guest as its hypervisor runs it.
  package var domain: DomainEvidence
  /// What the domain was configured to be.
  package var configuration: ConfigurationEvidence
  /// The balloon device as the hypervisor sees it.
  package var device: DeviceEvidence
  /// Size and statistics, in the order in which they were read; one element with `--quick`.
  package var readings: [Reading]
  /// The agent's channel.
  package var channel: ChannelEvidence
  /// What the agent inside the guest says.
  package var guest: GuestEvidence
  /// What the machine told of itself while it was watched; `nil` when nobody watched.
  package var events: [MachineEvent]?
  /// The machine that runs the guest; `nil` when it was not looked at.
  package var host: HostEvidence?
  /// The memory of QEMU's process; `nil` when it was not looked at.
  package var process: ProcessEvidence?
  /// What an exercise of the balloon showed; `nil` when there was none.
  package var exercise: ExerciseEvidence?
  /// What our own journal says of an exercise that has not been ended; `nil` when nobody looked.
  package var journal: JournalEvidence?

  package init(
    collection: Collection, target: Target, domain: DomainEvidence, configuration: ConfigurationEvidence,
    device: DeviceEvidence, readings: [Reading], channel: ChannelEvidence, guest: GuestEvidence,
    events: [MachineEvent]? = nil, host: HostEvidence? = nil, process: ProcessEvidence? = nil,
    exercise: ExerciseEvidence? = nil, journal: JournalEvidence? = nil
  ) {
    schema = Self.schema
    self.collection = collection
    self.target = target
    self.domain = domain
    self.configuration = configuration
    self.device = device
    self.readings = readings
    self.channel = channel
    self.guest = guest
    self.events = events
    self.host = host
    self.process = process
    self.exercise = exercise
    self.journal = journal
  }

  /// Whether the balloon is Xen's, which is no device: the XML names it so, or the domain is Xen's, whatever its XML
  /// says of a memballoon. A balloon in QEMU's own object tree is none of Xen's.
  package var hasXenBalloon: Bool {
    device.qomPath.value == nil && (configuration.model.value == "xen" || domain.hypervisor.value == "xen")
  }

  /// Evidence of which every leaf failed for one reason: what a collector starts from.
  package static func unknown(_ failure: Failure, target: Target, collection: Collection) -> Evidence {
    let unknown = Unknown(failure: failure, provenance: Provenance("", trust: .host, time: nil))
    let guestUnknown = Unknown(failure: failure, provenance: Provenance("agent", trust: .guest, time: nil))
    return Evidence(
      collection: collection, target: target, domain: DomainEvidence(unknown),
      configuration: ConfigurationEvidence(unknown), device: DeviceEvidence(unknown), readings: [],
      channel: ChannelEvidence(unknown), guest: GuestEvidence(guestUnknown))
  }
}

/// One failure for every leaf of a part that could not be asked at all.
package struct Unknown: Hashable, Sendable {
  package let failure: Failure
  package let provenance: Provenance
  package init(failure: Failure, provenance: Provenance) {
    self.failure = failure
    self.provenance = provenance
  }
  package func callAsFunction<Value>() -> Observation<Value> { .failed(failure, provenance) }
}

/// How and when the evidence was gathered.
package struct Collection: Codable, Hashable, Sendable {
  /// The version of virt-balloon that gathered it.
  package var tool: String
  /// Seconds since 1970 by this machine's clock.
  package var started: Double
  package var finished: Double
  /// Whether readings were taken until the statistics advanced (or the window ended), so that change can be judged.
  package var sampled: Bool
  /// Every source that was asked, in the order of asking.
  package var sources: [SourceOutcome]
  /// What the collection did that leaves a mark, and other notices, in sentences.
  package var notices: [String]

  package init(
    tool: String, started: Double, finished: Double, sampled: Bool, sources: [SourceOutcome] = [],
    notices: [String] = []
  ) {
    self.tool = tool
    self.started = started
    self.finished = finished
    self.sampled = sampled
    self.sources = sources
    self.notices = notices
  }
}

/// What became of one source.
package struct SourceOutcome: Codable, Hashable, Sendable {
  /// `libvirt`, `monitor`, `agent`, …
  package var name: String
  /// `nil` when the source answered.
  package var failure: Failure?
  /// How long it took, in seconds.
  package var seconds: Double
  package init(name: String, failure: Failure?, seconds: Double) {
    self.name = name
    self.failure = failure
    self.seconds = seconds
  }
}

/// Which guest the evidence is about.
package struct Target: Codable, Hashable, Sendable {
  package enum Kind: String, Codable, Hashable, Sendable { case libvirt, qmp, proxmox, agent, artefacts }
  package var kind: Kind
  /// The domain's or machine's name; `nil` when it has none.
  package var name: String?
  package var uuid: String?
  /// The libvirt URI, the path of the monitor's socket or of the agent's channel, Proxmox's number of the machine
  /// (VMID), or the names of the artefacts' files.
  package var location: String
  /// Proxmox's number of the machine by what was pasted, `VMID` where nobody told it; `nil` for other hosts.
  package var pastedVMID: String?
  package init(kind: Kind, name: String?, uuid: String? = nil, location: String, pastedVMID: String? = nil) {
    self.kind = kind
    self.name = name
    self.uuid = uuid
    self.location = location
    self.pastedVMID = pastedVMID
  }

  /// Proxmox's number of the machine; `nil` for other hosts.
  package var vmid: String? { kind == .proxmox ? location : pastedVMID }
}
