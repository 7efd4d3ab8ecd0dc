// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import PCI

/// Evidence of which every leaf is there, synthesised: whatever is added to the tree is part of it from then on.
struct FullEvidence: Sendable {
  /// What stands in each text of it, to be replaced.
  static let mark = "qqmarkqq"

  /// Made once: it takes some time.
  static func shared() throws -> FullEvidence { try made.get() }
  private static let made = Result { try FullEvidence() }

  /// All leaves observed, every text being the mark.
  let observed: JSONTree
  /// All leaves failed, or absent, every text that belongs to them being the mark.
  let failed: JSONTree
  let absent: JSONTree

  init() throws {
    var tree = try JSONTree(Self.skeleton)
    for leaf in tree.leaves() {
      // A leaf within another may have come with that one's value.
      guard tree[leaf]?.isFailedLeaf == true else { continue }
      guard
        let filled = Self.values.lazy.map({ tree.setting(leaf, Self.observation($0)) }).first(where: { candidate in
          guard let evidence = try? candidate.decoded(Evidence.self), let back = try? JSONTree(evidence) else {
            return false
          }
          return back == candidate
        })
      else { throw Unfilled(leaf: leaf) }
      tree = filled
    }
    observed = tree
    failed = tree.leaves().filter { !$0.contains(".value") }.reduce(tree) { $0.setting($1, Self.failure) }
    absent = tree.leaves().filter { !$0.contains(".value") }.reduce(tree) { $0.setting($1, Self.absence) }
  }

  struct Unfilled: Error { let leaf: String }

  private static func observation(_ value: JSONTree) -> JSONTree {
    .object([
      "status": .string("observed"), "value": value, "source": .string("query-balloon \(mark)"),
      "trust": .string("guest"), "time": .integer(1_750_000_000),
    ])
  }
  private static let failure = JSONTree.object([
    "status": .string("failed"), "reason": .string(mark), "detail": .string("cannot open '\(mark)': \(mark) refused"),
    "ask": .string("virsh start \(mark)"), "source": .string(mark), "trust": .string("host"),
  ])
  private static let absence = JSONTree.object([
    "status": .string("absent"), "source": .string("domain XML of \(mark)"), "trust": .string("host"),
  ])

  /// A value of each type that a leaf may have, texts first.
  private static let values: [JSONTree] = [
    .string(mark), .array([.string(mark), .string("a \(mark) b")]), .string("0000:00:05.0"), .string("05.0"),
    .integer(7), .bool(true), (try? JSONTree(PCIIdentity.balloonTransitional)) ?? .null,
    .object([mark: observation(.integer(7)), "freeMemory": observation(.integer(8))]),
    .object([mark: .bool(true), "guest-info": .bool(false)]),
    (try? JSONTree(AgentIdentity(name: mark, version: mark, protocolVersion: 1))) ?? .null,
  ]

  /// What cannot be found by trying: lists, and parts that may not be there.
  private static var skeleton: Evidence {
    let unknown = Unknown(failure: Failure(.notAsked, ""), provenance: Provenance("", trust: .guest, time: nil))
    let there = Provenance("source \(mark)", trust: .guest, time: 1)
    var evidence = Evidence.unknown(
      unknown.failure,
      target: Target(
        kind: .libvirt, name: mark, uuid: mark, location: "qemu+ssh://\(mark)@\(mark)/\(mark)", pastedVMID: mark),
      collection: Collection(
        tool: mark, started: 1, finished: 2, sampled: true,
        sources: [
          SourceOutcome(name: mark, failure: Failure(.failed, mark, ask: mark), seconds: 1),
          SourceOutcome(name: "monitor", failure: nil, seconds: 1),
        ], notices: [mark, "the guest \(mark) is marked as tainted"]))
    evidence.device.siblings = .observed(
      [VirtioSibling(name: "virtio-serial\(mark)", qomPath: "/machine/\(mark)/vs0", status: [mark])], there)
    let decoy = PCIAddress(bus: 0, device: 5, function: 0).map {
      HostFunction(address: $0, path: nil, identity: .balloonTransitional)
    }
    evidence.device.decoys = .observed([decoy].compactMap { $0 }, there)
    evidence.readings = [
      Reading(
        time: 3, actual: unknown(), lastUpdate: unknown(), statistics: unknown(), rss: unknown(),
        guest: GuestReading(memory: unknown(), statistics: unknown()))
    ]
    var function = GuestFunction(unknown)
    function.windows = WindowsFunction(unknown)
    evidence.guest.functions = .observed([function], there)
    let service = GuestService(
      name: mark, kind: mark, state: unknown(), version: unknown(), counters: [mark: unknown()],
      windows: WindowsService(unknown))
    evidence.guest.services = .observed([service], there)
    evidence.guest.windows = WindowsSystem(unknown)
    var agent = QEMUGuestAgentEvidence(unknown)
    agent.devices = .observed(
      [InstalledDriver(name: unknown(), version: unknown(), date: unknown(), identity: unknown())], there)
    evidence.guest.qemuGA = agent
    evidence.events = [MachineEvent(time: 4, name: mark, actual: 5)]
    var host = HostEvidence(unknown)
    host.hugepages = .observed([HugePagePool(pageSize: 2 << 20, total: 3, free: 1)], there)
    evidence.host = host
    evidence.process = ProcessEvidence(unknown)
    let look = ExerciseReading(
      time: 9, actual: unknown(), lastUpdate: unknown(), rss: unknown(), guestRAM: unknown(), statistics: unknown(),
      guest: GuestReading(memory: unknown(), statistics: unknown()))
    let step = ExerciseStep(target: 6, asked: 7, reached: 8, readings: [look])
    evidence.exercise = ExerciseEvidence(
      started: 7, finished: 10, original: 11, originalSource: "as \(mark) said", lowest: 6, floor: 5,
      floorReason: "as \(mark) said", before: look, steps: [step],
      stopped: Failure(.failed, "cannot open '\(mark)'"), restored: true,
      restoreFailure: Failure(.failed, "cannot open '\(mark)'"))
    return evidence
  }
}

extension JSONTree {
  /// The same with another value at a place.
  func setting(_ path: some StringProtocol, _ value: JSONTree) -> JSONTree {
    guard let step = path.split(separator: ".").first else { return value }
    let rest = path.dropFirst(step.count + 1)
    switch self {
    case .object(var members):
      members[String(step)] = members[String(step)]?.setting(rest, value)
      return .object(members)
    case .array(var elements):
      guard let index = Int(step), elements.indices.contains(index) else { return self }
      elements[index] = elements[index].setting(rest, value)
      return .array(elements)
    default: return self
    }
  }

  /// The same with `text` in the place of a mark in every text, names of members too.
  func replacing(_ mark: String, by text: String) -> JSONTree {
    func replaced(_ whole: String) -> String {
      whole.utf8.count < mark.utf8.count
        ? whole : whole.split(separator: mark, omittingEmptySubsequences: false).joined(separator: text)
    }
    switch self {
    case .string(let whole): return .string(replaced(whole))
    case .array(let elements): return .array(elements.map { $0.replacing(mark, by: text) })
    case .object(let members):
      return .object(
        Dictionary(members.map { (replaced($0), $1.replacing(mark, by: text)) }, uniquingKeysWith: { one, _ in one }))
    default: return self
    }
  }
}
