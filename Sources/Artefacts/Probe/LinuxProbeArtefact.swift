// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// What `virt-balloon probe linux` prints in the guest, from one mark to the last.
struct LinuxProbeArtefact: ArtefactContent {
  let kind = "probe linux"
  let rank = 8
  private var system: String?
  private var kernel: String?
  private var uptime: UInt64?
  private var functions: [Function] = []
  private var memory: [String: UInt64] = [:]
  private var counters: [String: UInt64] = [:]
  private var log: [String] = []
  private var isWhole = false

  private struct Function: Sendable {
    let path: String
    let fields: [Substring: String]
    func number(_ name: Substring) -> UInt32? {
      fields[name].flatMap { $0[...].dropping("0x") }.flatMap { UInt32($0, radix: 16) }
    }
    /// A driver's name; `nil` when there is none.
    func name(_ name: Substring) -> String? { fields[name].flatMap { $0 == "-" || $0.isEmpty ? nil : $0 } }
  }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard ProbeMark(cursor.line) == .begin else { return nil }
    var probe = LinuxProbeArtefact()
    var section = ProbeMark.begin
    var end = cursor.index + 1
    while let line = cursor.peek(end), section != .end {
      end += 1
      if let mark = ProbeMark(line) {
        // Windows' parts have readers of their own.
        guard mark != .enumeration, mark != .begin else { return nil }
        section = mark
        continue
      }
      // Several lines without any mark are not the probe's.
      guard end - cursor.index < 4_096 else { return nil }
      probe.take(line.trimmed, in: section)
    }
    guard probe.system != nil || probe.kernel != nil else { return nil }
    probe.isWhole = section == .end
    cursor.index = end
    return probe
  }

  private mutating func take(_ line: Substring, in section: ProbeMark) {
    switch section {
    case .begin:
      if let text = line.dropping("system: ") { system = String(text.trimmed.filter { $0 != "\"" }) }
      if let text = line.dropping("kernel: ") { kernel = String(text.trimmed) }
      if let text = line.dropping("uptime: ") { uptime = text.trimmed.decimal }
    case .functions:
      guard let rest = line.dropping("pci: "), functions.count < 1_024 else { return }
      let words = rest.words
      guard let path = words.first else { return }
      let fields = words.dropFirst().compactMap { $0.halves(at: "=") }.map { ($0.0, String($0.1)) }
      functions.append(
        Function(path: String(path), fields: Dictionary(fields, uniquingKeysWith: { first, _ in first })))
    case .memory:
      if let (name, rest) = line.halves(at: ":"), let number = rest.words.first?.decimal {
        memory[String(name)] = number
      } else if line.words.count == 2, line.hasPrefix("balloon_"), let number = line.words[1].decimal {
        counters[String(line.words[0])] = number
      }
    case .log:
      if line.has("virtio_balloon"), log.count < 256, line.utf8.first == UInt8(ascii: "[") {
        log.append(String(line.prefix(512)))
      }
    default: break
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    func source(_ what: String) -> Provenance { place.provenance("\(kind): \(what)", .guest) }
    draft.tell(\.guest.osFamily, .observed("linux", source("kernel")))
    if let system, !system.isEmpty { draft.tell(\.guest.osName, .observed(system, source("/etc/os-release"))) }
    if let kernel, !kernel.isEmpty { draft.tell(\.guest.kernel, .observed(kernel, source("uname"))) }
    if let uptime { draft.tell(\.guest.uptime, .observed(uptime, source("/proc/uptime"))) }
    let names = [
      ("MemTotal", "total"), ("MemFree", "free"), ("MemAvailable", "available"), ("Cached", "cached"),
      ("Buffers", "buffers"), ("SwapTotal", "swapTotal"), ("SwapFree", "swapFree"),
    ]
    let leaves = names.compactMap { name, ours -> (String, Observation<UInt64>)? in
      guard let kibibytes = memory[name], kibibytes < 1 << 50 else { return nil }
      return (ours, .observed(kibibytes << 10, source("/proc/meminfo \(name)")))
    }
    if !leaves.isEmpty {
      draft.tell(\.guest.memory, .observed(Dictionary(uniqueKeysWithValues: leaves), source("/proc/meminfo")))
    }
    if !log.isEmpty { draft.tellLog(log, source("dmesg")) }
    let list = functions.compactMap { function($0, source("sysfs")) }
    // A list that was cut off says nothing of what it does not have.
    guard list.count == functions.count, isWhole || list.contains(where: { $0.identity.value?.isBalloon == true })
    else { return }
    draft.tell(\.guest.functions, .observed(list, source("sysfs")))
  }

  private func function(_ told: Function, _ source: Provenance) -> GuestFunction? {
    guard let vendor = told.number("vendor").flatMap(UInt16.init(exactly:)),
      let device = told.number("device").flatMap(UInt16.init(exactly:)),
      let address = told.path.split(separator: "/").last.flatMap({ PCIAddress(parsing: String($0)) })
    else { return nil }
    var function = GuestFunction(
      Unknown(failure: Failure(.unsupported, "Linux has no such thing"), provenance: source))
    function.address = .observed(address, source)
    function.path =
      Self.path(told.path).map { .observed($0, source) }
      ?? .failed(Failure(.malformed, "no path of PCI functions"), source)
    function.identity = .observed(
      PCIIdentity(
        vendor: vendor, device: device, subsystemVendor: told.number("subvendor").flatMap(UInt16.init(exactly:)),
        subsystem: told.number("subdevice").flatMap(UInt16.init(exactly:)),
        classCode: told.number("class").map(PCIClass.init(code:)),
        revision: told.number("revision").flatMap(UInt8.init(exactly:))), source)
    func observed(_ name: Substring) -> Observation<String> {
      guard told.fields[name] != nil else { return .failed(Failure(.malformed, "the line is cut off"), source) }
      return told.name(name).map { .observed($0, source) } ?? .absent(source)
    }
    function.driver = observed("driver")
    function.virtioDriver = observed("virtio")
    switch told.fields["status"] {
    case "-"?: function.virtioStatus = .absent(source)
    case .some:
      function.virtioStatus =
        told.number("status").flatMap(UInt16.init(exactly:)).map { .observed($0, source) }
        ?? .failed(Failure(.malformed, "no status"), source)
    case nil: function.virtioStatus = .failed(Failure(.malformed, "the line is cut off"), source)
    }
    return function
  }

  /// The bridge path in `/sys/devices/pci0000:00/0000:00:02.1/0000:02:00.0`.
  private static func path(_ text: String) -> PCIPath? {
    let steps = text.split(separator: "/")
    guard let root = steps.lastIndex(where: { $0.hasPrefix("pci") && !$0.contains(".") }) else { return nil }
    var hops: [PCIPath.Hop] = []
    for step in steps[(root + 1)...].prefix(PCIPath.limit + 1) {
      guard let address = PCIAddress(parsing: String(step)) else { return nil }
      hops.append(address.hop)
    }
    return PCIPath(hops)
  }
}
