// SPDX-License-Identifier: GPL-3.0-or-later

/// How text is laid out; decided by the caller, who knows where it goes.
package struct TextStyle: Hashable, Sendable {
  /// Whether colours are used: only on a terminal, and never when `NO_COLOR` is set.
  package var color: Bool
  /// The terminal's width in columns; less than ``narrowest`` counts as that.
  package let width: Int
  /// Whether the terminal shows UTF-8; without it every other character than ASCII is written as an escape.
  package var unicode: Bool
  /// Whether rules that found nothing wrong, places in the evidence and the like are listed too.
  package var verbose: Bool

  /// The narrowest terminal that text is laid out for, in columns.
  package static let narrowest = 40

  package init(color: Bool = false, width: Int = 80, unicode: Bool = true, verbose: Bool = false) {
    self.color = color
    self.width = max(width, Self.narrowest)
    self.unicode = unicode
    self.verbose = verbose
  }
}
