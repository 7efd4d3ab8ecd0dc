// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// What a stock Linux told by its own commands, gathered from several artefacts: only together do a list of functions,
/// the tree of bridges and the links in sysfs say who holds the balloon where.
struct LinuxPaste {
  private var functions: [PCIAddress: ListedFunction] = [:]
  private var order: [PCIAddress] = []
  private var paths: [PCIAddress: PCIPath] = [:]
  private var links: [PCIAddress: DriverLinks] = [:]
  private var listed: Provenance?
  private var modules: [String: (state: Observation<String>, counters: [String: Observation<UInt64>])] = [:]
  private var memories: [(values: [String: UInt64], source: Provenance)] = []

  /// The drivers that hold a function and the virtio device below it.
  struct DriverLinks: Hashable, Sendable {
    var driver: String?
    var virtio: String?
  }

  private static let limit = 4_096

  mutating func add(_ list: [ListedFunction], _ source: Provenance) {
    // The list of a host, or an excerpt, has no balloon, and says nothing of this guest.
    guard list.contains(where: { $0.identity?.isBalloon == true || $0.isNamedBalloon }) else { return }
    listed = listed ?? source
    for function in list where order.count < Self.limit || functions[function.address] != nil {
      if functions[function.address] == nil {
        functions[function.address] = function
        order.append(function.address)
      } else {
        functions[function.address]?.complete(with: function)
      }
    }
  }

  mutating func add(_ tree: [PCIAddress: PCIPath]) {
    guard paths.isEmpty else { return }
    paths = tree
  }

  mutating func add(_ link: DriverLinks, at address: PCIAddress) {
    guard links.count < Self.limit else { return }
    var known = links[address] ?? DriverLinks()
    known.driver = known.driver ?? link.driver
    known.virtio = known.virtio ?? link.virtio
    links[address] = known
  }

  /// A module's state, in the agent's words.
  mutating func add(module: String, _ state: Observation<String>, counters: [String: Observation<UInt64>] = [:]) {
    guard modules.count < 64 || modules[module] != nil else { return }
    var known = modules[module] ?? (state, [:])
    if known.state.value == nil { known.state = state }
    known.counters.merge(counters) { first, _ in first }
    modules[module] = known
  }

  /// Sizes by the names of `guest.memory`, in bytes; exact ones before rounded ones.
  mutating func add(memory values: [String: UInt64], isExact: Bool, _ source: Provenance) {
    guard memories.count < 64 else { return }
    memories.insert((values, source), at: isExact ? 0 : memories.endIndex)
  }

  // MARK: As evidence

  func tell(_ draft: inout EvidenceDraft) {
    tellFunctions(&draft)
    tellModules(&draft)
    tellMemory(&draft)
  }

  private func tellFunctions(_ draft: inout EvidenceDraft) {
    guard let listed else { return }
    guard functions.values.contains(where: { $0.identity?.isBalloon == true }) else {
      let ask = "lspci -nnk -d 1af4:, in the guest"
      return draft.tell(
        \.guest.functions,
        .failed(Failure(.malformed, "lspci's names are no ids: they change with its list of names", ask: ask), listed))
    }
    draft.tell(\.guest.osFamily, .observed("linux", listed))
    let relevant = order.compactMap { functions[$0] }.filter { function in
      function.identity.map { $0.vendor == PCIIdentity.virtioVendor || $0.isBalloonDecoy } ?? false
    }
    draft.tell(\.guest.functions, .observed(relevant.map { self.function($0, listed) }, listed))
  }

  private func function(_ told: ListedFunction, _ source: Provenance) -> GuestFunction {
    var function = GuestFunction(
      Unknown(
        failure: Failure(.notAsked, "lspci does not tell", ask: GuestCommands.probe), provenance: source))
    function.address = .observed(told.address, source)
    if let identity = told.identity { function.identity = .observed(identity, source) }
    if let path = told.path ?? paths[told.address] { function.path = .observed(path, source) }
    let link = links[told.address]
    if let driver = told.driver ?? link?.driver {
      function.driver = .observed(driver, source)
    } else if told.hasDriverLines, told.isWhole {
      function.driver = .absent(source)
    }
    if let virtio = link?.virtio { function.virtioDriver = .observed(virtio, source) }
    return function
  }

  /// Whether something else says that the guest is Linux: the tables alone may be its host's.
  private func isLinux(_ draft: EvidenceDraft) -> Bool {
    let family = draft.evidence.guest.osFamily.value ?? draft.evidence.domain.osFamily.value
    return family == "linux"
  }

  private func tellModules(_ draft: inout EvidenceDraft) {
    guard isLinux(draft), draft.evidence.guest.services.value == nil,
      let first = modules.values.map(\.state.provenance).min(by: { $0.source < $1.source })
    else { return }
    let services = modules.keys.sorted().map { name in
      GuestService(
        name: name, kind: "kernel-driver", state: modules[name]?.state ?? .absent(first), version: .absent(first),
        counters: modules[name]?.counters ?? [:])
    }
    draft.tell(\.guest.services, .observed(services, first))
  }

  /// Nothing in these tables says whether they are the guest's or its host's: more memory than the guest can have is
  /// the host's, and a guest of which nothing else says that it is Linux has told nothing.
  private func tellMemory(_ draft: inout EvidenceDraft) {
    guard let (values, source) = memories.first else { return }
    guard isLinux(draft) else {
      return draft.notice("\(source.source): not taken for the guest's, for nothing says that the guest is Linux.")
    }
    if let maximum = draft.evidence.configuration.maximum.value, let total = values["total"], total > maximum {
      return draft.notice("\(source.source): it has more memory than the guest can have, and was taken for the host's.")
    }
    draft.tell(\.guest.memory, .observed(values.mapValues { .observed($0, source) }, source))
  }
}
