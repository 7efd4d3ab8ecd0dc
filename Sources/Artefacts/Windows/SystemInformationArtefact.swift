// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// The text that msinfo32 exports, in whichever language: sections in brackets, and rows between tabs.
///
/// A row tells by its cells what it is: a device's instance id, a driver's file, a service's name. The words for states
/// are known in English alone.
struct SystemInformationArtefact: ArtefactContent {
  let kind = "msinfo32"
  let rank = 60
  private var devices: [DeviceTestimony] = []
  private var services: [ServiceTestimony] = []
  /// Problem devices of which the sentence is in a language that is not known.
  private var unknownProblems: [String] = []

  private static let rowLimit = 200_000
  private static let keptLimit = 64

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard isSection(cursor.line, cursor) else { return nil }
    var report = SystemInformationArtefact()
    var next = cursor.index + 1
    while next - cursor.index < rowLimit, let line = cursor.peek(next) {
      if !line.isEmpty, !line.has("\t"), !isBracketed(line) {
        // A section without rows has none; anything else is foreign.
        break
      }
      if line.has("\t") { report.take(line) }
      next += 1
    }
    while next > cursor.index + 1, cursor.peek(next - 1)?.isEmpty == true { next -= 1 }
    cursor.index = next
    return report
  }

  private static func isBracketed(_ line: Substring) -> Bool {
    line.utf8.first == UInt8(ascii: "[") && line.utf8.last == UInt8(ascii: "]") && line.utf8.count < 128
      && !line.has("\\") && !line.has("\"")
  }

  /// `[Problem Devices]`, and a row between tabs soon behind it.
  private static func isSection(_ line: Substring, _ cursor: ArtefactCursor) -> Bool {
    guard isBracketed(line) else { return false }
    for offset in 1...3 {
      guard let line = cursor.peek(cursor.index + offset) else { return false }
      if line.has("\t") { return true }
      guard line.isEmpty || isBracketed(line) else { return false }
    }
    return false
  }

  private mutating func take(_ line: Substring) {
    guard line.utf8.count < 8_192 else { return }
    let cells = line.split(separator: "\t", omittingEmptySubsequences: false).prefix(32).map { $0.trimmed }
    if let place = cells.firstIndex(where: { LabelledValue.instance($0)?.isPCI == true }) {
      takeDevice(cells, place)
    } else if cells.count >= 9, WindowsPaste.isKnown(service: cells[0]), cells[2].suffix(4).lowercased() == ".sys" {
      // Name, description, file, type, started, start mode, state.
      var driver = ServiceTestimony(name: String(cells[0]), path: String(cells[2]))
      driver.start = ServiceTestimony.start(cells[5])
      driver.state = ServiceTestimony.state(cells[6])
      if services.count < Self.keptLimit { services.append(driver) }
    } else if cells.count >= 8, WindowsPaste.isKnown(service: cells[1]), cells[5].has("\\") {
      // Display name, name, state, start mode, type, path.
      var service = ServiceTestimony(name: String(cells[1]), path: String(cells[5].prefix(1_024)))
      service.state = ServiceTestimony.state(cells[2])
      service.start = ServiceTestimony.start(cells[3])
      if services.count < Self.keptLimit { services.append(service) }
    }
  }

  private mutating func takeDevice(_ cells: [Substring], _ place: Int) {
    var device = DeviceTestimony(instance: String(cells[place]))
    guard device.isRelevant, devices.count < Self.keptLimit else { return }
    if place == 1, cells.count >= 3, !cells[0].isEmpty, !cells[2].isEmpty,
      cells[3...].allSatisfy({ $0.isEmpty })
    {
      // Device, id, problem.
      device.description = String(cells[0].prefix(200))
      device.problemCode = ProblemText.code(cells[2]) ?? cells[2].decimal.flatMap { UInt16(exactly: $0) }
      if device.problemCode == nil, let instance = device.instance { unknownProblems.append(instance) }
    }
    if let inf = cells.lazy.compactMap({ LabelledValue.inf($0) }).first { device.inf = .value(inf) }
    if cells.count > 3 { device.version = cells.lazy.compactMap { DriverVersion(String($0))?.description }.first }
    devices.append(device)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    for device in devices { draft.windows.add(device, source) }
    for service in services { draft.windows.add(service, source) }
    for instance in unknownProblems {
      draft.note(
        "\(place): msinfo32 lists \(instance) among the devices with a problem, in words that are not understood: "
          + "its problem code tells which.")
    }
  }
}
