// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// Values of one type each. What a rule judges by (a driver's known name, the form of a version, whether a name may
/// stand in a command) is as it was; all else is a token.
extension Redactor {
  /// A word of a closed set, or a few: it stays when every word is known, else all of it is one value.
  mutating func word(_ text: String, _ kind: RedactionKind = .text, at place: String) -> String {
    if text.utf8.count <= 256, Prose.isHarmless(Array(text.utf8), alone: true) { return text }
    return token(kind, for: text, at: place)
  }

  /// The name of a driver, a device or a service.
  ///
  /// Only a plain name may stand in a command (`ShellWord.name` in Rules); what stands for any other is none either.
  mutating func name(_ text: String, at place: String) -> String {
    guard !text.isEmpty else { return text }
    // Redacted already.
    if text.hasSuffix("~"), RedactionToken(String(text.dropLast())) != nil { return text }
    if text.utf8.count <= 64, Prose.isHarmless(Array(text.utf8), alone: true) { return text }
    return token(.name, for: text, at: place) + (Self.isPlainName(text) ? "" : "~")
  }

  /// As ``name(_:at:)`` for a name whose beginning tells what it is.
  mutating func name(_ text: String, keeping prefixes: [String], at place: String) -> String {
    let name = Array(text.utf8)
    if name.count <= 64, Prose.isHarmless(name, alone: true) { return text }
    guard let prefix = prefixes.first(where: { text.hasWindowsPrefix($0) }) else { return self.name(text, at: place) }
    var kept = prefix.utf8.count
    while kept < name.count, "-.".utf8.contains(name[kept]) { kept += 1 }
    return String(decoding: name[..<kept], as: UTF8.self)
      + token(.name, for: String(decoding: name[kept...], as: UTF8.self), at: place)
  }

  private static func isPlainName(_ text: String) -> Bool {
    let bytes = text.utf8
    return !bytes.isEmpty && bytes.count <= 64 && bytes.first != UInt8(ascii: "-") && text != "." && text != ".."
      && bytes.allSatisfy { $0.isLetter || $0.isDecimalDigit || "-_.".utf8.contains($0) }
  }

  /// The version of a driver or of its file: four numbers, whatever else these might be.
  mutating func driverVersion(_ text: String, at place: String) -> String {
    DriverVersion(text) != nil ? text : release(text, at: place)
  }

  /// The release of the guest's kernel; of Windows the version, or the build number.
  mutating func kernel(_ text: String, at place: String) -> String {
    NTVersion(text) != nil || NTVersion(build: text) != nil || FieldText.isKernel(text)
      ? text : redact(text, at: place)
  }

  /// The type of machine that QEMU emulates.
  mutating func machine(_ text: String, at place: String) -> String {
    FieldText.isMachine(text) ? text : redact(text, at: place)
  }

  /// The version of a program of this project: what follows its numbers is left out of account by the rules.
  mutating func programVersion(_ text: String, at place: String) -> String {
    let bytes = Array(text.utf8)
    let numbers = bytes.prefix { $0.isDecimalDigit || $0 == UInt8(ascii: ".") }
    guard HarmlessForm.isNumber(numbers),
      numbers.endIndex == bytes.count || bytes[numbers.endIndex] == UInt8(ascii: "-")
    else { return release(text, at: place) }
    guard numbers.endIndex < bytes.count else { return text }
    let rest = String(decoding: bytes[(numbers.endIndex + 1)...], as: UTF8.self)
    return String(decoding: numbers, as: UTF8.self) + "-" + release(rest, at: place)
  }

  /// The version of a system or a program, with the words that versions have.
  mutating func release(_ text: String, at place: String) -> String {
    if text.utf8.count <= 128, HarmlessForm.isRelease(text) { return text }
    return redact(text, at: place)
  }

  /// `2025-06-17`
  mutating func day(_ text: String, at place: String) -> String {
    HarmlessForm.isDate(Array(text.utf8)[...]) ? text : token(.text, for: text, at: place)
  }

  /// The place of a device in QEMU's object tree.
  mutating func qomPath(_ text: String, at place: String) -> String {
    let steps = text.split(separator: "/", omittingEmptySubsequences: false)
    guard steps.count <= 64 else { return token(.path, for: text, at: place) + "~" }
    return steps.map { step in
      let isIndexed =
        step.utf8.count <= 16 && step.hasPrefix("device[") && step.hasSuffix("]")
        && step.utf8.dropFirst(7).dropLast().allSatisfy(\.isDecimalDigit)
      return isIndexed ? String(step) : name(String(step), at: place)
    }.joined(separator: "/")
  }

  /// The name of an INF, with or without a folder.
  mutating func inf(_ text: String, at place: String) -> String {
    let bytes = Array(text.utf8)
    let start = bytes.lastIndex { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") }.map { $0 + 1 } ?? 0
    let folder = redact(String(decoding: bytes[..<start], as: UTF8.self), at: place)
    let file = String(decoding: bytes[start...], as: UTF8.self)
    if file.utf8.count <= 64, Prose.isHarmless(Array(file.utf8), alone: true) || HarmlessForm.isPublishedINF(file) {
      return folder + file
    }
    guard bytes.count - start > 4, file.folded.hasSuffix(".inf") else { return folder + name(file, at: place) }
    return folder + token(.name, for: String(file.dropLast(4)), at: place) + file.suffix(4)
  }

  /// A hardware id, such as `PCI\VEN_1AF4&DEV_1002&REV_00`.
  mutating func hardwareID(_ text: String, at place: String) -> String {
    HarmlessForm.isHardwareID(text) ? text : token(.serial, for: text, at: place)
  }

  /// A device's instance id. What has the form of one of a PCI device may stand in a command, and does so after.
  mutating func instanceID(_ text: String, at place: String) -> String {
    let parts = text.split(separator: "\\", omittingEmptySubsequences: false)
    if parts.count == 3, HarmlessForm.isHardwareID(parts[0] + "\\" + parts[1]), InstanceID(text).path != nil {
      return text
    }
    let bytes = text.utf8
    let isPlain =
      bytes.count <= 200 && bytes.count > 4 && text.hasPrefix("PCI\\")
      && bytes.allSatisfy { $0.isLetter || $0.isDecimalDigit || "-_.\\&".utf8.contains($0) }
    guard isPlain else { return token(.serial, for: text, at: place) }
    return "PCI\\" + token(.serial, for: String(text.dropFirst(4)), at: place)
  }

  /// A line of a log. The rules look for what Linux' driver writes when it runs out of pages.
  mutating func logLine(_ text: String, at place: String) -> String {
    text.split(separator: Self.shortage, omittingEmptySubsequences: false)
      .map { redact(String($0), at: place) }.joined(separator: Self.shortage)
  }

  private static let shortage = "Out of puff"

  /// A libvirt URI: `qemu+ssh://USER@HOST/system`.
  mutating func uri(_ text: String, at place: String) -> String {
    let bytes = Array(text.utf8)
    let colon = UInt8(ascii: ":")
    guard
      let separator = bytes.indices.first(where: { bytes[$0] == colon && bytes[$0...].starts(with: "://".utf8) })
    else { return redact(text, at: place) }
    let authority = bytes[(separator + 3)...].prefix { !"/?#".utf8.contains($0) }
    let rest = String(decoding: bytes[authority.endIndex...], as: UTF8.self)
    var output = redact(String(decoding: bytes[..<separator], as: UTF8.self), at: place) + "://"
    var host = authority
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      output += token(.user, for: String(decoding: authority[..<at], as: UTF8.self), at: place) + "@"
      host = authority[(at + 1)...]
    }
    let digits = host.reversed().prefix { $0.isDecimalDigit }.count
    let port = host.endIndex - digits - 1
    if digits > 0, digits <= 5, port >= host.startIndex, host[port] == colon,
      port == host.firstIndex(of: colon) || host[port - 1] == UInt8(ascii: "]")
    {
      output += token(.host, for: String(decoding: host[..<port], as: UTF8.self), at: place)
      output += String(decoding: host[port...], as: UTF8.self)
    } else {
      output += token(.host, for: String(decoding: host, as: UTF8.self), at: place)
    }
    return output + redact(rest, at: place)
  }
}
