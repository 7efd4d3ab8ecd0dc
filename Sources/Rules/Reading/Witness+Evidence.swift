// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

extension Witness {
  /// The witnesses of some evidence, the most trustworthy first.
  static func all(in evidence: Evidence) -> [Witness] {
    [device(in: evidence), statistics(in: evidence), deviceManager(in: evidence)]
      + (qemuGA(in: evidence).map { [$0] } ?? [])
  }

  /// The virtio status, kept by QEMU.
  private static func device(in evidence: Evidence) -> Witness {
    var reader = EvidenceReader(evidence)
    let name = "the device itself"
    if case .absent(let statement) = reader.presence() {
      return Witness(
        name: name, trust: .host, testimony: .notOperating, statement: statement, evidence: reader.citations)
    }
    let leaf = reader.read(\.device.status)
    guard let status = leaf.value else {
      return Witness(
        name: name, trust: .host, testimony: .silent, statement: silence(leaf), evidence: reader.citations)
    }
    let state = DeviceState(status: status)
    let testimony: Testimony
    switch reader.hostOperation() {
    case .operating: testimony = .operating
    case .notOperating: testimony = .notOperating
    case .undecided: testimony = .undecided
    }
    let bits = status.isEmpty ? "" : " (\(EvidenceText.describe(status)))"
    return Witness(
      name: name, trust: .host, testimony: testimony, statement: state.words + bits, evidence: reader.citations)
  }

  /// When the guest last answered, kept by QEMU.
  private static func statistics(in evidence: Evidence) -> Witness {
    var reader = EvidenceReader(evidence)
    func witness(_ testimony: Testimony, _ statement: String) -> Witness {
      Witness(
        name: "the statistics", trust: .host, testimony: testimony, statement: statement, evidence: reader.citations)
    }
    guard let index = evidence.readings.indices.last, let leaf = reader.read(reading: index, \.lastUpdate) else {
      return witness(.silent, "they were not read")
    }
    if leaf.failure != nil { return witness(.silent, silence(leaf)) }
    if case .suspended = reader.steadiness() { return witness(.undecided, "the guest did not run all the while") }
    switch reader.advance() {
    case .advanced: return witness(.operating, "new ones arrived while the guest was looked at")
    case .unchanged(let span, _):
      return witness(
        .undecided, "none arrived for \(EvidenceText.duration(span)), though the guest has answered before")
    case .never(let span):
      return witness(.undecided, "none arrived for \(EvidenceText.duration(span)), and none ever did")
    case .unknown: break
    }
    if let recent = reader.recentAnswer() { return witness(.operating, recent) }
    guard let update = leaf.value, update > 0 else { return witness(.undecided, "the guest has never answered") }
    return witness(.undecided, "the guest has answered once; one reading does not tell whether it still does")
  }

  /// What the agent says of the balloon's function.
  private static func deviceManager(in evidence: Evidence) -> Witness {
    var reader = EvidenceReader(evidence)
    func witness(_ testimony: Testimony, _ statement: String) -> Witness {
      Witness(
        name: "the guest's device manager", trust: .guest, testimony: testimony, statement: statement,
        evidence: reader.citations)
    }
    let functions = reader.read(\.guest.functions)
    guard functions.value != nil else { return witness(.silent, silence(functions)) }
    guard let hold = reader.guestHold() else {
      let isUnclear = evidence.guest.functions.value?.contains {
        !$0.isPhantom && ($0.identity.value == nil || $0.identity.value?.isBalloon == true)
      }
      if isUnclear == true { return witness(.undecided, "which of its functions is the balloon is not clear") }
      return witness(
        .notOperating,
        evidence.guestPhantomIndices.isEmpty
          ? "it lists no balloon" : "it remembers a balloon that is not there (a phantom)")
    }
    switch hold {
    case .nobody(transport: true):
      return witness(.notOperating, "the virtio transport is bound, the balloon driver is not")
    case .nobody(transport: false):
      return witness(.notOperating, "no driver holds the balloon" + reader.problemInBrackets())
    case .other(let name, _): return witness(.notOperating, "\(name) holds the balloon, which is no balloon driver")
    case .balloonDriver(let name, started: true):
      return witness(.operating, "\(name) holds the balloon and has started")
    case .balloonDriver(let name, started: false):
      return witness(.notOperating, "\(name) holds the balloon and has not started" + reader.problemInBrackets())
    case .balloonDriver(let name, started: nil):
      return witness(.undecided, "\(name) holds the balloon; whether it started was not told")
    case .unrecognised(let name):
      return witness(.undecided, "\(name) holds the balloon; it is not a name that is known")
    case .unknown: return witness(.undecided, "who holds the balloon was not told")
    }
  }

  /// What qemu-ga lists; `nil` when it was not to be asked. It tells of drivers that are installed, never of one that
  /// runs or is missing.
  private static func qemuGA(in evidence: Evidence) -> Witness? {
    var reader = EvidenceReader(evidence)
    guard let devices = reader.read(qemuGA: \.devices) else { return nil }
    func witness(_ testimony: Testimony, _ statement: String) -> Witness {
      Witness(name: "qemu-ga", trust: .guest, testimony: testimony, statement: statement, evidence: reader.citations)
    }
    guard let drivers = devices.value else { return witness(.silent, silence(devices)) }
    guard let index = drivers.firstIndex(where: { $0.identity.value?.isBalloon == true }) else {
      return witness(
        .undecided, "it lists no driver for the balloon, which says nothing: it leaves out what it cannot read")
    }
    let statement = reader.installedDriver(index)
    return witness(.undecided, statement + "; whether it runs is not its to tell")
  }

  private static func silence<Value>(_ leaf: Observation<Value>) -> String {
    switch leaf {
    case .observed: ""
    case .absent(let provenance): "\(provenance.source) has none"
    case .failed(let failure, _): "\(failure.reason.rawValue): \(failure.detail)"
    }
  }
}
