// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML

extension Redactor {
  /// A domain's XML with the elements and attributes that bear on ballooning (``DomainXMLRule``); how many others there
  /// were stands in `<left-out>`. `nil` when it is no domain's XML.
  mutating func redact(domainXML bytes: [UInt8]) -> [UInt8]? {
    guard let root = try? XMLNode(reading: bytes),
      let domain = root.name == "domstatus" ? root.first("domain") : root, domain.name == "domain",
      domain.namespace == nil, let configuration = try? DomainConfiguration(xml: bytes)
    else { return nil }
    var redaction = DomainXMLRedaction(redactor: self, configuration: configuration)
    let written = redaction.element(domain, path: "", rule: DomainXMLRule.at("")).bytes
    self = redaction.redactor
    // What is written must be what every reader of the original reads.
    guard (try? DomainConfiguration(xml: written)) != nil else { return nil }
    return written
  }
}

/// Walks a domain's XML and builds the redacted one.
private struct DomainXMLRedaction {
  var redactor: Redactor
  let configuration: DomainConfiguration

  /// What was in an element and is not in the redacted one.
  private struct LeftOut {
    var elements = 0
    /// Attributes and texts.
    var values = 0

    /// As an element, with what an earlier redaction left out; `nil` when nothing was.
    var node: XMLNode? {
      guard elements > 0 || values > 0 else { return nil }
      var attributes: [String: String] = [:]
      if elements > 0 { attributes["elements"] = String(elements) }
      if values > 0 { attributes["values"] = String(values) }
      return XMLNode(Self.name, attributes: attributes)
    }

    static let name = "left-out"

    mutating func add(_ node: XMLNode) {
      elements = count(elements, node.attributes["elements"])
      values = count(values, node.attributes["values"])
    }

    private func count(_ sum: Int, _ text: String?) -> Int {
      guard let text, FieldText.isDigits(text, most: 9), let number = Int(text) else { return sum }
      return min(sum + number, 999_999_999)
    }
  }

  /// - Parameter rule: `nil` for the elements in between, which have nothing of their own.
  mutating func element(_ node: XMLNode, path: String, rule: DomainXMLRule?) -> XMLNode {
    var result = XMLNode(node.name)
    var leftOut = LeftOut()
    for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
      if let kind = rule?.attributes[name] {
        result.attributes[name] = self.value(value, kind, at: path + "@" + name)
      } else {
        leftOut.values += 1
      }
    }
    if let text = node.text {
      if let kind = rule?.text {
        result.text = value(text, kind, at: path)
      } else {
        leftOut.values += 1
      }
    }
    for child in node.children {
      if child.name == LeftOut.name {
        leftOut.add(child)
      } else if path.isEmpty, let special = special(child) {
        result.children.append(special)
      } else {
        let place = path.isEmpty ? child.name : path + "/" + child.name
        if child.namespace == nil, let rule = DomainXMLRule.at(place) {
          result.children.append(element(child, path: place, rule: rule))
        } else {
          leftOut.elements += 1
        }
      }
    }
    if let node = leftOut.node { result.children.append(node) }
    return result
  }

  // MARK: Values

  private mutating func value(_ text: String, _ kind: DomainXMLRule.Value, at path: String) -> String {
    let place = "domain-xml " + path
    let (isKnown, other): (Bool, RedactionKind) =
      switch kind {
      case .word: (LibvirtWords.all.contains(text), .text)
      case .number: (FieldText.isNumber(text), .text)
      case .numbers: (FieldText.isNumberSet(text), .text)
      case .machine: (FieldText.isMachine(text), .text)
      case .processor: (FieldText.isProcessor(text), .text)
      case .architecture: (FieldText.architectures.contains(text), .text)
      case .emulator: (KnownPath.isEmulator(text), .path)
      case .firmware: (KnownPath.isFirmware(text), .path)
      case .alias: (FieldText.isAlias(text), .name)
      case .port: (FieldText.portNames.contains(text), .name)
      case .disk: (Self.isDisk(text), .name)
      case .token(let kind): (false, kind)
      }
    return isKnown ? text : redactor.token(other, for: text, at: place)
  }

  /// `vda`, `sdb`, `hdc`, `fda`.
  private static func isDisk(_ text: String) -> Bool {
    ["vd", "sd", "hd", "fd", "xvd", "ubd"].contains { text.hasPrefix($0) && text.dropFirst($0.count).utf8.count == 1 }
      && text.utf8.last.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 } == true
  }

  // MARK: Elements of other namespaces

  /// Of the metadata only libosinfo's id stays, of the arguments for QEMU only what bears on ballooning.
  private mutating func special(_ node: XMLNode) -> XMLNode? {
    if node.name == "metadata", node.namespace == nil { return metadata(node) }
    let isQEMU =
      node.namespace?.hasPrefix("http://libvirt.org/schemas/domain/qemu/1.0") ?? (node.prefix == "qemu")
    return node.name == "commandline" && isQEMU ? commandLine(node) : nil
  }

  private mutating func metadata(_ node: XMLNode) -> XMLNode {
    var result = XMLNode("metadata")
    var leftOut = LeftOut()
    for child in node.children {
      let isLibosinfo =
        child.namespace?.hasPrefix("http://libosinfo.org/") ?? (child.prefix == "libosinfo")
      if child.name == LeftOut.name {
        leftOut.add(child)
      } else if child.name == "libosinfo", isLibosinfo, let system = system(child), result.children.isEmpty {
        result.children.append(system)
      } else {
        leftOut.elements += 1
      }
    }
    if let node = leftOut.node { result.children.append(node) }
    return result
  }

  private mutating func system(_ node: XMLNode) -> XMLNode? {
    guard let id = node.children.first(where: { $0.name == "os" })?.attributes["id"] else { return nil }
    let family = configuration.system.libosinfoID == id ? configuration.system.family?.rawValue : nil
    let kept =
      LibosinfoID.isKnown(id)
      ? id : family.map(LibosinfoID.general) ?? redactor.token(.text, for: id, at: "domain-xml metadata")
    return XMLNode(
      "libosinfo:libosinfo", attributes: ["xmlns:libosinfo": "http://libosinfo.org/xmlns/libvirt/domain/1.0"],
      children: [XMLNode("libosinfo:os", attributes: ["id": kept])])
  }

  /// What an argument does to the balloon is told in arguments of our own.
  private func commandLine(_ node: XMLNode) -> XMLNode {
    var arguments: [String] = []
    if configuration.commandLine?.locksMemory == true { arguments += ["-overcommit", "mem-lock=on"] }
    for _ in configuration.commandLine?.vfioArguments.prefix(64) ?? [] { arguments += ["-device", "vfio-pci"] }
    var leftOut = LeftOut()
    var count = 0
    for child in node.children { if child.name == LeftOut.name { leftOut.add(child) } else { count += 1 } }
    leftOut.elements += max(0, count - arguments.count)
    var children = arguments.map { XMLNode("qemu:arg", attributes: ["value": $0]) }
    if let node = leftOut.node { children.append(node) }
    return XMLNode(
      "qemu:commandline", attributes: ["xmlns:qemu": "http://libvirt.org/schemas/domain/qemu/1.0"], children: children)
  }
}
