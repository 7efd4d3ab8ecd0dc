// SPDX-License-Identifier: GPL-3.0-or-later

/// A line that the probe prints between its parts: `=== virt-balloon: enum ===`.
enum ProbeMark: String, Hashable, Sendable, CaseIterable {
  case begin
  /// `reg query` of Enum\PCI.
  case enumeration = "enum"
  case drivers
  case services
  /// PCI functions by sysfs.
  case functions
  case memory
  case log
  case end

  var line: String { "=== virt-balloon: \(rawValue) ===" }

  /// Reads a line that begins with the mark: a prompt with the command that prints it does not.
  init?(_ line: Substring) {
    guard let rest = line.trimmed.dropping("=== virt-balloon: "), rest.utf8.count < 64, let word = rest.words.first
    else {
      return nil
    }
    self.init(rawValue: String(word))
  }
}
