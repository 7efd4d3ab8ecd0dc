// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import DomainXML

/// A domain's XML, live or inactive; also the `<memballoon>` element alone.
struct DomainXMLArtefact: ArtefactContent {
  let configuration: DomainConfiguration
  /// Whether only `<memballoon>` was given.
  let isFragment: Bool

  /// libvirt writes ids, aliases and ports' states into the XML of a running domain only.
  var isLive: Bool {
    configuration.runningID != nil || configuration.balloon?.alias != nil
      || configuration.channels.contains { $0.state != nil }
  }
  var kind: String { isFragment ? "<memballoon>" : isLive ? "live domain XML" : "inactive domain XML" }
  // What runs counts before what is stored.
  var rank: Int { isLive ? 20 : isFragment ? 25 : 30 }
  var guestName: String? { isFragment ? nil : configuration.name }
  var guestUUID: String? { isFragment ? nil : configuration.uuid }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    if let start = opening(of: "<domain", in: cursor.line) {
      guard let xml = cursor.take(from: start, through: "</domain>") else { return nil }
      return parse(xml, isFragment: false)
    }
    guard let start = opening(of: "<memballoon", in: cursor.line) else { return nil }
    // Without any child the element ends on its own line.
    let rest = cursor.line[start...]
    let isEmpty = rest.place(of: ">").map { rest[..<$0].utf8.last == UInt8(ascii: "/") } ?? false
    guard let xml = cursor.take(from: start, through: isEmpty ? "/>" : "</memballoon>", within: 32) else { return nil }
    return parse("<domain><devices>" + xml + "</devices></domain>", isFragment: true)
  }

  /// Where the element begins; `<domain` and no longer name.
  private static func opening(of tag: StaticString, in line: Substring) -> Substring.Index? {
    guard let index = line.place(of: tag) else { return nil }
    let next = line[index...].utf8.dropFirst(tag.utf8CodeUnitCount).first
    return next == nil || next == UInt8(ascii: " ") || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")
      ? index : nil
  }

  private static func parse(_ xml: String, isFragment: Bool) -> any ArtefactContent {
    do throws(DomainXMLError) {
      return DomainXMLArtefact(configuration: try DomainConfiguration(xml: xml), isFragment: isFragment)
    } catch {
      return UnreadableArtefact(
        kind: "domain XML",
        failure: Failure(.malformed, error.description, ask: "virsh dumpxml DOMAIN, pasted whole"))
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let facts = XMLFacts(live: configuration, time: nil, document: "\(place): \(kind)")
    let notTold = Failure(.notAsked, "live XML tells the size, not the target", ask: draft.command.inactiveXML)
    let told = facts.configuration(persistent: isLive || isFragment ? .failure(notTold) : .success(configuration))
    if !isFragment { draft.tell(\.configuration.maximum, told.maximum) }
    draft.tell(\.configuration.target, told.target)
    draft.tell(\.configuration.model, told.model)
    draft.tell(\.configuration.statsPeriod, told.statsPeriod)
    draft.tell(\.configuration.autodeflate, told.autodeflate)
    draft.tell(\.configuration.freePageReporting, told.freePageReporting)
    draft.tell(\.configuration.address, told.address)
    guard !isFragment else { return }
    draft.tell(\.configuration.path, told.path)
    draft.tell(\.configuration.hugepages, told.hugepages)
    draft.tell(\.configuration.locked, told.locked)
    draft.tell(\.configuration.memorySource, told.memorySource)
    draft.tell(\.configuration.sharedMemory, told.sharedMemory)
    draft.tell(\.configuration.pinningDevices, told.pinningDevices)
    draft.tell(\.configuration.virtioMemory, told.virtioMemory)
    draft.tell(\.configuration.launchSecurity, told.launchSecurity)
    draft.tell(\.device.decoys, facts.decoys)
    var domain = draft.evidence.domain
    facts.describe(&domain)
    draft.tell(\.domain.machine, domain.machine)
    draft.tell(\.domain.hypervisor, domain.hypervisor)
    if domain.osFamily.value != nil { draft.tell(\.domain.osFamily, domain.osFamily) }
    let channel = facts.channel(named: XMLFacts.agentPort)
    draft.tell(\.channel.port, channel.port)
    draft.tell(\.channel.guestOpen, channel.guestOpen)
    // In live XML this is what the balloon is, never what was asked of it.
    // With virtio-mem libvirt counts that in as well.
    guard isLive, let current = configuration.memory.current, configuration.balloon?.model.isVirtio == true,
      configuration.memory.virtio == nil
    else { return }
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "the XML does not tell", ask: draft.command.memoryStatistics),
        provenance: place.provenance(kind, .host)))
    reading.actual = .observed(current, place.provenance("live domain XML, currentMemory", .host))
    draft.tell(reading, ifUnknown: true)
  }
}
