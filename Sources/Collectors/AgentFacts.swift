// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import BalloonEvidence
import PCI

/// Turns what an agent sent, or a registry hive holds in the agent's terms, into evidence: every leaf is the guest's
/// word and names its source in the guest.
package struct AgentFacts {
  /// Who tells the facts.
  enum Speaker {
    case agent
    /// Registry hives; the facts' own sources name them.
    case hives
  }

  /// When the replies arrived, by this machine's clock; `nil` when nobody can tell.
  let time: Double?
  let speaker: Speaker
  /// Where they were kept since: in front of every source.
  let document: String?

  package init(time: Double?, document: String? = nil) {
    self.init(time: time, speaker: .agent, document: document)
  }

  init(time: Double?, speaker: Speaker, document: String? = nil) {
    self.time = time
    self.speaker = speaker
    self.document = document
  }

  func provenance(_ method: Method, _ source: String) -> Provenance {
    let place =
      switch speaker {
      case .agent: "agent \(method.name): \(source)"
      case .hives: "hive \(source)"
      }
    return Provenance((document.map { $0 + ": " } ?? "") + place, trust: .guest, time: time)
  }

  package func observation<Value>(_ fact: Fact<Value>, of method: Method) -> Observation<Value> {
    let provenance = provenance(method, fact.source)
    switch fact {
    case .observed(let value, _): return .observed(value, provenance)
    case .absent: return .absent(provenance)
    case .failed(let failure, _):
      return .failed(Failure(Failure.Reason(rawValue: failure.reason.text), failure.detail), provenance)
    }
  }

  /// Named facts as a dictionary of leaves; at most 64.
  package func leaves(_ facts: NamedFacts, of method: Method) -> [String: Observation<UInt64>] {
    Dictionary(
      facts.members.prefix(64).map { ($0.name, observation($0.fact, of: method)) },
      uniquingKeysWith: { first, _ in first })
  }

  package func function(_ facts: PCIFunctionFacts) -> GuestFunction {
    let method = Method.functions
    let source = provenance(method, facts.vendor.source)
    var function = GuestFunction(Unknown(failure: Failure(.unsupported, ""), provenance: source))
    function.address = observation(facts.address, of: method).map { PCIAddress(parsing: $0) }
    function.path = observation(facts.path, of: method).map { PCIPath(parsing: $0) }
    function.identity = identity(facts)
    function.driver = observation(facts.driver, of: method)
    function.module = observation(facts.module, of: method)
    function.virtioDriver = observation(facts.virtioDriver, of: method)
    function.virtioStatus = observation(facts.virtioStatus, of: method)
    function.provider = observation(facts.provider, of: method)
    function.driverVersion = observation(facts.driverVersion, of: method)
    function.problemCode = observation(facts.problemCode, of: method)
    function.windows = facts.windows.map { windows($0, source) }
    return function
  }

  /// The identity needs vendor and device; what else is missing stays unknown within it.
  private func identity(_ facts: PCIFunctionFacts) -> Observation<PCIIdentity> {
    let vendor = observation(facts.vendor, of: .functions)
    let device = observation(facts.device, of: .functions)
    guard let vendorID = vendor.value else { return vendor.map { _ in nil } }
    guard let deviceID = device.value else { return device.map { _ in nil } }
    return .observed(
      PCIIdentity(
        vendor: vendorID, device: deviceID, subsystemVendor: facts.subsystemVendor.value,
        subsystem: facts.subsystem.value, classCode: facts.classCode.value.flatMap(PCIClass.init(exactly:)),
        revision: facts.revision.value.flatMap(UInt8.init(exactly:))),
      vendor.provenance)
  }

  package func service(_ facts: ServiceFacts) -> GuestService {
    GuestService(
      name: facts.name, kind: facts.kind, state: observation(facts.state, of: .services),
      version: observation(facts.version, of: .services), counters: leaves(facts.counters, of: .services),
      windows: facts.windows.map(windows))
  }
}

extension PCIClass {
  /// A class from a number that may be none: more than 24 bits are refused.
  fileprivate init?(exactly number: UInt64) {
    guard number <= 0xff_ffff else { return nil }
    self.init(code: UInt32(number))
  }
}
