// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// A driver package in Windows' driver store, as one artefact tells it.
struct DriverPackage: Hashable, Sendable {
  /// `oem5.inf`
  var published: String
  /// `balloon.inf`; `nil` where it was not told (pnputil -e of Windows 7).
  var original: String?
  var provider: String?
  var version: String?
  /// `2021-05-10`
  var date: String?
  var signer: String?
  var classGUID: String?

  /// Whether it is the balloon's, by the INF's own name.
  var isBalloon: Bool { original.map(BalloonNames.isDriverINF) == true }

  /// Takes the values of one package's lines, in pnputil's order: published name, original name, provider, class, GUID,
  /// version, signer. Labels say nothing here; Windows 7 has no original name and no GUID.
  ///
  /// - Returns: `nil` when they are not such a list.
  init?(values: [Substring]) {
    guard let first = values.first.flatMap({ LabelledValue.inf($0) }), LabelledValue.isPublished(first) else {
      return nil
    }
    published = first
    var rest = values.dropFirst()
    if let inf = rest.first.flatMap({ LabelledValue.inf($0) }), !LabelledValue.isPublished(inf) {
      original = inf
      rest = rest.dropFirst()
    }
    if let text = rest.first, !text.isEmpty, text.utf8.count <= 256 { provider = String(text) }
    guard let place = rest.firstIndex(where: { LabelledValue.version($0) != nil }),
      let version = LabelledValue.version(rest[place])
    else { return nil }
    (self.version, date) = version
    classGUID = rest[..<place].first(where: LabelledValue.isGUID)?.lowercased()
    if let text = rest.dropFirst(place - rest.startIndex + 1).first(where: { !$0.isEmpty }), text.utf8.count <= 256,
      LabelledValue.instance(text) == nil
    {
      signer = String(text)
    }
  }

  init(published: String, original: String?) {
    self.published = published
    self.original = original
  }
}
