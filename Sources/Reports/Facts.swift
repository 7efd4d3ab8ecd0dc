// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules

/// What is known of a guest and its balloon, name by name; everything unknown says so. Every form of a report lays the
/// same facts out in its own manner.
struct Facts {
  /// A name and what is known of it. An empty name carries the one before it on.
  struct Fact {
    let name: String
    let spans: [TextPage.Span]
    /// The value alone, for forms without paint.
    var text: String { spans.map(\.text).joined(separator: " ") }
  }

  private(set) var all: [Fact] = []
  /// Whether what seldom matters is told too.
  let isVerbose: Bool

  init(isVerbose: Bool) { self.isVerbose = isVerbose }

  mutating func field(_ name: String, _ spans: [Span]) { all.append(Fact(name: name, spans: spans)) }
  mutating func field(_ name: String, _ value: String) { field(name, [Span(value)]) }
  typealias Span = TextPage.Span

  static func collect(_ isVerbose: Bool, _ add: (inout Facts) -> Void) -> [Fact] {
    var facts = Facts(isVerbose: isVerbose)
    add(&facts)
    return facts.all
  }

  /// The guest, the balloon's function, and who drives it.
  static func ofBalloon(_ evidence: Evidence, isVerbose: Bool) -> [Fact] {
    collect(isVerbose) { facts in
      guard evidence.target.kind != .agent else { return facts.agentAlone(evidence) }
      facts.guest(evidence)
      facts.system(evidence)
      if evidence.hasXenBalloon {
        facts.field("balloon device", "none: Xen's balloon is a driver in the guest")
      } else if evidence.device.qomPath.isAbsent, evidence.balloonInGuest == nil {
        facts.field("balloon device", "none in this machine")
        facts.decoys(evidence.device.decoys)
      } else {
        facts.function(evidence)
        facts.drivers(evidence)
      }
    }
  }

  /// The sizes that the host knows.
  static func ofSizes(_ evidence: Evidence, isVerbose: Bool) -> [Fact] {
    collect(isVerbose) { $0.sizes(evidence) }
  }

  /// How fresh the statistics are, and whether they move.
  static func ofStatistics(_ evidence: Evidence) -> [Fact] {
    collect(false) { facts in
      if evidence.target.kind == .agent {
        facts.field(
          "statistics",
          evidence.guest.statistics.failure.map(Known.unknown)
            ?? "as the guest counts them; what it delivers is the host's to tell")
      } else {
        facts.field("statistics", StatisticsTable.freshness(evidence))
        if evidence.readings.count > 1 { facts.field("", StatisticsTable.progress(evidence.readings)) }
      }
    }
  }

  /// The agents in the guest and how they are reached.
  static func ofAgents(_ evidence: Evidence) -> [Fact] {
    collect(false) { facts in
      if evidence.target.kind == .agent {
        facts.field("agent", Self.agent(evidence.guest.agent))
        facts.field("channel", evidence.target.location)
      } else {
        facts.agent(evidence)
      }
    }
  }

  /// What an agent alone tells: nothing of it is the host's.
  private mutating func agentAlone(_ evidence: Evidence) {
    system(evidence)
    if let seen = evidence.balloonInGuest {
      field("ids", Known.text(seen.identity, absent: "none", EvidenceText.describe) + " (guest)")
      field("bridge path", Known.text(seen.path, absent: "none") { $0.description } + " (guest)")
    }
    place(evidence)
    driver(evidence)
    services(evidence.guest.services)
  }

  private mutating func guest(_ evidence: Evidence) {
    let domain = evidence.domain
    var parts = [Known.text(domain.state)]
    if let reason = domain.stateReason.value { parts[0] += " (\(reason))" }
    if domain.state.failure != nil { parts[0] = "state " + parts[0] }
    if let machine = domain.machine.value { parts.append("machine \(machine)") }
    if let emulator = domain.emulator.value { parts.append("QEMU \(emulator)") }
    if let libvirt = domain.libvirt.value { parts.append("libvirt \(libvirt)") }
    if let uptime = domain.uptime.value { parts.append("up for \(Age.duration(uptime))") }
    field("guest", parts.map { TerminalText.shortened($0, to: 120) }.joined(separator: ", "))
    if let interruptions = domain.interruptions.value, !interruptions.isEmpty {
      field("interrupted by", [Span(interruptions.prefix(16).joined(separator: ", "), .yellow)])
    }
  }

  private mutating func system(_ evidence: Evidence) {
    let system = evidence.guest.osName.value ?? evidence.guest.osFamily.value
    if system == nil, let told = evidence.guest.qemuGA, let name = told.osName.value ?? told.osID.value {
      field("system", TerminalText.shortened(name, to: 120) + " (the guest's word, by qemu-ga)")
    } else if let system {
      let kernel = evidence.guest.kernel.value.map { ", kernel \(TerminalText.shortened($0, to: 80))" } ?? ""
      field("system", TerminalText.shortened(system, to: 120) + kernel + " (the guest's word)")
    } else {
      let family = evidence.domain.osFamily
      field("system", Known.text(family) + (family.value == nil ? "" : " (the host's records)"))
    }
    if let windows = evidence.guest.windows { self.windows(windows) }
  }

  // MARK: The function, in both numberings

  private mutating func function(_ evidence: Evidence) {
    let device = evidence.device
    let seen = evidence.balloonInGuest
    if device.qomPath.isAbsent {
      field("balloon device", "none by QEMU, but the guest lists one")
    }
    ids(device.identity, seen?.identity)
    path(host: evidence.hostPath, guest: seen?.path)
    if evidence.target.kind == .libvirt || evidence.configuration.address.value != nil {
      address("by libvirt", evidence.configuration.address) { address in
        ", where bus \(hexadecimal(address.bus, width: 2)) is libvirt's controller index, not a bus number"
      }
    }
    address("by the firmware", device.address) { _ in ", the bus number that the firmware assigned" }
    place(evidence)
    decoys(device.decoys)
  }

  /// Where the guest has the function, in its own numbering.
  private mutating func place(_ evidence: Evidence) {
    if let seen = evidence.balloonInGuest {
      address("in the guest", seen.address) { _ in ", the guest's own numbering" }
    } else if let failure = evidence.guest.functions.failure {
      field("in the guest", Known.unknown(failure))
    } else {
      field("in the guest", "the guest lists no function that is this balloon")
    }
  }

  /// Functions that a person could take for the balloon by their class.
  private mutating func decoys(_ leaf: Observation<[HostFunction]>) {
    guard let decoys = leaf.value, !decoys.isEmpty else { return }
    let list = decoys.prefix(4).map {
      "\($0.identity.id)\($0.identity.isSharedMemory ? " (ivshmem)" : "") at \($0.address)"
    }
    let more = decoys.count > 4 ? ", and \(decoys.count - 4) more" : ""
    field("not the balloon", "\(list.joined(separator: ", "))\(more), though of a memory controller's class")
  }

  private mutating func ids(_ host: Observation<PCIIdentity>, _ guest: Observation<PCIIdentity>?) {
    let byHost = Known.text(host, absent: "none", EvidenceText.describe)
    guard let seen = guest?.value else { return field("ids", byHost + (host.value == nil ? "" : " (host)")) }
    if let own = host.value, own.agrees(with: seen) {
      field("ids", EvidenceText.describe(own.completed(by: seen)) + " (host and guest agree)")
    } else {
      field("ids", byHost + " (host)")
      field("", EvidenceText.describe(seen) + " (guest)")
    }
  }

  private mutating func path(host: Observation<PCIPath>, guest: Observation<PCIPath>?) {
    let byHost = Known.text(host, absent: "none") { $0.description }
    guard let seen = guest?.value else { return field("bridge path", byHost + (host.value == nil ? "" : " (host)")) }
    if host.value == seen {
      field("bridge path", "\(byHost) (host and guest agree)")
    } else {
      field("bridge path", "\(byHost) (host), \(seen) (guest)")
    }
  }

  private mutating func address(
    _ name: String, _ leaf: Observation<PCIAddress>, explanation: (PCIAddress) -> String
  ) {
    let text = Known.text(leaf, absent: "none") { $0.description + explanation($0) }
    field(name, [Span(text)] + (Known.source(leaf).map { [Span($0, .dim)] } ?? []))
  }

  // MARK: Who drives it

  private mutating func drivers(_ evidence: Evidence) {
    driver(evidence)
    services(evidence.guest.services)
    let device = evidence.device
    let status = Known.text(device.status, absent: "none") {
      $0.isEmpty ? "no status bit set" : EvidenceText.describe($0)
    }
    field("status, host", [Span(status)] + (Known.source(device.status).map { [Span($0, .dim)] } ?? []))
    let features = Known.text(device.guestFeatures, absent: "none") { EvidenceText.describe($0) }
    field("features, host", features + (device.guestFeatures.value == nil ? "" : " negotiated by the guest's driver"))
    if isVerbose, let offered = device.hostFeatures.value {
      field("", EvidenceText.describe(offered) + " offered")
    }
  }

  private mutating func driver(_ evidence: Evidence) {
    guard let seen = evidence.balloonInGuest else {
      return field(
        "driver, guest", evidence.guest.functions.failure.map(Known.unknown) ?? "not known (no such function)")
    }
    if let windows = seen.windows { self.windows(seen, windows) } else { field("driver, guest", Self.driver(of: seen)) }
  }

  /// `virtio_balloon on virtio-pci, module virtio_balloon`, `uio_pci_generic`, `none`.
  private static func driver(of function: GuestFunction) -> String {
    func short(_ text: String) -> String { TerminalText.shortened(text, to: 80) }
    let transport = short(Known.text(function.driver, absent: "none"))
    var text = transport
    switch function.virtioDriver {
    case .observed(let driver, _): text = "\(short(driver)) on \(transport)"
    case .absent where function.driver.value != nil: text += ", with no virtio driver on it"
    default: break
    }
    if let module = function.module.value { text += ", module \(short(module))" }
    if let version = function.driverVersion.value { text += ", version \(short(version))" }
    if let provider = function.provider.value { text += ", by \(short(provider))" }
    if let code = function.problemCode.value, code != 0 { text += ", problem code \(code)" }
    return text
  }

  /// `3 of 4 say that the driver serves the balloon; they agree`.
  static func agreement(_ witnesses: [Witness]) -> String {
    let yes = witnesses.count { $0.testimony == .operating }
    let no = witnesses.count { $0.testimony == .notOperating }
    let total = witnesses.count
    switch (yes, no) {
    case (0, 0): return "none of \(total) can tell whether the driver serves the balloon"
    case (_, 0): return "\(yes) of \(total): the driver serves the balloon" + (yes > 1 ? "; they agree" : "")
    case (0, _): return "\(no) of \(total): the driver does not serve the balloon" + (no > 1 ? "; they agree" : "")
    default: return "they disagree: \(yes) of \(total) yes, \(no) no"
    }
  }

  // MARK: Size, statistics, agent

  private mutating func sizes(_ evidence: Evidence) {
    let configuration = evidence.configuration
    size("maximum", configuration.maximum)
    size("target", configuration.target, absent: "not known (nobody's request is on record)")
    guard let reading = evidence.readings.last else { return field("actual", "not known (no reading)") }
    size("actual", reading.actual)
    if let exercise = evidence.unfinishedExercise {
      let sentence = exercise.sentence(of: evidence.target, size: EvidenceText.size)
      field("exercise", [Span(TerminalText.shortened(sentence, to: 400), .yellow)])
    }
    if isVerbose { size("QEMU's memory", reading.rss) }
  }

  private mutating func size(_ name: String, _ leaf: Observation<UInt64>, absent: String = "absent") {
    let source = leaf.value == nil ? nil : Known.source(leaf)
    field(name, [Span(Known.size(leaf, absent: absent))] + (source.map { [Span($0, .dim)] } ?? []))
  }

  private static func agent(_ leaf: Observation<AgentIdentity>) -> String {
    Known.text(leaf, absent: "none") {
      "\(TerminalText.shortened($0.name, to: 60)) \(TerminalText.shortened($0.version, to: 40)), "
        + "protocol \($0.protocolVersion)"
    }
  }

  private mutating func agent(_ evidence: Evidence) {
    field("agent", Self.agent(evidence.guest.agent))
    let channel = evidence.channel
    var text = Known.text(channel.port, absent: "none is configured")
    if channel.port.value != nil {
      text += Known.text(channel.guestOpen, absent: "") { $0 ? ", opened by the guest" : ", not opened by the guest" }
        .prefixed(whenUnknown: channel.guestOpen, with: ", opened by the guest: ")
      if channel.heldByAnother.value == true { text += ", held by another client" }
    }
    field("channel", text)
    if let other = evidence.guest.qemuGA { qemuGA(other) }
  }
}

extension String {
  /// This text behind `words` when the leaf that it tells of failed.
  fileprivate func prefixed<Value>(whenUnknown leaf: Observation<Value>, with words: String) -> String {
    leaf.failure == nil ? self : words + self
  }
}

extension Witness.Testimony {
  var word: String {
    switch self {
    case .operating: "yes"
    case .notOperating: "no"
    case .undecided: "cannot tell"
    case .silent: "not heard"
    }
  }
  var paint: TextPage.Paint {
    switch self {
    case .operating: .green
    case .notOperating: .red
    case .undecided, .silent: .dim
    }
  }
}

extension Evidence {
  /// The balloon's function as the guest lists it.
  var balloonInGuest: GuestFunction? {
    guard let functions = guest.functions.value, let index = guestBalloonIndex, functions.indices.contains(index)
    else { return nil }
    return functions[index]
  }
  /// The bridge path by QEMU or else by libvirt.
  var hostPath: Observation<PCIPath> { device.path.value == nil ? configuration.path : device.path }
}

extension PCIIdentity {
  /// Whether every register that both sides read holds the same.
  func agrees(with other: PCIIdentity) -> Bool {
    func same<Value: Equatable>(_ one: Value?, _ two: Value?) -> Bool { one == nil || two == nil || one == two }
    return vendor == other.vendor && device == other.device && same(subsystemVendor, other.subsystemVendor)
      && same(subsystem, other.subsystem) && same(classCode, other.classCode) && same(revision, other.revision)
  }
  /// What this side did not read, as the other side read it.
  func completed(by other: PCIIdentity) -> PCIIdentity {
    PCIIdentity(
      vendor: vendor, device: device, subsystemVendor: subsystemVendor ?? other.subsystemVendor,
      subsystem: subsystem ?? other.subsystem, classCode: classCode ?? other.classCode,
      revision: revision ?? other.revision)
  }
}
