// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// One section of setupapi.dev.log: an installation, an import into the driver store, a removal.
struct SetupLogSection: Sendable {
  /// `Device Install (Hardware initiated) - PCI\VEN_1AF4&DEV_1002&…`
  let title: String
  /// When it began, as the log has it.
  private(set) var time: String?
  /// `SUCCESS`, `FAILURE(0xe0000203)`, `0x00000000`; `nil` when it has no end.
  private(set) var status: String?
  private(set) var isEnded = false
  /// The instance ids that it was about, as the log has them; the title's comes first.
  private(set) var instances: [String] = []
  /// Packages that it found or put in the driver store.
  private(set) var packages: [DriverPackage] = []
  /// The driver that was chosen.
  private(set) var chosen: Node?
  /// Whether choosing one failed because there is none.
  private(set) var hasNoDriver = false
  private(set) var installStatus: UInt32?
  private var problem: (code: UInt16, status: UInt32?)?
  private var node: Node?
  private var errors: [UInt32] = []
  private var notable: [String] = []
  private var lines = 0

  /// A driver that was considered.
  struct Node: Hashable, Sendable {
    var inf: String?
    var original: String?
    var version: String?
    var date: String?
    var rank: UInt64?
    var signature: String?
    var isSelected = false
  }

  /// The most lines of a section that are looked at, and of notable ones that are kept.
  private static let lineLimit = 50_000
  private static let notableLimit = 12

  init(title: Substring) {
    self.title = String(title.prefix(400))
    addInstance(in: title)
  }

  /// What stands between the brackets of `>>>  [Device Install (Hardware initiated) - PCI\…]`. Where a forum took the
  /// marks for a quotation's, the log's own words tell.
  static func title(_ line: Substring) -> Substring? {
    guard line.utf8.count < 1_024, let first = line.utf8.first,
      first == UInt8(ascii: ">") || first == UInt8(ascii: "[")
    else { return nil }
    let marked = line.dropping(">>>")?.trimmed
    let rest = marked ?? line
    guard rest.utf8.first == UInt8(ascii: "["), rest.utf8.last == UInt8(ascii: "]") else { return nil }
    let title = rest.dropFirst().dropLast()
    guard marked != nil || (title.has(" - ") && titles.contains { title.hasPrefix($0) }) else { return nil }
    return title
  }

  private static let titles = [
    "Device Install (", "Setup online Device Install (", "Driver Install (", "Setup Import Driver Package - ",
    "SetupCopyOEMInf - ", "Delete Device - ", "Uninstall Device", "Import Driver Package",
  ]

  /// `dvi` of `     dvi: text`, `!    dvi: text`, `!!!  sig: text`, with what stands behind.
  static func category(_ line: Substring) -> (isError: Bool, isWarning: Bool, text: Substring)? {
    guard line.utf8.count < 2_048 else { return nil }
    var rest = line.trimmed
    let marks = rest.utf8.prefix { $0 == UInt8(ascii: "!") }.count
    guard marks <= 3 else { return nil }
    rest = rest.dropFirst(marks).trimmed
    guard let (category, text) = rest.halves(at: ":"), category.utf8.count == 3,
      category.utf8.allSatisfy({ (0x61...0x7a).contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return (marks == 3, marks > 0, text.trimmed)
  }

  /// Whether it is about the balloon or the channel: by its title, by a device that it names, by a package.
  var isRelevant: Bool { !instances.isEmpty || Self.isOurs(title[...]) || !packages.isEmpty }

  private static func isOurs(_ text: Substring) -> Bool {
    let lower = text.lowercased()
    return ["ven_1af4&dev_1002", "ven_1af4&dev_1045", "ven_1af4&dev_1003", "ven_1af4&dev_1043"]
      .contains { lower.contains($0) }
      || ["balloon.inf", "vioser.inf"].contains { name in
        guard let range = lower.firstRange(of: name) else { return false }
        return lower[..<range.lowerBound].last.map { "\\/ -'\"".contains($0) } ?? true
      }
  }

  // MARK: Lines

  mutating func take(_ line: Substring) {
    lines += 1
    guard lines <= Self.lineLimit, line.utf8.count < 2_048 else { return }
    if let rest = line.dropping("<<<") {
      takeEnd(rest.trimmed)
    } else if line.hasPrefix(">>>") || line.has("Section start") {
      if time == nil { time = SetupTime(in: line.utf8)?.text }
    } else if let entry = Self.category(line) {
      take(entry.text, isError: entry.isError, isWarning: entry.isWarning)
    }
  }

  /// `Section end 2021/05/05 10:00:01.000`, `[Exit status: SUCCESS]`, `[Exit Status(0x00000000)]`, `[…: Section end]`.
  private mutating func takeEnd(_ text: Substring) {
    guard let place = text.place(of: "[Exit") else { return }
    isEnded = true
    var rest = text[place...].dropFirst(5).trimmed
    guard rest.hasWindowsPrefix("status") else { return }
    rest = rest.dropFirst(6).trimmed
    if rest.utf8.first == UInt8(ascii: ":") { rest = rest.dropFirst().trimmed }
    if rest.utf8.last == UInt8(ascii: "]") { rest = rest.dropLast() }
    if rest.hasPrefix("("), rest.hasSuffix(")") { rest = rest.dropFirst().dropLast() }
    if !rest.isEmpty { status = String(rest.prefix(64)) }
  }

  private mutating func take(_ text: Substring, isError: Bool, isWarning: Bool) {
    if text.utf8.first == UInt8(ascii: "{") {
      finishNode()
      // `{Install Device - PCI\VEN_…}` within the installation of a package.
      if text.has(" - PCI\\") { addInstance(in: text) }
    }
    if text.has("Driver Node:") || text.has("Created Driver Node") {
      finishNode()
      node = Node()
    } else if node != nil, let (name, value) = Self.pair(text) {
      takeNode(name, value)
    } else if text.has("failed(0xe0000228)") || text.has("Error 0xe0000228") {
      hasNoDriver = true
    }
    takeStore(text)
    takeProblem(text)
    if isWarning || text.has("Device install status=") || text.has("ailed(0x") || text.has("Error = 0x") {
      keep(text, isError: isError)
    }
  }

  private mutating func keep(_ text: Substring, isError: Bool) {
    for error in SetupError.numbers(in: text) where errors.count < 16 && !errors.contains(error) {
      errors.append(error)
    }
    if notable.count < Self.notableLimit { notable.append(String(text.prefix(200))) }
  }

  /// `Driver INF     - oem5.inf (C:\…\balloon.inf)`, `Rank         - 0x00ff0000`.
  private static func pair(_ text: Substring) -> (name: Substring, value: Substring)? {
    guard let place = text.place(of: "- ") else { return nil }
    let name = text[..<place].trimmed
    guard name.utf8.count <= 20, !name.isEmpty, name.words.count <= 3 else { return nil }
    return (name, text[place...].dropFirst(2).trimmed)
  }

  private mutating func takeNode(_ name: Substring, _ value: Substring) {
    switch name.lowercased() {
    case "status": node?.isSelected = value == "Selected"
    case "driver inf", "infname":
      // `oem5.inf (C:\…\balloon.inf_amd64_…\balloon.inf)`, or the path alone.
      let words = value.words
      let file = String(LabelledValue.file((words.count > 1 ? words[0] : value)))
      node?.inf = file
      if let place = value.place(of: "("), value.hasSuffix(")") {
        node?.original = String(LabelledValue.file(value[place...].dropFirst().dropLast()))
      }
    case "driver version":
      let parts = value.split(separator: ",")
      node?.version = parts.last.flatMap { DriverVersion(String($0.trimmed))?.description }
      node?.date = parts.first.flatMap { DriverDate.iso(String($0.trimmed)) }
    case "version": node?.version = DriverVersion(String(value))?.description
    case "drvdate": node?.date = DriverDate.iso(String(value))
    case "driver rank", "rank":
      node?.rank = UInt64(value.dropping("0x") ?? value, radix: 16).flatMap { $0 <= 0xffff_ffff ? $0 : nil }
    case "signer score": node?.signature = String(value.prefix(80))
    default: break
    }
  }

  private mutating func finishNode() {
    guard let node, node.inf != nil else {
      self.node = nil
      return
    }
    self.node = nil
    if node.isSelected { chosen = node }
    addPackage(node.inf, node.original, node.version, node.date)
  }

  /// `Driver package already imported as 'oem5.inf'.`, `Infpath=C:\Windows\INF\oem5.inf`,
  /// `DriverNodeName=balloon.inf:…:BALLOON_Device:100.85.104.19900:pci\ven_1af4&dev_1002`.
  private mutating func takeStore(_ text: Substring) {
    if text.hasWindowsPrefix("Infpath=") {
      let inf = String(LabelledValue.file(text.dropFirst(8).trimmed))
      if LabelledValue.inf(inf[...]) != nil {
        chosen = Node(inf: inf, original: chosen?.original, isSelected: true)
      }
    } else if text.hasWindowsPrefix("DriverNodeName="), chosen != nil {
      let parts = text.dropFirst(15).split(separator: ":")
      if let original = parts.first, LabelledValue.inf(original) != nil { chosen?.original = String(original) }
      let version = parts.lazy.compactMap { DriverVersion(String($0))?.description }.first
      if chosen?.version == nil { chosen?.version = version }
    } else if Self.isOurs(title[...]), text.has("'oem") || text.has("\"oem"),
      text.has("mported") || text.has("Published") || text.has("published") || text.has("INF file object")
    {
      let quoted = text.split(whereSeparator: { $0 == "'" || $0 == "\"" })
      let published = quoted.lazy.compactMap { LabelledValue.inf($0) }.first(where: LabelledValue.isPublished)
      let file = title.split(whereSeparator: { $0 == "\\" || $0 == "/" || $0 == " " }).last.map(String.init)
      addPackage(published, file, nil, nil)
    }
  }

  private mutating func addPackage(_ inf: String?, _ original: String?, _ version: String?, _ date: String?) {
    guard let inf, LabelledValue.isPublished(inf), let original,
      BalloonNames.isDriverINF(original) || original.isSameWindowsName(as: BalloonNames.serialINF),
      packages.count < 16, !packages.contains(where: { $0.published == inf })
    else { return }
    var package = DriverPackage(published: inf, original: original)
    (package.version, package.date) = (version, date)
    packages.append(package)
  }

  /// `Device install status=0x00000000`, `Device Status: 0x01802400 [0x1c - 0xc0000490]`, `Problem: 0x1c`.
  private mutating func takeProblem(_ text: Substring) {
    if let place = text.place(of: "Device install status=") {
      installStatus = text[place...].dropFirst(22).words.first.flatMap { LabelledValue.status($0) }
    }
    guard text.hasWindowsPrefix("Device Status:") || text.hasWindowsPrefix("Problem:") else { return }
    let numbers = text.split(whereSeparator: { " ,[]()".contains($0) }).compactMap { word in
      word.dropping("0x").flatMap { UInt32($0, radix: 16) }
    }
    let rest = text.hasWindowsPrefix("Device Status:") ? numbers.dropFirst() : numbers[...]
    guard let code = rest.first, code <= 57 else { return }
    problem = (UInt16(code), rest.dropFirst().first)
  }

  private mutating func addInstance(in text: Substring) {
    guard let place = text.place(of: "PCI\\") ?? text.place(of: "pci\\") else { return }
    let word = text[place...].prefix { $0 != " " && $0 != "}" && $0 != "]" && $0 != ")" }
    guard LabelledValue.instance(word) != nil, instances.count < 16 else { return }
    let device = DeviceTestimony(instance: String(word))
    guard let hardware = device.hardware, hardware.vendor == BalloonNames.vendor,
      let number = hardware.device,
      (BalloonNames.balloonDevices + BalloonNames.serialDevices).contains(number),
      !instances.contains(String(word))
    else { return }
    instances.append(String(word))
  }

  mutating func finish() { finishNode() }

  // MARK: What it says

  private var isSuccess: Bool { status == "SUCCESS" || status == "0x00000000" }
  private var isRemoval: Bool {
    ["Delete Device", "Uninstall Device", "Remove Device"].contains { title.hasPrefix($0) }
  }

  /// What the device was left with; `nil` when it was removed, or when that cannot be told.
  func testimony(of instance: String) -> DeviceTestimony? {
    guard !isRemoval, let text = instances.first(where: { $0.lowercased() == instance }) else { return nil }
    var device = DeviceTestimony(instance: text)
    if let problem {
      device.problemCode = problem.code
      device.problemStatus = problem.status.flatMap { $0 == 0 ? nil : UInt64($0) }
    }
    if let chosen, isSuccess, installStatus ?? 0 == 0 {
      device.inf = chosen.inf.map { .value($0) }
      device.originalINF = chosen.original
      (device.version, device.date, device.rank) = (chosen.version, chosen.date, chosen.rank)
    } else if hasNoDriver, chosen == nil {
      // No driver was found for it, so that none holds it.
      (device.service, device.inf) = (.nothing, .nothing)
    } else if problem == nil {
      return nil
    }
    return device
  }

  /// The section in a few lines for people.
  var summary: [String] {
    var lines = ["\(time ?? "?"): \(title): \(status ?? "without an end")"]
    if let chosen, let inf = chosen.inf {
      var text = "chosen: \(inf)"
      if let original = chosen.original { text += " (\(original))" }
      if let version = chosen.version { text += " \(version)" }
      if let rank = chosen.rank { text += ", rank 0x" + String(rank, radix: 16) }
      if let signature = chosen.signature { text += ", signer score \(signature)" }
      lines.append(text)
    }
    if hasNoDriver { lines.append("no driver matched: \(SetupError(0xe000_0228))") }
    lines += errors.filter { $0 != 0xe000_0228 }.prefix(6).map { "error \(SetupError($0))" }
    return (lines + notable.prefix(6)).map { "setupapi.dev.log: " + $0 }
  }
}
