// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import DomainXML
import GuestLink
import Libvirt
import QMP
import Transports

extension GuestCollector {
  /// Gathers the evidence of a libvirt domain.
  ///
  /// Nothing here changes the guest or taints the domain, unless ``CollectionOptions/monitor`` or
  /// ``CollectionOptions/qemuGA`` is set.
  /// - Throws: only when the domain itself cannot be read.
  package func collect(_ session: LibvirtSession) async throws(TargetError) -> Evidence {
    let domain = session.domain
    var evidence = start(
      session.target, notices: session.notices)
    let runner = SourceRunner()
    let here = LibvirtSource(session: session, collector: self, line: LibvirtLine(domain, deadline: options.deadline))

    let status: DomainStatus
    do throws(LibvirtError) { status = try await domain.status(until: deadline) } catch {
      throw TargetError("\(session.uri): \(error.message)", Failure(error))
    }
    let isActive = status.isActive ?? (domain.id != nil)

    // The XML comes first: it tells whether there is a balloon, and a channel to ask.
    await publish(evidence, runner)
    let xml = await runner.run("domain XML") { () async throws(Failure) in try await here.configuration(.live) }
    let facts: XMLFacts?
    switch xml {
    case .success(let live):
      let known = XMLFacts(live: live, time: clock.now())
      evidence.channel = known.channel(named: AgentChannel.portName)
      facts = known
    case .failure(let failure):
      evidence.channel = ChannelEvidence(here.unknown(failure, "domain XML"))
      evidence.configuration = ConfigurationEvidence(here.unknown(failure, "domain XML"))
      facts = nil
    }
    // Unless the monitor has more to tell of the channel, the agent works while libvirt is asked on.
    let startsNow = isActive && !options.monitor
    let channel = evidence.channel
    let kept = keptAgent()
    async let early = startsNow ? here.agent(channel, runner, kept) : nil
    let qemuGAPort = facts?.channel(named: QGA.portName)
    async let qemuGA = isActive && options.qemuGA ? here.qemuGA(qemuGAPort, runner) : nil

    evidence.domain = await here.domain(status)
    if let facts {
      evidence.configuration = facts.configuration(persistent: await here.persistent())
      evidence.device.decoys = facts.decoys
      facts.describe(&evidence.domain)
    }
    if recorder != nil { await here.keepLog(runner) }
    await publish(evidence, runner)

    guard isActive else {
      let unknown = here.unknown(Failure(.notFound, "the domain does not run"), "libvirt")
      evidence.readings = []
      evidence.device = DeviceEvidence(unknown)
      evidence.guest = GuestEvidence(unknown)
      if options.process { evidence.process = ProcessEvidence(unknown) }
      return await finish(evidence, runner)
    }

    tellJournal(&evidence, keys: [domain.uuid]) {
      MachineIdentity.run(ofProcess: MachineIdentity.process(ofUUID: domain.uuid)) ?? domain.id.map { "domain \($0)" }
    }
    let watch = options.quick ? nil : await here.watch()
    evidence.readings = [await here.reading()]
    let (name, uuid, uri) = (domain.name, domain.uuid, session.uri)
    evidence.process = await process(runner, ram: evidence.configuration.maximum) { (until) throws(Failure) in
      try HypervisorProcess.ofDomain(name, uuid: uuid, at: uri, until: until)
    }
    if options.monitor {
      evidence.collection.notices.append(
        "QEMU's monitor was asked through libvirt: the domain is now marked as tainted (custom-monitor).")
      let decoys = evidence.device.decoys
      evidence.device = await here.monitor.device()
      if evidence.device.decoys.value == nil { evidence.device.decoys = decoys }
      let channel = await here.monitor.channel().0
      if channel.port.failure == nil { evidence.channel = channel }
      await runner.record("QEMU monitor", evidence.device.qomPath.failure, took: .zero)
    } else {
      let decoys = evidence.device.decoys
      evidence.device = DeviceEvidence(here.monitorNotAsked)
      evidence.device.decoys = decoys
      evidence.device.qomPath = here.presence(evidence.configuration)
    }

    await publish(evidence, runner)
    let known = evidence.channel
    async let late = startsNow ? nil : here.agent(known, runner, kept)
    var sampled = evidence
    await sample(&sampled, kept, runner) { await here.reading() }
    await kept?.end()
    let word = await (early, late)
    if let word = word.0 ?? word.1 { (sampled.guest, sampled.channel) = word }
    if let (told, notice, probed) = await qemuGA {
      sampled.guest.qemuGA = told
      sampled.take(probed)
      if let notice { sampled.collection.notices.append(notice) }
    }
    await publish(sampled, runner)
    let had = sampled
    let told = await uncancelled {
      var sampled = had
      if options.monitor { await here.monitor.refresh(&sampled.device) }
      if watches, case .success(let watch)? = watch { await here.tell(&sampled, watch) }
      sampled.domain.interruptions = await here.interruptions(since: status, watch)
      return sampled
    }
    if session.loan == nil { Connection.giveBackUnchangedPages() }
    return await finish(told, runner)
  }

  /// Closes the books.
  func finish(_ evidence: Evidence, _ runner: SourceRunner) async -> Evidence {
    var evidence = evidence
    evidence.collection.finished = clock.now()
    evidence.collection.sources = await runner.outcomes
    if Task.isCancelled {
      evidence.collection.notices.append("Somebody interrupted the collection: what was had by then is kept.")
    }
    return evidence
  }
}
