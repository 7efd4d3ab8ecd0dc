// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension Verdict {
  /// The answer in a word, which stands wherever its colour does.
  var word: String {
    switch self {
    case .healthy: "Healthy"
    case .warning: "Warning"
    case .problem: "Problem"
    case .inconclusive: "Inconclusive"
    }
  }

  /// A sign that is told from the others without its colour.
  var sign: String {
    switch self {
    case .healthy: "✓"
    case .warning: "!"
    case .problem: "✕"
    case .inconclusive: "?"
    }
  }
}

extension Severity {
  var word: String {
    switch self {
    case .note: "Note"
    case .warning: "Warning"
    case .problem: "Problem"
    }
  }

  var sign: String {
    switch self {
    case .note: "i"
    case .warning: "!"
    case .problem: "✕"
    }
  }
}

extension Witness.Testimony {
  var sign: String {
    switch self {
    case .operating: "✓"
    case .notOperating: "✕"
    case .undecided, .silent: "?"
    }
  }
}

extension Target.Kind {
  /// How the guest was reached.
  var words: String {
    switch self {
    case .libvirt: "through libvirt"
    case .qmp: "at QEMU's monitor"
    case .proxmox: "on Proxmox VE, number"
    case .agent: "by the agent alone"
    case .artefacts: "from files"
    }
  }
}

extension RemedyStep.Place {
  var words: String { self == .host ? "On the host" : "In the guest" }
}

extension Finding {
  /// The links that a reader may follow: those of our own catalogue, and reports of known bugs. A finding may come out
  /// of a saved file, and a link of another's is shown as text.
  var safeLinks: [String] { links.filter(isOurs) }
  var otherLinks: [String] { links.filter { !isOurs($0) } }

  private func isOurs(_ link: String) -> Bool {
    if link.hasPrefix("https://"), Catalogue.rule(id)?.sources.contains(link) == true { return true }
    return Self.bugTrackers.contains { tracker in
      guard link.hasPrefix(tracker) else { return false }
      let number = link.utf8.dropFirst(tracker.utf8.count)
      return !number.isEmpty && number.count <= 10 && number.allSatisfy { (0x30...0x39).contains($0) }
    }
  }

  private static let bugTrackers = [
    "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/",
    "https://github.com/virtio-win/kvm-guest-drivers-windows/pull/",
    "https://bugzilla.redhat.com/show_bug.cgi?id=",
  ]
}
