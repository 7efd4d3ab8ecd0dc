// SPDX-License-Identifier: GPL-3.0-or-later

/// The files that are looked through together, as far as they may take memory: those that come first.
package struct ArtefactTexts {
  /// The most bytes that the texts of all files take, so that all of the program stays below 256 MiB. The largest file
  /// that is read at all fits.
  package static let byteLimit = 64 << 20

  package private(set) var texts: [ArtefactText] = []
  /// The names of the files that did not fit, in order.
  private(set) var leftOut: [String] = []
  private var room: Int

  package init(byteLimit: Int = Self.byteLimit) { room = byteLimit }

  /// Keeps a file, unless it does not fit; one behind it still may.
  package mutating func add(_ text: ArtefactText) {
    guard text.footprint <= room else {
      leftOut.append(text.name)
      return
    }
    room -= text.footprint
    texts.append(text)
  }

  /// Which files were left out, and what to do; `nil` when none was.
  package var notice: String? {
    guard let first = leftOut.first else { return nil }
    let others = leftOut.count == 1 ? "" : " and \(leftOut.count - 1) more"
    return "\(first)\(others): not looked at, for all files together take more than \(Self.byteLimit >> 20) MiB; give "
      + "those about this guest alone, or cut out the parts that matter"
  }
}
