// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// A place in a file, and what the lines before it have said.
struct ArtefactCursor {
  let text: ArtefactText
  /// The line that is looked at, from 0. A reader that recognises something moves it behind that, and only then.
  var index = 0
  /// What was asked of QEMU's monitor last: a reply does not say what it answers.
  var monitorCommand: MonitorQuestion?
  /// The line of that question.
  var monitorLine = 0
  /// Of which service Windows was last asked, and in which line: an error does not say it.
  var service: (name: String, line: Int)?
  /// Of which domain `virsh dommemstat` was last asked, and in which line: its output does not say it.
  var domain: (name: String, line: Int)?
  /// The line in which `virsh domstate` was asked last.
  var stateAsked: Int?
  /// Of which PCI function Linux was last asked, and in which line: a link does not say where it stands.
  var function: (address: PCIAddress, line: Int)?
  /// Of which guest Proxmox was last asked for its settings, and in which line: they do not say it.
  var proxmox: (vmid: String, line: Int)?
  /// The probe's section that the line stands in.
  var section: ProbeMark?
  /// Whether all of that section was understood so far.
  var isSectionWhole = false
  /// How many bytes may still be looked through in vain for the end of something.
  private var budget: Int

  init(_ text: ArtefactText) {
    self.text = text
    budget = text.lines.reduce(1 << 20) { $0 &+ 4 &* $1.utf8.count }
  }

  var isAtEnd: Bool { index >= text.lines.count }
  var line: Substring { index < text.lines.count ? text.lines[index] : "" }
  /// The line number `index`, from 0; `nil` behind the end.
  func peek(_ index: Int) -> Substring? { index >= 0 && index < text.lines.count ? text.lines[index] : nil }

  /// Up to which line readers have looked in vain, by their names.
  private var passed: [String: Int] = [:]

  /// Whether that reader has looked through this line already, from an earlier one, and in vain.
  func isPassed(by reader: String) -> Bool { index < passed[reader, default: 0] }

  /// Notes that a reader has looked through the lines before `end` in vain, and need not do so again.
  mutating func pass(_ reader: String, until end: Int) { passed[reader] = max(end, passed[reader, default: 0]) }

  /// Takes so many bytes from what may be looked through in vain; `false` when nothing is left.
  mutating func spend(_ bytes: Int) -> Bool {
    budget -= bytes
    return budget > 0
  }

  /// The text from `start` in the current line through the next `end`, which is consumed with its lines; `nil`, with
  /// nothing consumed, when it does not come within `limit` lines.
  mutating func take(from start: Substring.Index, through end: StaticString, within limit: Int = .max) -> String? {
    var taken = ""
    var next = index
    var rest = line[start...]
    while budget > 0 {
      budget -= rest.utf8.count + 1
      if let place = rest.place(of: end) {
        taken += rest[..<place]
        taken += "\(end)"
        budget += taken.utf8.count
        index = next + 1
        return taken
      }
      taken += rest
      taken += "\n"
      next += 1
      guard next - index < limit, let line = peek(next) else { return nil }
      rest = line
    }
    return nil
  }

  /// The JSON text that begins at `start` in the current line, consumed with its lines; `nil` when it has no end.
  ///
  /// No string holds a line feed: where a line ends inside one, a terminal has broken it.
  mutating func takeJSON(from start: Substring.Index) -> String? {
    var taken: [UInt8] = []
    var depth = 0
    var isInString = false
    var isEscaped = false
    var next = index
    var rest = line[start...].utf8
    while budget > 0 {
      budget -= rest.count + 1
      for byte in rest {
        taken.append(byte)
        if isEscaped {
          isEscaped = false
        } else if isInString {
          if byte == UInt8(ascii: "\\") { isEscaped = true }
          if byte == UInt8(ascii: "\"") { isInString = false }
        } else {
          switch byte {
          case UInt8(ascii: "\""): isInString = true
          case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
          case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
          default: break
          }
          if depth <= 0 {
            budget += taken.count
            index = next + 1
            return String(decoding: taken, as: UTF8.self)
          }
        }
      }
      if !isInString { taken.append(UInt8(ascii: "\n")) }
      next += 1
      guard let line = peek(next) else { return nil }
      rest = line.utf8
    }
    return nil
  }
}
