// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

extension Redactor {
  /// The evidence as anybody may read it: what a rule judges by is there, and nothing that tells whose machine it is.
  ///
  /// Every part is made anew, and every leaf put into it by a function for its type: one that nobody has classified
  /// is not there. Judging what comes out gives the same diagnosis, with tokens in the place of names.
  package mutating func redact(_ evidence: Evidence) -> Evidence {
    // Names are known from here on, so that they are found in all other text.
    let target = target(evidence.target)
    var redacted = Evidence.unknown(Self.unclassified.failure, target: target, collection: Self.noCollection)
    redacted.schema = word(evidence.schema, at: "schema")
    redacted.domain = domain(evidence.domain, at: "domain")
    redacted.configuration = configuration(evidence.configuration, at: "configuration")
    redacted.device = device(evidence.device, at: "device")
    redacted.readings = evidence.readings.enumerated().map { reading($1, at: "readings.\($0)") }
    redacted.channel = channel(evidence.channel, at: "channel")
    redacted.guest = guest(evidence.guest, at: "guest")
    redacted.events = evidence.events?.enumerated().map { index, event in
      MachineEvent(time: event.time, name: word(event.name, at: "events.\(index)"), actual: event.actual)
    }
    redacted.host = evidence.host.map { host($0, at: "host") }
    redacted.process = evidence.process.map { process($0, at: "process") }
    redacted.exercise = evidence.exercise.map { exercise($0, at: "exercise") }
    redacted.journal = evidence.journal.map { journal($0, at: "journal") }
    redacted.collection = collection(evidence.collection)
    return redacted
  }

  /// Learns the names of several guests before anything is redacted, so that each is found in what is said of another.
  package mutating func meet(_ targets: [Target]) {
    for target in targets { _ = self.target(target) }
  }

  /// What stands where no function has put anything.
  static let unclassified = Unknown(
    failure: Failure(.notAsked, "not classified for sharing"),
    provenance: Provenance("redaction", trust: .host, time: nil))

  private static let noCollection = Collection(tool: "", started: 0, finished: 0, sampled: false)

  // MARK: How it was gathered, and of whom

  private mutating func collection(_ from: Collection) -> Collection {
    Collection(
      tool: programVersion(from.tool, at: "collection.tool"), started: from.started, finished: from.finished,
      sampled: from.sampled,
      sources: from.sources.enumerated().map { index, source in
        let place = "collection.sources.\(index)"
        return SourceOutcome(
          name: word(source.name, .name, at: place), failure: source.failure.map { failure($0, at: place) },
          seconds: source.seconds)
      },
      notices: from.notices.enumerated().map { redact($1, at: "collection.notices.\($0)") })
  }

  mutating func target(_ from: Target) -> Target {
    Target(
      kind: from.kind, name: from.name.map { guestName($0, at: "target.name") },
      uuid: from.uuid.map { guestName($0, .uuid, at: "target.uuid") }, location: location(of: from),
      pastedVMID: from.pastedVMID.map { vmid($0, at: "target.pastedVMID") })
  }

  /// A name that begins with a hyphen does so after, too: it may not stand in a command.
  private mutating func guestName(_ text: String, _ kind: RedactionKind = .guest, at place: String) -> String {
    let rest = text.drop { $0 == "-" }
    return text.prefix(text.count - rest.count) + token(kind, for: String(rest), at: place)
  }

  private mutating func location(of target: Target) -> String {
    let place = "target.location"
    return switch target.kind {
    case .libvirt: uri(target.location, at: place)
    case .proxmox: vmid(target.location, at: place)
    case .qmp, .agent, .artefacts: redact(target.location, at: place)
    }
  }

  /// Proxmox's number of a machine counts from 100 on every host, and tells nothing.
  private mutating func vmid(_ text: String, at place: String) -> String {
    let isNumber = text.utf8.count <= 9 && text.utf8.allSatisfy(\.isDecimalDigit)
    return isNumber || text == "VMID" ? text : token(.guest, for: text, at: place)
  }

  // MARK: The host's facts

  private mutating func domain(_ from: DomainEvidence, at place: String) -> DomainEvidence {
    var to = DomainEvidence(Self.unclassified)
    to.state = word(from.state, at: place + ".state")
    to.stateReason = word(from.stateReason, at: place + ".stateReason")
    to.interruptions = words(from.interruptions, at: place + ".interruptions")
    to.emulator = version(from.emulator, at: place + ".emulator")
    to.libvirt = version(from.libvirt, at: place + ".libvirt")
    to.machine = machine(from.machine, at: place + ".machine")
    to.osFamily = word(from.osFamily, at: place + ".osFamily")
    to.uptime = kept(from.uptime, at: place + ".uptime")
    to.firmware = word(from.firmware, at: place + ".firmware")
    to.hypervisor = word(from.hypervisor, at: place + ".hypervisor")
    return to
  }

  private mutating func configuration(_ from: ConfigurationEvidence, at place: String) -> ConfigurationEvidence {
    var to = ConfigurationEvidence(Self.unclassified)
    to.maximum = kept(from.maximum, at: place + ".maximum")
    to.target = kept(from.target, at: place + ".target")
    to.model = word(from.model, at: place + ".model")
    to.statsPeriod = kept(from.statsPeriod, at: place + ".statsPeriod")
    to.autodeflate = kept(from.autodeflate, at: place + ".autodeflate")
    to.freePageReporting = kept(from.freePageReporting, at: place + ".freePageReporting")
    to.address = kept(from.address, at: place + ".address")
    to.path = kept(from.path, at: place + ".path")
    to.hugepages = kept(from.hugepages, at: place + ".hugepages")
    to.locked = kept(from.locked, at: place + ".locked")
    to.memorySource = word(from.memorySource, at: place + ".memorySource")
    to.sharedMemory = kept(from.sharedMemory, at: place + ".sharedMemory")
    to.pinningDevices = words(from.pinningDevices, at: place + ".pinningDevices")
    to.virtioMemory = kept(from.virtioMemory, at: place + ".virtioMemory")
    to.dimmMemory = kept(from.dimmMemory, at: place + ".dimmMemory")
    to.baseMemory = kept(from.baseMemory, at: place + ".baseMemory")
    to.launchSecurity = word(from.launchSecurity, at: place + ".launchSecurity")
    return to
  }

  private mutating func journal(_ from: JournalEvidence, at place: String) -> JournalEvidence {
    var to = JournalEvidence(Self.unclassified)
    to.original = kept(from.original, at: place + ".original")
    to.written = kept(from.written, at: place + ".written")
    to.isOfThisRun = kept(from.isOfThisRun, at: place + ".isOfThisRun")
    to.isUnderWay = kept(from.isUnderWay, at: place + ".isUnderWay")
    // The number of a process tells nothing of whose machine it is.
    to.process = kept(from.process, at: place + ".process")
    return to
  }

  private mutating func device(_ from: DeviceEvidence, at place: String) -> DeviceEvidence {
    var to = DeviceEvidence(Self.unclassified)
    to.qomPath = leaf(from.qomPath, at: place + ".qomPath") { $0.qomPath($1, at: $2) }
    to.identity = kept(from.identity, at: place + ".identity")
    to.address = kept(from.address, at: place + ".address")
    to.path = kept(from.path, at: place + ".path")
    to.status = words(from.status, at: place + ".status")
    to.guestFeatures = words(from.guestFeatures, at: place + ".guestFeatures")
    to.hostFeatures = words(from.hostFeatures, at: place + ".hostFeatures")
    to.pollingInterval = kept(from.pollingInterval, at: place + ".pollingInterval")
    to.siblings = leaf(from.siblings, at: place + ".siblings") { redactor, siblings, place in
      siblings.enumerated().map { redactor.sibling($1, at: place + ".value.\($0)") }
    }
    to.decoys = leaf(from.decoys, at: place + ".decoys") { _, functions, _ in
      functions.map { HostFunction(address: $0.address, path: $0.path, identity: $0.identity) }
    }
    return to
  }

  /// The rules go by the beginnings of these names, and look for some of them.
  private static let siblingPrefixes = [
    "virtio-serial", "virtio-console", "virtio-gpu", "virtio-input", "virtio-vsock", "vhost-vsock", "virtio-9p",
  ]

  private mutating func sibling(_ from: VirtioSibling, at place: String) -> VirtioSibling {
    VirtioSibling(
      name: name(from.name, keeping: Self.siblingPrefixes, at: place + ".name"),
      qomPath: qomPath(from.qomPath, at: place + ".qomPath"),
      status: from.status.map { word($0, at: place + ".status") })
  }

  private mutating func reading(_ from: Reading, at place: String) -> Reading {
    Reading(
      time: from.time, actual: kept(from.actual, at: place + ".actual"),
      lastUpdate: kept(from.lastUpdate, at: place + ".lastUpdate"),
      statistics: numbers(from.statistics, at: place + ".statistics"), rss: kept(from.rss, at: place + ".rss"),
      guest: from.guest.map { guestReading($0, at: place + ".guest") })
  }

  mutating func guestReading(_ from: GuestReading, at place: String) -> GuestReading {
    GuestReading(
      memory: numbers(from.memory, at: place + ".memory"),
      statistics: numbers(from.statistics, at: place + ".statistics"))
  }

  private mutating func channel(_ from: ChannelEvidence, at place: String) -> ChannelEvidence {
    var to = ChannelEvidence(Self.unclassified)
    to.port = name(from.port, at: place + ".port")
    to.guestOpen = kept(from.guestOpen, at: place + ".guestOpen")
    to.heldByAnother = kept(from.heldByAnother, at: place + ".heldByAnother")
    return to
  }

  private mutating func host(_ from: HostEvidence, at place: String) -> HostEvidence {
    var to = HostEvidence(Self.unclassified)
    to.kernel = kernel(from.kernel, at: place + ".kernel")
    to.memoryTotal = kept(from.memoryTotal, at: place + ".memoryTotal")
    to.memoryAvailable = kept(from.memoryAvailable, at: place + ".memoryAvailable")
    to.swapTotal = kept(from.swapTotal, at: place + ".swapTotal")
    to.swapFree = kept(from.swapFree, at: place + ".swapFree")
    to.ksm = kept(from.ksm, at: place + ".ksm")
    to.ksmSaved = kept(from.ksmSaved, at: place + ".ksmSaved")
    to.hugepages = leaf(from.hugepages, at: place + ".hugepages") { _, pools, _ in
      pools.map { HugePagePool(pageSize: $0.pageSize, total: $0.total, free: $0.free) }
    }
    to.transparentHugepages = word(from.transparentHugepages, at: place + ".transparentHugepages")
    return to
  }
}
