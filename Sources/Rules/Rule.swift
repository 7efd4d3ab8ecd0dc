// SPDX-License-Identifier: GPL-3.0-or-later

/// One row of the catalogue: what is looked for, what is said, and the pure function that judges.
///
/// No rule reads a clock, a file or a locale: the same evidence gives the same assessment anywhere.
package struct Rule: Sendable {
  /// Public and never reused: `driver.generic`.
  package let id: String
  /// What is wrong when the rule finds something, in a few words.
  package let title: String
  package let severity: Severity
  package let confidence: Confidence
  /// For a person who has never heard of it: what it is, why it happens, how it shows. A paragraph or two.
  package let explanation: String
  /// Where the facts behind it come from: source files, manuals, bug reports.
  package let sources: [String]
  /// Every place of the evidence that it may judge by, as citations name them, with `*` for an index:
  /// `readings.*.lastUpdate`.
  package let evidence: [String]
  /// Where to read about what was found, for rules whose cases have sources of their own; `nil`: all addresses among
  /// ``sources``.
  package let links: (@Sendable (inout EvidenceReader) -> [String])?
  /// Ids of rules whose findings follow from this one's: they are told as explained by it.
  ///
  /// A case that is told as milder than the rule itself is no cause of theirs.
  package let explains: [String]
  /// Whether one of ``explains`` follows in this guest, for rules whose cases have different consequences.
  package let causes: @Sendable (_ id: String, inout EvidenceReader) -> Bool
  /// Whether the question "does it work?" stays open while this rule is inconclusive.
  package let isEssential: Bool
  /// Whether the question "does it work?" stays open when this rule finds something, because nobody can tell.
  package let leavesOpen: Bool
  package let remedy: @Sendable (RemedyContext) -> [RemedyStep]
  package let assess: @Sendable (inout EvidenceReader) -> Assessment

  package init(
    id: String, title: String, severity: Severity, confidence: Confidence = .established, explanation: String,
    sources: [String], evidence: [String] = [], links: (@Sendable (inout EvidenceReader) -> [String])? = nil,
    explains: [String] = [],
    causes: @escaping @Sendable (_ id: String, inout EvidenceReader) -> Bool = { _, _ in true },
    isEssential: Bool = false, leavesOpen: Bool = false,
    remedy: @escaping @Sendable (RemedyContext) -> [RemedyStep],
    assess: @escaping @Sendable (inout EvidenceReader) -> Assessment
  ) {
    self.id = id
    self.title = title
    self.severity = severity
    self.confidence = confidence
    self.explanation = explanation
    self.sources = sources
    self.evidence = evidence
    self.links = links
    self.explains = explains
    self.causes = causes
    self.isEssential = isEssential
    self.leavesOpen = leavesOpen
    self.remedy = remedy
    self.assess = assess
  }
}

/// What a rule says of some evidence.
package enum Assessment: Hashable, Sendable {
  /// Nothing wrong; the sentence says what was seen.
  case healthy(String)
  /// Found; the sentence has this guest's facts. `severity` and `confidence` outrank the rule's own where the case is
  /// milder or graver, or less certain.
  case found(String, severity: Severity? = nil, confidence: Confidence? = nil)
  /// Does not concern this guest; the sentence says why.
  case notApplicable(String)
  /// Cannot be judged: what the reader noted as missing says why.
  case inconclusive
}

/// What a remedy needs to name exact commands. Every text in it is safe to stand in a command of a POSIX shell.
package struct RemedyContext: Hashable, Sendable {
  package enum System: Hashable, Sendable { case linux, windows, unknown }
  /// The guest's system, as the agent or else the host's records name it.
  package let system: System
  /// The guest as commands on the host name it: the domain's name quoted for a shell; `nil` for a bare monitor socket.
  package let domain: String?
  /// The libvirt URI, quoted for a shell, when there is one.
  package let uri: String?
  /// The balloon's address in the guest's numbering, when the agent told it.
  package let guestAddress: String?
  /// The driver that holds the function, when the agent told it and it is a plain name.
  package let driver: String?
  /// The balloon's vendor and device id as sysfs takes them, `1af4 1002`, when known.
  package let balloonID: String?
  /// The balloon's place in QEMU's object tree, when known.
  package let qomPath: String?
  /// The balloon's instance id in Windows, when known; it may stand between double quotes.
  package let instance: String?
  /// The path of a monitor socket of one's own, quoted for a shell.
  package let monitorSocket: String?
  /// The problem code that Windows has for the balloon; `nil` when it has none, or nobody told.
  package let problemCode: UInt16?
  /// Whether a driver took the balloon and does not serve it, by the device's status: it need not be installed.
  package let isDriverStuck: Bool
  /// Proxmox's number of the machine, on a host of Proxmox VE.
  package let vmid: String?
  /// The command that looks again.
  package let check: String?
  package init(
    system: System, domain: String?, uri: String?, guestAddress: String?, driver: String?, balloonID: String? = nil,
    qomPath: String? = nil, instance: String? = nil, monitorSocket: String? = nil, vmid: String? = nil,
    problemCode: UInt16? = nil, isDriverStuck: Bool = false, check: String? = nil
  ) {
    self.system = system
    self.domain = domain
    self.uri = uri
    self.guestAddress = guestAddress
    self.driver = driver
    self.balloonID = balloonID
    self.qomPath = qomPath
    self.instance = instance
    self.monitorSocket = monitorSocket
    self.problemCode = problemCode
    self.isDriverStuck = isDriverStuck
    self.vmid = vmid
    self.check = check
  }
}
