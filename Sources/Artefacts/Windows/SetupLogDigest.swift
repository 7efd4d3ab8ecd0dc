// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// A setupapi.dev.log that is too large to be looked at whole: of all that comes, its head and the latest sections
/// about the balloon are kept.
package struct SetupLogDigest {
  private var head: [UInt8] = []
  private var log = SetupLog()

  /// The head has some 200 bytes: the version of Windows, its kind and the processor's.
  private static let headLimit = 512
  private static let mark = Array("[Device Install Log]".utf8)

  package init() {}

  /// Whether a file begins as such a log does.
  package static func isHead(_ bytes: [UInt8]) -> Bool {
    let body = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
    return body.starts(with: mark)
  }

  package mutating func append(_ bytes: some Collection<UInt8>) {
    if head.count < Self.headLimit { head += bytes.prefix(Self.headLimit - head.count) }
    log.append(bytes)
  }

  /// What is kept, as a log again.
  package mutating func finish() -> [UInt8] {
    log.finish()
    let lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The last line may be cut, and what stands behind the head's end is none of it.
    var text = lines.dropLast().prefix { !$0.starts(with: Array("[BeginLog]".utf8)) && !$0.starts(with: ">>>".utf8) }
      .flatMap { Array($0) + [UInt8(ascii: "\n")] }
    for section in log.sections {
      for line in section.lines { text += Array(line.text.utf8) + [UInt8(ascii: "\n")] }
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }
}
