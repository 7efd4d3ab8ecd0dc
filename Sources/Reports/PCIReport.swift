// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// What `pci` says: the balloon functions of this machine or of a dump, and what could be taken for one.
package struct PCIReport: Report, Codable, Hashable {
  /// The name and version of the JSON form, which has this type's members.
  package static let schema = "virt-balloon/pci/1"

  package var schema: String
  /// Where the functions stand: `this machine`, or the dump's name.
  package var subject: String
  package var functions: [Function]
  /// How many functions of other kinds there are besides, which are not listed.
  package var others: Int

  /// A PCI function.
  package struct Function: Codable, Hashable, Sendable {
    package var address: PCIAddress
    /// `nil` when the bridges above it are not known.
    package var path: PCIPath?
    package var identity: PCIIdentity
    /// By pci.ids; `nil` when it has no such name.
    package var vendorName: String?
    package var deviceName: String?
    /// Whether the driver is known: a dump does not tell it.
    package var isDriverKnown: Bool
    /// `nil`: none, or not known.
    package var driver: String?
    package var kind: Kind
    package init(
      address: PCIAddress, path: PCIPath?, identity: PCIIdentity, vendorName: String? = nil,
      deviceName: String? = nil, isDriverKnown: Bool, driver: String? = nil
    ) {
      self.address = address
      self.path = path
      self.identity = identity
      self.vendorName = vendorName
      self.deviceName = deviceName
      self.isDriverKnown = isDriverKnown
      self.driver = driver
      kind = Kind(identity)
    }
  }

  /// What a function is to the balloon.
  package enum Kind: String, Codable, Hashable, Sendable {
    case balloon
    /// QEMU's shared memory, 1af4:1110: a RAM controller that is no balloon.
    case sharedMemory = "shared-memory"
    /// A memory controller that is no balloon.
    case decoy
    case virtio, other

    package init(_ identity: PCIIdentity) {
      self =
        identity.isBalloon
        ? .balloon
        : identity.isSharedMemory
          ? .sharedMemory : identity.isBalloonDecoy ? .decoy : identity.virtioGeneration != nil ? .virtio : .other
    }
  }

  package init(subject: String, functions: [Function], others: Int = 0) {
    schema = Self.schema
    self.subject = subject
    self.functions = functions
    self.others = others
  }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(self) }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    let balloons = functions.count { $0.kind == .balloon }
    let found = balloons == 0 ? "no balloon function" : TextPage.count(balloons, "balloon function")
    page.flow(
      "\(TerminalText.shortened(subject, to: 120)): \(found).", hanging: 2, paint: balloons == 0 ? .yellow : .green)
    for function in functions { page.function(function) }
    if others > 0 {
      page.blank()
      page.flow("\(TextPage.count(others, "other function")) not listed.", paint: .dim)
    }
    return page.text
  }
}

extension TextPage {
  mutating func function(_ function: PCIReport.Function) {
    blank()
    flow([Span(function.address.description, .bold), Span(function.kind.words(function.identity))], hanging: 2)
    let identity = function.identity
    let class_ = identity.classCode.map { ", class \($0)" } ?? ", class not known"
    let revision = identity.revision.map { ", revision \(hexadecimal($0, width: 2))" } ?? ", revision not known"
    let subsystem = identity.subsystemID.map { ", subsystem \($0)" } ?? ", subsystem not known"
    field("ids", identity.id + subsystem + class_ + revision)
    let name = [function.vendorName, function.deviceName].compactMap(\.self).joined(separator: " ")
    field("name", name.isEmpty ? "not known" : TerminalText.shortened(name, to: 200))
    field("bridge path", function.path?.description ?? "not known")
    field("driver", function.isDriverKnown ? function.driver ?? "none" : "not known")
    if function.kind == .balloon, let expected = identity.expectedBalloon, !identity.agrees(with: expected) {
      field("unexpected", [Span("a balloon of this id has \(expected.registers)", .yellow)])
    }
  }
}

extension PCIReport.Kind {
  /// What the function is, for a person.
  func words(_ identity: PCIIdentity) -> String {
    switch self {
    case .balloon: "is a virtio memory balloon" + (identity.virtioGeneration.map { " (\($0.rawValue))" } ?? "")
    case .sharedMemory: "is QEMU's shared memory (ivshmem): a RAM controller, but no balloon"
    case .decoy: "is a memory controller, but no balloon"
    case .virtio: "is another virtio device"
    case .other: "is no virtio device"
    }
  }
}

extension PCIIdentity {
  /// `subsystem 1af4:0005, class 00ff, revision 00`.
  fileprivate var registers: String {
    [
      subsystemID.map { "subsystem \($0)" }, classCode.map { "class \($0)" },
      revision.map { "revision \(hexadecimal($0, width: 2))" },
    ].compactMap(\.self).joined(separator: ", ")
  }
}
