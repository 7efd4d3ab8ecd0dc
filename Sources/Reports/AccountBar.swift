// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory

/// An account as one bar: the machine's memory by what each piece is to its owner.
struct AccountBar {
  /// Neighbouring pieces of one kind, as one.
  struct Segment: Hashable {
    let kind: MemoryBucket.Kind
    let name: String
    let bytes: UInt64
  }

  /// In the order in which they are drawn; empty when nothing has a size.
  let segments: [Segment]
  /// Whether ``segments`` are of the machine's maximum, or of what the guest sees alone.
  let isWhole: Bool
  /// QEMU's resident memory, to be drawn at the same scale; `nil` when it is not known.
  let resident: UInt64?

  /// What all segments have together.
  var bytes: UInt64 { segments.reduce(0) { $0 + $1.bytes } }

  init(_ account: MemoryAccount) {
    resident = account.process?.whole.bytes
    isWhole = account.machine.whole.bytes != nil
    var sums: [MemoryBucket.Kind: UInt64] = [:]
    func add(_ level: MemoryLevel, besides id: String?) {
      for part in level.parts where part.id != id { sums[part.kind, default: 0] += part.bytes ?? 0 }
      if let rest = level.unexplained, rest > 0 { sums[level.restKind, default: 0] += UInt64(rest) }
    }
    if isWhole || account.guest == nil { add(account.machine, besides: "guest.total") }
    if let guest = account.guest { add(guest, besides: nil) }
    // Without the guest's word what the balloon leaves it is one piece, and no riddle.
    let isUndivided = account.guest == nil && account.bucket("actual")?.bytes != nil
    segments = Self.order.compactMap { kind in
      guard let bytes = sums[kind], bytes > 0 else { return nil }
      let name = kind == .undivided && isUndivided ? "left to the guest, not divided" : kind.words
      return Segment(kind: kind, name: name, bytes: bytes)
    }
  }

  private static let order: [MemoryBucket.Kind] = [
    .used, .reclaimable, .free, .uncounted, .undivided, .balloon, .resident,
  ]

  /// How many of `width` characters each segment takes: at least one each, all of them together.
  func columns(of width: Int) -> [Int] {
    guard width >= segments.count, bytes > 0 else { return [] }
    var columns = segments.map { max(1, Int((Double($0.bytes) / Double(bytes) * Double(width)).rounded())) }
    while let widest = columns.indices.max(by: { columns[$0] < columns[$1] }) {
      let excess = columns.reduce(0, +) - width
      if excess == 0 { break }
      columns[widest] -= excess.signum()
    }
    return columns
  }
}

extension MemoryBucket.Kind {
  /// What a legend calls it.
  var words: String {
    switch self {
    case .used: "in use in the guest"
    case .reclaimable: "caches of the guest"
    case .free: "free in the guest"
    case .uncounted: "kept by firmware and kernel"
    case .undivided: "not explained"
    case .balloon: "the balloon"
    case .resident: "QEMU's resident memory"
    }
  }

  /// The character of which its part of a bar is made.
  func sign(unicode: Bool) -> Character {
    switch self {
    case .used: unicode ? "█" : "#"
    case .reclaimable: unicode ? "▓" : "="
    case .free: unicode ? "░" : "."
    case .uncounted: "k"
    case .undivided: "?"
    case .balloon: "o"
    case .resident: "*"
    }
  }

  var paint: TextPage.Paint {
    switch self {
    case .used: .bold
    case .reclaimable: .cyan
    case .free: .green
    case .uncounted, .resident: .dim
    case .undivided: .red
    case .balloon: .yellow
    }
  }
}
