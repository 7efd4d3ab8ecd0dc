// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// The output of Windows' `sc query NAME` or `sc qc NAME`, in whichever language: its labels are translated, the words
/// of the service manager's constants are not.
struct ServiceQueryArtefact: ArtefactContent {
  let kind: String
  let name: String
  let answer: Answer

  enum Answer: Hashable, Sendable {
    case state(ServiceState, exitCode: UInt64?, serviceExitCode: UInt64?)
    case configuration(ServiceStart?, path: String?, dependencies: [String]?)
    /// ERROR_SERVICE_DOES_NOT_EXIST.
    case missing
  }

  /// Notes of which service a line asks: `C:\>sc query BalloonService`.
  static func note(_ line: Substring, _ cursor: inout ArtefactCursor) {
    guard line.utf8.count < 1_024, line.has("sc") || line.has("SC") else { return }
    let words = line.words
    guard words.count >= 3, let last = words.last,
      ["query", "qc", "queryex"].contains(words[words.count - 2].lowercased())
    else { return }
    let program = words[words.count - 3].lowercased()
    guard ["sc", "sc.exe"].contains(where: { program == $0 || program.hasSuffix(">" + $0) }) else { return }
    cursor.service = (last.filter { $0 != "\"" }, cursor.index)
  }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    if let missing = readMissing(&cursor) { return missing }
    guard let (_, rest) = cursor.line.halves(at: ":"), !rest.trimmed.isEmpty, rest.words.count == 1 else { return nil }
    // A service's type comes next, by its number and its constant.
    var end = cursor.index + 1
    guard let next = cursor.peek(end) else { return nil }
    if !isType(next) {
      // A list of services has the display name between.
      guard next.has(": "), let type = cursor.peek(end + 1), isType(type) else { return nil }
      end += 1
    }
    end += 1
    var lines: [Substring] = []
    while let line = cursor.peek(end), lines.count < 24, !line.isEmpty,
      line.has(":") || line.trimmed.utf8.first == UInt8(ascii: "(")
    {
      lines.append(line)
      end += 1
    }
    guard let answer = state(lines) ?? configuration(lines) else { return nil }
    let name = String(rest.trimmed)
    cursor.index = end
    if case .state = answer { return ServiceQueryArtefact(kind: "sc query \(name)", name: name, answer: answer) }
    return ServiceQueryArtefact(kind: "sc qc \(name)", name: name, answer: answer)
  }

  /// `[SC] EnumQueryServicesStatus:OpenService FAILED 1060:`, right behind the command that asked.
  private static func readMissing(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("[SC]"), let service = cursor.service,
      cursor.index - service.line <= 4,
      rest.utf8.split(whereSeparator: { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        .contains(where: { $0.elementsEqual("1060".utf8) })
    else { return nil }
    cursor.service = nil
    cursor.index += 1
    // The words of the error stand below.
    if let blank = cursor.peek(cursor.index), blank.isEmpty, let words = cursor.peek(cursor.index + 1), !words.isEmpty,
      !words.has("===")
    {
      cursor.index += 2
    }
    return ServiceQueryArtefact(kind: "sc query \(service.name)", name: service.name, answer: .missing)
  }

  /// `        TYPE               : 10  WIN32_OWN_PROCESS`, and any label instead of TYPE.
  private static func isType(_ line: Substring) -> Bool {
    guard let (_, value) = line.halves(at: ":") else { return false }
    let words = value.words
    guard let number = words.first, UInt64(number, radix: 16) != nil else { return false }
    // Wine's sc has no word for a driver.
    guard words.count > 1 else { return ["1", "2", "8"].contains(number) }
    return (words[1].hasPrefix("WIN32") || words[1].hasSuffix("_DRIVER") || words[1].hasPrefix("USER_"))
  }

  private static func state(_ lines: [Substring]) -> Answer? {
    let values = lines.compactMap { $0.halves(at: ":")?.1.words }
    guard let place = values.firstIndex(where: { $0.count >= 2 && serviceState($0) != nil }),
      let state = serviceState(values[place])
    else { return nil }
    // WIN32_EXIT_CODE and SERVICE_EXIT_CODE follow in this order: `0  (0x0)`.
    let codes = values[(place + 1)...].prefix(2).map { $0.count == 2 && $0[1].hasPrefix("(0x") ? $0[0].decimal : nil }
    return .state(
      state, exitCode: codes.first.flatMap { $0 }, serviceExitCode: codes.count > 1 ? codes[1] : nil)
  }

  /// `4  RUNNING`, number and constant agreeing.
  private static func serviceState(_ words: [Substring]) -> ServiceState? {
    guard let number = words.first?.decimal.flatMap({ UInt32(exactly: $0) }),
      let state = ServiceState(rawValue: number), words.count >= 2
    else { return nil }
    let constant = state.word.uppercased().replacing("-", with: "_")
    return words[1] == constant ? state : nil
  }

  private static func configuration(_ lines: [Substring]) -> Answer? {
    var start: ServiceStart?
    var path: String?
    var dependencies: [String]?
    var isListing = false
    for line in lines {
      guard let (label, value) = line.halves(at: ":") else { continue }
      let words = value.words
      if start == nil, words.count >= 2, let number = words[0].decimal.flatMap({ UInt32(exactly: $0) }),
        let kind = ServiceStart(rawValue: number), startConstants[kind]?.contains(String(words[1])) == true
      {
        start = kind
      } else if path == nil, value.lowercased().contains(".exe") || value.lowercased().contains(".sys") {
        path = String(value.trimmed)
      }
      if label.trimmed == "DEPENDENCIES" {
        isListing = true
        dependencies = words.map(String.init)
      } else if isListing, label.trimmed.isEmpty {
        dependencies = (dependencies ?? []) + words.map(String.init)
      } else {
        isListing = false
      }
    }
    return start == nil ? nil : .configuration(start, path: path, dependencies: dependencies)
  }

  private static let startConstants: [ServiceStart: Set<String>] = [
    .boot: ["BOOT_START"], .system: ["SYSTEM_START"], .automatic: ["AUTO_START"], .demand: ["DEMAND_START"],
    .disabled: ["DISABLED"],
  ]

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.windows.add(testimony, place.provenance(kind, .guest))
  }

  private var testimony: ServiceTestimony {
    var told = ServiceTestimony(name: name)
    switch answer {
    case .state(let state, let exitCode, let serviceExitCode):
      (told.state, told.exitCode, told.serviceExitCode) = (state, exitCode, serviceExitCode)
    case .configuration(let start, let path, let dependencies):
      (told.start, told.path, told.dependencies) = (start?.rawValue, path, dependencies)
    case .missing: told.isMissing = true
    }
    return told
  }
}
