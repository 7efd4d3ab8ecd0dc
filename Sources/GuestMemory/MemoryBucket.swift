// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// A size, or why it is not known.
package enum MemoryQuantity: Hashable, Sendable {
  /// In bytes, below ``MemoryBucket/most``.
  case known(UInt64)
  /// - Parameters:
  ///   - reason: what stands in the way, for a person.
  ///   - ask: the command or step that would give it, where one is known.
  case unknown(reason: String, ask: String?)
}

/// One named piece of memory, as one source tells it.
package struct MemoryBucket: Hashable, Sendable {
  /// What a piece is to its owner.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    /// Used by the guest, and not to be had without taking it from somebody.
    case used
    /// Caches and the like, which the guest can give up when it needs memory.
    case reclaimable
    case free
    /// Not counted by the guest: its kernel's own from the boot on, and what firmware keeps.
    case uncounted
    /// Not known how it is divided further.
    case undivided
    case balloon
    /// On the host: of QEMU's process.
    case resident
  }

  /// Stable, for programs: `kernel.page-array`.
  package var id: String
  /// For people.
  package var name: String
  package var kind: Kind
  package var quantity: MemoryQuantity
  /// The leaves that it was read from, each with whose word it is.
  package var sources: [Provenance]
  /// One sentence.
  package var explanation: String
  /// The bucket of which this is a part, so that it is not counted again; `nil`: of none.
  package var within: String?

  /// The bytes, when they are known.
  package var bytes: UInt64? {
    guard case .known(let bytes) = quantity else { return nil }
    return bytes
  }

  /// No machine has this much memory (64 PiB: x86-64 names 2^52 bytes), and sums of some dozen such sizes still fit 64
  /// bits. What is told beyond it is taken for unknown.
  package static let most: UInt64 = 1 << 56

  package init(
    _ id: String, _ name: String, _ kind: Kind, _ quantity: MemoryQuantity, from sources: [Provenance],
    within: String? = nil, explanation: String
  ) {
    self.id = id
    self.name = name
    self.kind = kind
    self.quantity = quantity
    self.sources = sources
    self.within = within
    self.explanation = explanation
  }

  /// A bucket that is one leaf of the evidence.
  /// - Parameter ask: how to get it, where the leaf does not say.
  init(
    _ id: String, _ name: String, _ kind: Kind, _ leaf: Observation<UInt64>, within: String? = nil,
    ask: String? = nil, explanation: String
  ) {
    self.init(
      id, name, kind, MemoryQuantity(leaf, ask: ask), from: leaf.provenance.source.isEmpty ? [] : [leaf.provenance],
      within: within, explanation: explanation)
  }
}

extension MemoryQuantity {
  init(_ leaf: Observation<UInt64>, ask: String? = nil) {
    switch leaf {
    case .observed(let bytes, _) where bytes < MemoryBucket.most: self = .known(bytes)
    case .observed(let bytes, _):
      self = .unknown(reason: "\(bytes) bytes were told, which is more memory than any machine has", ask: nil)
    case .absent: self = .unknown(reason: "asked, and not told", ask: ask)
    case .failed(let failure, _):
      self = .unknown(
        reason: failure.detail.isEmpty ? failure.reason.rawValue : failure.detail, ask: failure.ask ?? ask)
    }
  }
}
