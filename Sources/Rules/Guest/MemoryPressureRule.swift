// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The rule about a guest that has given too much.
enum MemoryPressureRule {
  static let all = [pressure]

  static let pressure = Rule(
    id: "guest.memory-pressure",
    title: "The guest is short of memory while its balloon is inflated",
    severity: .warning,
    explanation: """
      The guest has less than a sixteenth of its memory available, or hardly any (under 16 MiB, in Windows under 64 \
      MiB), and part of its memory is in the balloon or is still asked of it. It pages, it kills programs, agents \
      among them, and it will not give more. Linux's driver then logs "Out of \
      puff! Can't get N pages" and tries again every 200 ms for ever. Windows signals \
      \\KernelObjects\\LowMemoryCondition, and its driver does not inflate while that is signalled. Either way the \
      size stays above what was asked for, and the driver works as it should: too little is left for the guest. \
      A size that stands still without any shortage to be seen is balloon.target.not-reached instead.
      """,
    sources: [
      "virtio-win Balloon/sys/Device.c, Balloon/sys/balloon.c: LowMemoryCondition",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/772",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/786",
      "Linux drivers/virtio/virtio_balloon.c: \"Out of puff!\"",
      "Linux 6.1 under QEMU 7.2.22, measured: a guest of 256 MiB stops giving at 68 MiB, with 5 MiB available, and "
        + "kills the agent",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "configuration.maximum", "configuration.model",
      "configuration.target", "configuration.virtioMemory", "device.pollingInterval", "device.qomPath",
      "device.status", "readings", "readings.*.actual", "readings.*.lastUpdate", "readings.*.statistics", "guest.log",
      "guest.statistics",
    ],
    explains: ["balloon.target.not-reached", "balloon.target.ignored", "agent.silent"],
    remedy: remedy, assess: assess)

  @Sendable private static func remedy(_ context: RemedyContext) -> [RemedyStep] {
    let windows = [
      RemedyStep(
        .guest, "See what is available, and what uses it.", command: "typeperf \"\\Memory\\Available MBytes\" -sc 1")
    ]
    let linux = [
      RemedyStep(.guest, "See what is available, and what uses it.", command: "free -m && ps aux --sort=-rss | head"),
      RemedyStep(
        .guest, "See whether the balloon's driver ran out of pages.", command: "dmesg | grep -i 'out of puff'"),
    ]
    let inside = context.steps(windows: windows, linux: linux)
    return [
      RemedyStep(
        .host, "Give the guest more at once (SIZE with its unit, such as 4GiB).",
        command: context.virsh("setmem", "SIZE --live --config")
          ?? context.monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}")),
      RemedyStep(.host, "Raise the lower limit in whatever policy sets its size."),
    ] + inside + [context.checkAgain]
  }

  private static func assess(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let excuse = reader.unserved("it takes nothing from the guest") { return excuse }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    guard let taken = taken(&reader) else { return .inconclusive }
    guard !taken.isNothing else {
      return .notApplicable("The balloon holds nothing, so a shortage in the guest would not be its doing.")
    }
    let ranOut = taken.shortfall == nil ? nil : outOfPuff(&reader)
    guard let memory = reader.availableMemory() else {
      guard let line = ranOut else { return .inconclusive }
      return .found("\(taken.words) The guest's log says: \(line)")
    }
    let facts = "\(EvidenceText.size(memory.available)) of \(EvidenceText.size(memory.total)) are available to it"
    if memory.isShort {
      let log = ranOut.map { " Its log says: \($0)" } ?? ""
      return .found(
        "\(taken.words) The guest is short of memory: \(facts).\(log)", confidence: memory.isDated ? nil : .inferred)
    }
    if let line = ranOut { return .found("\(taken.words) The guest's log says: \(line)") }
    return .healthy("The guest is not short of memory: \(facts).")
  }

  /// What the balloon has of the guest, and what more is asked.
  private struct Taken {
    let actual: UInt64
    let maximum: UInt64
    /// How far the size stands above what was asked for, in bytes.
    let shortfall: UInt64?
    var balloon: UInt64 { actual < maximum ? maximum - actual : 0 }
    var isNothing: Bool { balloon <= BalloonDeviceRules.tolerance && shortfall == nil }
    var words: String {
      let held = "The balloon holds \(EvidenceText.size(balloon)) of the guest's \(EvidenceText.size(maximum))"
      guard let shortfall else { return held + "." }
      return held + ", and \(EvidenceText.size(shortfall)) more were asked of it."
    }
  }

  private static func taken(_ reader: inout EvidenceReader) -> Taken? {
    guard let maximum = reader.balloonMaximum() else { return nil }
    guard let index = reader.peek(\.readings).indices.last, let leaf = reader.read(reading: index, \.actual) else {
      reader.note(missing: "the balloon's size was not read", at: "readings", ask: reader.diagnose())
      return nil
    }
    guard let actual = leaf.value else {
      reader.note(missing: leaf, at: "readings.\(index).actual")
      return nil
    }
    var shortfall: UInt64?
    if reader.virtioMemory() == nil, let target = reader.peek(\.configuration.target).value, actual > target,
      actual - target > BalloonDeviceRules.tolerance
    {
      _ = reader.read(\.configuration.target)
      shortfall = actual - target
    }
    return Taken(actual: actual, maximum: maximum, shortfall: shortfall)
  }

  /// The last line in which Linux's driver says that it ran out of pages, as a sentence, cited.
  private static func outOfPuff(_ reader: inout EvidenceReader) -> String? {
    guard let line = reader.peek(\.guest.log).value?.last(where: { $0.contains("Out of puff") }) else { return nil }
    _ = reader.read(\.guest.log)
    let text = EvidenceText.describe(line)
    return text.hasSuffix(".") ? text : text + "."
  }
}

/// What a guest says that it could still use.
private struct AvailableMemory {
  let available: UInt64
  let total: UInt64
  /// Whether it is known to be of now; what was pasted is of whenever it was pasted.
  let isDated: Bool
  /// So little counts as hardly any, in bytes, however small the guest is.
  let floor: UInt64
  var isShort: Bool { available < max(total / 16, floor) }
}

extension EvidenceReader {
  /// The guest's available memory: by the statistics when they are fresh, else by the agent, which counts when it is
  /// asked. Cited; `nil`, with what is missing noted, when neither tells.
  fileprivate mutating func availableMemory() -> AvailableMemory? {
    let isPasted = target.kind == .artefacts
    let floor: UInt64 = guestFamily() == "windows" ? 64 << 20 : 16 << 20
    if let index = peek(\.readings).indices.last, let known = available(peek(\.readings)[index].values),
      isPasted || advance() == .advanced || recentAnswer() != nil
    {
      _ = read(reading: index, \.statistics)
      return AvailableMemory(available: known.available, total: known.total, isDated: !isPasted, floor: floor)
    }
    if let told = peek(\.guest.statistics).value?.compactMapValues(\.value), let known = available(told) {
      _ = read(\.guest.statistics)
      return AvailableMemory(available: known.available, total: known.total, isDated: !isPasted, floor: floor)
    }
    if let index = peek(\.readings).indices.last, let leaf = read(reading: index, \.statistics) {
      note(missing: leaf, at: "readings.\(index).statistics")
      note(
        missing: "no fresh statistics say what the guest has available", at: "readings.\(index).statistics",
        ask: diagnose())
    }
    return nil
  }

  /// Windows counts what may be freed at once as free; in Linux free memory is small as a rule, and only what is
  /// available counts. A Windows guest's total includes what is in the balloon.
  private func available(_ values: [String: UInt64]) -> (available: UInt64, total: UInt64)? {
    let isWindows = guestFamily() == "windows"
    guard let total = values["totalMemory"], total > 0,
      let available = values["availableMemory"] ?? (isWindows ? values["freeMemory"] : nil)
    else { return nil }
    let left = peek(\.readings).last?.actual.value ?? total
    return (available, min(total, left))
  }
}
