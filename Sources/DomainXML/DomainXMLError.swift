// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a domain's XML, one value in it, or the way through its PCI controllers could not be read.
package struct DomainXMLError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    // The whole document is refused.

    /// The document has more bytes than ``DomainConfiguration/byteLimit``.
    package static let tooLarge = Code(rawValue: "xml.too-large")
    /// The document is not UTF-8 text.
    package static let encoding = Code(rawValue: "xml.encoding")
    /// The document holds a document type declaration, and with it may hold entities; neither is ever read.
    package static let declaration = Code(rawValue: "xml.declaration")
    /// Elements are nested deeper than any domain's.
    package static let tooDeep = Code(rawValue: "xml.too-deep")
    /// There are more elements, or attributes in one element, than any domain has.
    package static let tooMany = Code(rawValue: "xml.too-many")
    /// The document is not well-formed XML.
    package static let malformed = Code(rawValue: "xml.malformed")
    /// The document is XML, but does not describe a domain.
    package static let notDomain = Code(rawValue: "xml.not-a-domain")
    /// libxml2 could not be used: it is not installed, or has no memory.
    package static let parser = Code(rawValue: "xml.parser")

    // One value is passed over; the rest of the document stands.

    /// A value that libvirt's own reader would refuse.
    package static let value = Code(rawValue: "value.invalid")
    /// An element that libvirt allows once stands here again; the first one counts.
    package static let repeated = Code(rawValue: "value.repeated")

    // The way through the PCI controllers.

    /// There is no such device, or it has no address yet: the definition of a domain that libvirt has not placed.
    package static let addressMissing = Code(rawValue: "topology.address-missing")
    /// The device stands on another bus than PCI: ccw, virtio-mmio.
    package static let addressNotPCI = Code(rawValue: "topology.address-not-pci")
    /// The address names a PCI domain other than 0, which QEMU does not have.
    package static let domain = Code(rawValue: "topology.domain")
    /// The address names a controller index that the document does not describe.
    package static let controllerMissing = Code(rawValue: "topology.controller-missing")
    /// The address names a controller index that the document describes more than once.
    package static let controllerRepeated = Code(rawValue: "topology.controller-repeated")
    /// A bridge on the way has no address of its own.
    package static let controllerUnplaced = Code(rawValue: "topology.controller-unplaced")
    /// A controller on the way has a model of which it is not known whether it is a root or a bridge.
    package static let controllerModel = Code(rawValue: "topology.controller-model")
    /// The bridges lead back to themselves.
    package static let cycle = Code(rawValue: "topology.cycle")
    /// There are more bridges on the way than ``PCIPath`` holds.
    package static let tooManyBridges = Code(rawValue: "topology.too-many-bridges")
  }

  package let code: Code
  /// One line for a person: what, where, and what to do. Foreign text in it is quoted, escaped and shortened.
  package let message: String
  /// The line of the document, from 1; `nil` when no line is to blame.
  package let line: Int?

  package init(_ code: Code, _ message: String, line: Int? = nil) {
    self.code = code
    self.message = message
    self.line = line
  }
}

extension DomainXMLError: CustomStringConvertible {
  /// ``message``, behind the line when there is one.
  package var description: String {
    guard let line else { return message }
    return "line \(line): \(message)"
  }
}
