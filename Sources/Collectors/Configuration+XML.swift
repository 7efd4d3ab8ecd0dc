// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
package import DomainXML
import PCI

/// What a domain's two XML documents say, as evidence.
package struct XMLFacts {
  let live: DomainConfiguration
  let time: Double?
  /// What the document is called in provenances.
  let document: String

  /// - Parameter time: when the document was had; `nil` when nobody knows.
  package init(live: DomainConfiguration, time: Double?, document: String = "domain XML") {
    self.live = live
    self.time = time
    self.document = document
  }

  /// The name of the agent's port.
  package static let agentPort = AgentChannel.portName

  var source: Provenance { Provenance(document, trust: .host, time: time) }

  func observed<Value>(_ value: Value?) -> Observation<Value> {
    value.map { .observed($0, source) } ?? .absent(source)
  }

  /// The configuration, with the target from the persistent XML where the domain has one.
  package func configuration(persistent: Result<DomainConfiguration, Failure>) -> ConfigurationEvidence {
    var evidence = ConfigurationEvidence(
      Unknown(failure: Failure(.notFound, "the domain has no virtio memballoon"), provenance: source))
    evidence.maximum = maximum
    evidence.target = target(persistent)
    describeHost(&evidence)
    guard let balloon = live.balloon else {
      evidence.model = .absent(source)
      return evidence
    }
    evidence.model = .observed(balloon.model.rawValue, source)
    guard balloon.model.isVirtio else { return evidence }
    evidence.statsPeriod = observed(balloon.statsPeriod.map(UInt64.init))
    evidence.autodeflate = .observed(balloon.autodeflate ?? false, source)
    evidence.freePageReporting = .observed(balloon.freePageReporting ?? false, source)
    switch balloon.address {
    case .pci(let placement)?: evidence.address = observed(placement.address)
    case .other(let type)?:
      evidence.address = .failed(Failure(.unsupported, "the balloon stands on \(type), not on PCI"), source)
    case nil: evidence.address = .absent(source)
    }
    do throws(DomainXMLError) {
      evidence.path = .observed(try live.balloonPath().path, source)
    } catch {
      evidence.path = .failed(Failure(.unsupported, error.description), source)
    }
    return evidence
  }

  /// libvirt counts NVDIMMs in `<memory>`; they are no RAM.
  private var maximum: Observation<UInt64> {
    guard let persistent = live.memory.persistent, persistent > 0, let memory = live.memory.maximum else {
      return observed(live.memory.maximum)
    }
    let source = Provenance("\(document), memory without NVDIMMs", trust: .host, time: time)
    guard memory >= persistent else {
      return .failed(Failure(.malformed, "the XML has more NVDIMMs than memory"), source)
    }
    return .observed(memory - persistent, source)
  }

  /// libvirt's live `currentMemory` is what the balloon is, never what was asked of it: only the persistent XML tells.
  private func target(_ persistent: Result<DomainConfiguration, Failure>) -> Observation<UInt64> {
    let name = document == "domain XML" ? "persistent domain XML" : document
    let source = Provenance("\(name), currentMemory", trust: .host, time: time)
    switch persistent {
    case .success(let configuration):
      guard let current = configuration.memory.current ?? configuration.memory.maximum else { return .absent(source) }
      // What is stored counts NVDIMMs in both sizes (measured with libvirt 9.0).
      let persistent = configuration.memory.persistent ?? 0
      return .observed(current > persistent ? current - persistent : current, source)
    case .failure(let failure): return .failed(failure, source)
    }
  }

  /// The agent's channel as the live XML has it.
  package func channel(named name: String) -> ChannelEvidence {
    var evidence = ChannelEvidence(
      Unknown(failure: Failure(.notAsked, "the XML does not tell"), provenance: source))
    guard let channel = live.channels.first(where: { $0.targetName == name }) else {
      evidence.port = .absent(source)
      evidence.guestOpen = .absent(source)
      evidence.heldByAnother = .absent(source)
      return evidence
    }
    evidence.port = .observed(name, source)
    if let state = channel.state { evidence.guestOpen = .observed(state == .connected, source) }
    return evidence
  }

  /// Shared-memory devices: RAM controllers that are no balloon.
  package var decoys: Observation<[HostFunction]> {
    let functions = live.sharedMemory.compactMap { device -> HostFunction? in
      guard case .pci(let placement)? = device.address, let address = placement.address else { return nil }
      let identity = PCIIdentity(
        vendor: PCIIdentity.virtioVendor, device: 0x1110, classCode: .ramController)
      return HostFunction(address: address, path: try? live.topology.path(of: placement).path, identity: identity)
    }
    return .observed(functions, source)
  }

  package func describe(_ domain: inout DomainEvidence) {
    domain.machine = observed(live.system.machine)
    domain.hypervisor = observed(live.type)
    domain.osFamily = observed(live.system.family?.rawValue)
    domain.firmware = observed(live.system.firmware ?? (live.system.loaderType == "pflash" ? "efi" : nil))
  }
}

extension Failure {
  init(_ error: DomainXMLError) { self.init(.malformed, error.description) }
}
