// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// PowerShell's `Get-Service NAME` where there is no such service: the error's id and its target are in no language.
///
///     Get-Service : …
///         + CategoryInfo          : ObjectNotFound: (BalloonService:String) [Get-Service], ServiceCommandException
///         + FullyQualifiedErrorId : NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand
struct MissingServiceArtefact: ArtefactContent {
  let kind = "Get-Service"
  let name: String

  /// The most lines of one error.
  private static let reach = 8

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.utf8.count < 1_024, line.has("Get-Service"), line.hasPrefix("Get-Service") || line.has("(") else {
      return nil
    }
    var name: Substring?
    for next in cursor.index..<(cursor.index + reach) {
      guard let line = cursor.peek(next), !line.isEmpty, line.utf8.count < 1_024 else { return nil }
      if name == nil, line.has("[Get-Service]") { name = target(line) }
      guard line.has("NoServiceFoundForGivenName") else { continue }
      guard let name else { return nil }
      cursor.index = next + 1
      return MissingServiceArtefact(name: String(name))
    }
    return nil
  }

  /// `BalloonService` of `(BalloonService:String)`.
  private static func target(_ line: Substring) -> Substring? {
    guard let end = line.place(of: ":String)"), let start = line[..<end].utf8.lastIndex(of: UInt8(ascii: "(")) else {
      return nil
    }
    let name = line[start..<end].dropFirst()
    return name.isEmpty || name.utf8.count > 256 ? nil : name
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    // Get-Service lists no drivers: that it finds none says nothing.
    guard [BalloonNames.statisticsService, BalloonNames.managementService].contains(where: name.isSameWindowsName)
    else { return }
    draft.windows.add(ServiceTestimony(name: name, isMissing: true), place.provenance(kind, .guest))
  }
}
