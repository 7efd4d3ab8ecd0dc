// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import DomainXML

/// A domain's XML, live or inactive; also a part of it: cut off, with something left out, or one element alone.
struct DomainXMLArtefact: ArtefactContent {
  let configuration: DomainConfiguration
  let extent: Extent

  /// How much of the document was given.
  enum Extent: Hashable, Sendable {
    case whole
    /// It has its `<domain>`, and not all that belongs into it: what it does not have may be configured all the same.
    case damaged
    /// Elements without `<domain>`; `true` when they are nothing but a whole `<memballoon>`.
    case elements(balloonAlone: Bool)
  }

  private var isWhole: Bool { extent == .whole }
  private var isBalloonAlone: Bool { extent == .elements(balloonAlone: true) }
  private var hasRoot: Bool { extent == .whole || extent == .damaged }

  /// libvirt writes ids, aliases and ports' states into the XML of a running domain only.
  var isLive: Bool {
    configuration.runningID != nil || configuration.balloon?.alias != nil
      || configuration.channels.contains { $0.state != nil }
  }
  var kind: String {
    switch extent {
    case .whole: isLive ? "live domain XML" : "inactive domain XML"
    case .damaged: isLive ? "part of a live domain XML" : "part of a domain XML"
    case .elements(let balloonAlone): balloonAlone ? "<memballoon>" : "elements of a domain XML"
    }
  }
  // What runs counts before what is stored.
  var rank: Int { isLive ? (isWhole ? 20 : 22) : hasRoot ? (isWhole ? 30 : 32) : 25 }
  var guestName: String? { hasRoot ? configuration.name : nil }
  var guestUUID: String? { hasRoot ? configuration.uuid : nil }

  // MARK: Reading

  /// Elements that are read without their `<domain>`.
  private static let elements: [StaticString] = ["<devices", "<currentMemory", "<memory"]
  /// The most lines of one document.
  private static let lineLimit = 60_000

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    if let start = opening(of: "<domain", in: cursor.line) { return readDomain(&cursor, from: start) }
    if let start = opening(of: "<memballoon", in: cursor.line) {
      return readBalloon(&cursor, from: start)
    }
    guard !cursor.isPassed(by: "XML") else { return nil }
    for element in elements {
      guard let start = opening(of: element, in: cursor.line) else { continue }
      // `<memory>` is a word of many languages.
      guard element.utf8CodeUnitCount != 7 || cursor.line.has("</memory>") else { continue }
      let (text, end) = piece(&cursor, from: start, isRooted: false)
      // A host's capabilities have sizes of memory too, and none that is current.
      let isDomains = text[...].has("<currentMemory") || text[...].has("<memballoon")
      let repair = XMLRepair(isDomains ? text : "")
      guard let configuration = try? DomainConfiguration(xml: repair.xml),
        configuration.balloon != nil || configuration.memory.maximum != nil
      else {
        cursor.pass("XML", until: end)
        return nil
      }
      cursor.index = end
      return DomainXMLArtefact(configuration: configuration, extent: .elements(balloonAlone: false))
    }
    return nil
  }

  /// Where the element begins; `<domain` and no longer name.
  private static func opening(of tag: StaticString, in line: Substring) -> Substring.Index? {
    guard let index = line.place(of: tag) else { return nil }
    let next = line[index...].utf8.dropFirst(tag.utf8CodeUnitCount).first
    return next == nil || next == UInt8(ascii: " ") || next == UInt8(ascii: ">") || next == UInt8(ascii: "/")
      ? index : nil
  }

  private static func readDomain(
    _ cursor: inout ArtefactCursor, from start: Substring.Index
  ) -> (any ArtefactContent)? {
    let (text, end) = piece(&cursor, from: start, isRooted: true)
    let isEnded = text.hasSuffix("</domain>")
    // A sentence about the element is no document.
    guard isEnded || end > cursor.index + 1 else { return nil }
    var failure = DomainXMLError(.malformed, "the document ends before its root element does; give the whole of it")
    if isEnded {
      for form in [unwrapped(text), text] {
        do throws(DomainXMLError) {
          let configuration = try DomainConfiguration(xml: form)
          cursor.index = end
          return DomainXMLArtefact(configuration: configuration, extent: hasGap(text) ? .damaged : .whole)
        } catch { failure = error }
      }
    }
    cursor.index = end
    // What libvirt never writes is not repaired: a document type, too deep a nesting.
    if failure.code == .malformed, let configuration = try? DomainConfiguration(xml: XMLRepair(text).xml),
      configuration.balloon != nil || configuration.memory.maximum != nil || configuration.name != nil
    {
      return DomainXMLArtefact(configuration: configuration, extent: .damaged)
    }
    return UnreadableArtefact(
      kind: "domain XML", failure: Failure(.malformed, failure.description, ask: "virsh dumpxml DOMAIN, pasted whole"))
  }

  private static func readBalloon(
    _ cursor: inout ArtefactCursor, from start: Substring.Index
  ) -> (any ArtefactContent)? {
    // Without any child the element ends on its own line.
    let rest = cursor.line[start...]
    let isEmpty = rest.place(of: ">").map { rest[..<$0].utf8.last == UInt8(ascii: "/") } ?? false
    guard let xml = cursor.take(from: start, through: isEmpty ? "/>" : "</memballoon>", within: 32) else { return nil }
    var failure: DomainXMLError?
    for form in [unwrapped(xml), xml, XMLRepair(xml).xml] {
      let document = form.hasPrefix("<domain") ? form : "<domain><devices>" + form + "</devices></domain>"
      do throws(DomainXMLError) {
        let configuration = try DomainConfiguration(xml: document)
        guard configuration.balloon != nil else { continue }
        return DomainXMLArtefact(configuration: configuration, extent: .elements(balloonAlone: true))
      } catch { failure = failure ?? error }
    }
    return UnreadableArtefact(
      kind: "domain XML",
      failure: Failure(
        .malformed, failure?.description ?? "no <memballoon> that can be read",
        ask: "virsh dumpxml DOMAIN, pasted whole"))
  }

  /// The lines of a document from `start` to its end, or as far as they look like XML; and the line behind them.
  private static func piece(
    _ cursor: inout ArtefactCursor, from start: Substring.Index, isRooted: Bool
  ) -> (text: String, end: Int) {
    var text = ""
    var next = cursor.index
    var rest = cursor.line[start...]
    // How far the text is known to be XML.
    var known = (length: 0, end: next + 1)
    var strange = 0
    while true {
      if let place = rest.place(of: "</domain>") {
        text += rest[..<place]
        return (isRooted ? text + "</domain>" : text, next + 1)
      }
      text += rest
      text += "\n"
      next += 1
      if rest.has("<") || rest.has("/>") || rest.has("'>") {
        known = (text.utf8.count, next)
        strange = 0
      } else if !rest.isEmpty {
        strange += 1
      }
      guard strange < 4, next - cursor.index < lineLimit, cursor.spend(rest.utf8.count + 1),
        let line = cursor.peek(next),
        opening(of: "<domain", in: line) == nil, ProbeMark(line) == nil, !line.has("virsh "), !line.hasPrefix("{"),
        !line.hasPrefix("```")
      else { break }
      rest = line
    }
    let end = text.utf8.index(text.utf8.startIndex, offsetBy: known.length)
    return (String(text[..<end]), known.end)
  }

  /// Without the breaks that a terminal put into words: behind a line of 79 bytes or more that no tag ends.
  private static func unwrapped(_ xml: String) -> String {
    let lines = xml.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { $0.utf8.count >= 79 && $0.utf8.last != UInt8(ascii: ">") }) else { return xml }
    var text = ""
    for (index, line) in lines.enumerated() {
      text += line
      let next = index + 1 < lines.count ? lines[index + 1].utf8.first : nil
      let isBroken =
        line.utf8.count >= 79 && line.utf8.last != UInt8(ascii: ">") && next != UInt8(ascii: " ")
        && next != UInt8(ascii: "<")
      if !isBroken, index + 1 < lines.count { text += "\n" }
    }
    return text
  }

  /// Whether somebody left something out of the text.
  private static func hasGap(_ xml: String) -> Bool {
    let marks: Set<Substring> = [
      "...", "....", "…", "[...]", "(...)", "[…]", "[snip]", "snip", "<!-- ... -->", "[cut]",
    ]
    return xml.split(separator: "\n").contains { $0.utf8.count < 64 && marks.contains($0.trimmed) }
  }

  // MARK: What it tells

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let facts = XMLFacts(live: configuration, time: nil, document: "\(place): \(kind)")
    let notTold = Failure(.notAsked, "live XML tells the size, not the target", ask: draft.command.inactiveXML)
    let told = facts.configuration(persistent: isLive || !hasRoot ? .failure(notTold) : .success(configuration))
    /// What is not there counts only in a document that has everything.
    func tell<Value>(
      _ path: WritableKeyPath<Evidence, Observation<Value>>, _ leaf: Observation<Value>, always: Bool,
      named name: String? = nil
    ) {
      guard always || leaf.value != nil else { return }
      if isLive, let name { draft.noteContradiction(about: name, draft.evidence[keyPath: path], leaf) }
      draft.tell(path, leaf)
    }
    if !isBalloonAlone { tell(\.configuration.maximum, told.maximum, always: isWhole) }
    tell(\.configuration.target, told.target, always: isWhole || isBalloonAlone)
    // A <memballoon> that was given was given whole.
    let hasBalloon = isWhole || configuration.balloon != nil
    tell(\.configuration.model, told.model, always: hasBalloon, named: "balloon's model")
    tell(\.configuration.statsPeriod, told.statsPeriod, always: hasBalloon, named: "period of statistics")
    tell(\.configuration.autodeflate, told.autodeflate, always: hasBalloon)
    tell(\.configuration.freePageReporting, told.freePageReporting, always: hasBalloon)
    tell(\.configuration.address, told.address, always: hasBalloon)
    guard !isBalloonAlone else { return }
    tell(\.configuration.path, told.path, always: isWhole)
    if isWhole || told.hugepages.value == true { draft.tell(\.configuration.hugepages, told.hugepages) }
    if isWhole || told.locked.value == true { draft.tell(\.configuration.locked, told.locked) }
    if isWhole || told.sharedMemory.value == true { draft.tell(\.configuration.sharedMemory, told.sharedMemory) }
    if isWhole || told.pinningDevices.value?.isEmpty == false {
      draft.tell(\.configuration.pinningDevices, told.pinningDevices)
    }
    tell(\.configuration.memorySource, told.memorySource, always: isWhole)
    tell(\.configuration.virtioMemory, told.virtioMemory, always: isWhole)
    tell(\.configuration.dimmMemory, told.dimmMemory, always: isWhole)
    tell(\.configuration.baseMemory, told.baseMemory, always: isWhole)
    tell(\.configuration.launchSecurity, told.launchSecurity, always: isWhole)
    if isWhole || facts.decoys.value?.isEmpty == false { draft.tell(\.device.decoys, facts.decoys) }
    var domain = draft.evidence.domain
    facts.describe(&domain)
    tell(\.domain.machine, domain.machine, always: isWhole)
    tell(\.domain.hypervisor, domain.hypervisor, always: isWhole)
    if domain.osFamily.value != nil { draft.tell(\.domain.osFamily, domain.osFamily) }
    let channel = facts.channel(named: XMLFacts.agentPort)
    tell(\.channel.port, channel.port, always: isWhole, named: "agent's channel")
    tell(\.channel.guestOpen, channel.guestOpen, always: isWhole)
    if !isWhole { tellDamage(&draft, place) }
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

  private func tellDamage(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.notice("\(place): the domain XML is not whole; what it does not have was not taken for missing.")
  }
}
