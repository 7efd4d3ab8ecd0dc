// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// What `pnputil /add-driver balloon.inf /install` (or `pnputil -i -a`) printed, in whichever language.
///
/// Its sentences are translated; its names and its two counts are not: how many packages were tried, and how many were
/// added. The driver store's name of the package stands between.
struct PnputilInstallation: ArtefactContent {
  let kind = "pnputil /add-driver"
  let rank = 45
  /// The INF that was given, `balloon.inf`.
  let inf: String
  /// What the driver store calls it, when it has it.
  let published: String?
  /// The devices that were told of as installed on, or as up to date.
  let devices: [DeviceTestimony]
  /// How many were tried and how many were added; `nil` when the paste ends before.
  let counts: (tried: UInt64, added: UInt64)?
  /// Error numbers among the sentences.
  let errors: [UInt32]

  /// The most lines of one package.
  private static let lineLimit = 24

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let first = PnputilDevices.behindBanner(cursor)
    guard let inf = cursor.peek(first).flatMap(start) else { return nil }
    var published: String?
    var devices: [DeviceTestimony] = []
    var numbers: [UInt64] = []
    var errors: [UInt32] = []
    var end = first + 1
    var last = end
    while let line = cursor.peek(end), end - first < lineLimit, numbers.count < 2 {
      if start(line) != nil { break }
      let labelled = LabelledLine(line)
      if let name = labelled.flatMap({ LabelledValue.inf($0.value) }), LabelledValue.isPublished(name) {
        published = published ?? name
      } else if let number = labelled?.value.decimal {
        numbers.append(number)
      } else if let id = line.words.last, id.hasWindowsPrefix("PCI\\VEN_"), devices.count < 16 {
        let device = DeviceTestimony(instance: String(id))
        if device.isRelevant { devices.append(device) }
      } else {
        errors += SetupError.numbers(in: line)
      }
      end += 1
      if !line.isEmpty { last = end }
    }
    guard published != nil || numbers.count == 2 || !errors.isEmpty else { return nil }
    cursor.index = last
    return PnputilInstallation(
      inf: inf, published: published, devices: devices,
      counts: numbers.count == 2 ? (numbers[0], numbers[1]) : nil, errors: Array(errors.prefix(8)))
  }

  /// `Adding driver package:  balloon.inf`, `Processing inf :   balloon.inf`, and the same in other languages.
  private static func start(_ line: Substring) -> String? {
    guard let line = LabelledLine(line), line.value.utf8.count < 400 else { return nil }
    let file = String(LabelledValue.file(line.value))
    guard LabelledValue.inf(file[...]) != nil, !LabelledValue.isPublished(file) else { return nil }
    let isOurs = BalloonNames.isDriverINF(file) || file.isSameWindowsName(as: BalloonNames.serialINF)
    return isOurs ? file : nil
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    if let published {
      draft.windows.add(DriverPackage(published: published, original: inf), source)
      for var device in devices {
        device.inf = .value(published)
        device.originalINF = inf
        draft.windows.add(device, source)
      }
    }
    if let counts, counts.added == 0, published == nil {
      let ask = "%SystemRoot%\\INF\\setupapi.dev.log tells why: give it to analyze too."
      draft.note("\(place): pnputil did not add \(inf) (\(counts.tried) tried, 0 added). \(ask)")
    }
    for error in errors {
      draft.note("\(place): pnputil \(inf): error \(SetupError(error)).")
    }
  }
}
