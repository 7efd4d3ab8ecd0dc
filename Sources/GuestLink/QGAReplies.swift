// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

// What qemu-ga's read-only commands return (QEMU qga/qapi-schema.json). All strings are the guest's, unescaped. One
// member that cannot be read costs only itself; an empty string stands for none.

/// The reply to `guest-info`: who answers, and what it may be asked.
package struct QGAInfo: Hashable, Sendable {
  /// The agent's version, QEMU's.
  package let version: Fact<String>
  /// Every command that it knows, and whether it is switched on (block-rpcs, allow-rpcs).
  package let commands: [String: Bool]

  /// The most commands that are read; agents have some fifty.
  static let commandLimit = 1_024

  package init(json: JSON) throws(QGAError) {
    guard let list = json["supported_commands"]?.array else {
      throw QGAError(.malformed, "qemu-ga's guest-info lists no commands")
    }
    version = Fact(member: "version", of: json)
    var commands: [String: Bool] = [:]
    for command in list.prefix(Self.commandLimit) {
      guard let name = command["name"]?.string, let enabled = command["enabled"]?.bool else { continue }
      commands[name] = enabled
    }
    self.commands = commands
  }
}

/// The reply to `guest-get-osinfo`.
package struct QGASystem: Hashable, Sendable {
  /// `mswindows`, or `ID` of os-release: `debian`.
  package let id: Fact<String>
  package let name: Fact<String>
  /// `Windows Server 2022 Datacenter`, `Debian GNU/Linux 12 (bookworm)`.
  package let prettyName: Fact<String>
  package let version: Fact<String>
  /// The release that uname tells; on Windows the build number.
  package let kernelRelease: Fact<String>

  package init(json: JSON) throws(QGAError) {
    guard json.object != nil else { throw QGAError(.malformed, "qemu-ga's guest-get-osinfo is no object") }
    id = Fact(member: "id", of: json)
    name = Fact(member: "name", of: json)
    prettyName = Fact(member: "pretty-name", of: json)
    version = Fact(member: "version", of: json)
    kernelRelease = Fact(member: "kernel-release", of: json)
  }
}

/// One element of the reply to `guest-get-devices`: a device of Windows that has a driver, with its display name.
package struct QGADevice: Hashable, Sendable {
  /// The device's display name, in the guest's language; not a file.
  package let name: Fact<String>
  package let version: Fact<String>
  /// The driver's day, `2025-06-17`.
  package let date: Fact<String>
  package let vendor: Fact<UInt16>
  package let device: Fact<UInt16>

  /// The most devices that are read.
  static let limit = 512

  package static func list(json: JSON) throws(QGAError) -> [QGADevice] {
    guard let list = json.array else { throw QGAError(.malformed, "qemu-ga's guest-get-devices is no list") }
    guard list.count <= limit else {
      throw QGAError(.malformed, "qemu-ga's guest-get-devices lists more than \(limit) devices")
    }
    return list.compactMap { $0.object == nil ? nil : QGADevice(json: $0) }
  }

  /// Reads the form of QEMU 5.2 and later, and those before its release, which downstream builds have shipped: ids
  /// below `address` instead of `id`, one level deeper under `data`, and the date as text (QEMU commits b519e2e982,
  /// 0083124b3a, a88bceef78).
  init(json: JSON) {
    name = Fact(member: "driver-name", of: json)
    version = Fact(member: "driver-version", of: json)
    date = Self.date(json["driver-date"])
    guard let place = json["id"] ?? json["address"] else {
      vendor = .absent(source: "id")
      device = .absent(source: "id")
      return
    }
    guard place["type"]?.string ?? "pci" == "pci" else {
      let failure = FactFailure(.unsupported, "the device is none of PCI's")
      vendor = .failed(failure, source: "id")
      device = .failed(failure, source: "id")
      return
    }
    let ids = place["data"] ?? place
    vendor = Fact(member: "vendor-id", of: ids)
    device = Fact(member: "device-id", of: ids)
  }

  private static func date(_ json: JSON?) -> Fact<String> {
    let member = "driver-date"
    switch json {
    case nil, .null?: return .absent(source: member)
    case .string(let text)? where isDay(text): return .observed(text, source: member)
    case .number(let number)?:
      if let nanoseconds = number.int, let day = day(nanoseconds) { return .observed(day, source: member) }
      fallthrough
    default:
      return .failed(FactFailure(.malformed, "the date is neither nanoseconds nor a day"), source: member)
    }
  }

  /// Whether it has the form `2025-06-17`.
  private static func isDay(_ text: String) -> Bool {
    let bytes = Array(text.utf8.prefix(11))
    guard bytes.count == 10 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      index == 4 || index == 7 ? byte == UInt8(ascii: "-") : 0x30...0x39 ~= byte
    }
  }

  /// The day of so many nanoseconds since 1970, in UTC; `nil` before the year 1 (no 64-bit count gets there).
  private static func day(_ nanoseconds: Int64) -> String? {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let (days, part) = (seconds - (rest < 0 ? 1 : 0)).quotientAndRemainder(dividingBy: 86_400)
    // Days since 1 March of the year 0, in the proleptic Gregorian calendar: eras of 400 years.
    let shifted = days - (part < 0 ? 1 : 0) + 719_468
    guard shifted >= 0 else { return nil }
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
    let calendarMonth = month < 10 ? month + 3 : month - 9
    let year = yearOfEra + era * 400 + (calendarMonth <= 2 ? 1 : 0)
    func padded(_ number: Int64, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    return "\(padded(year, 4))-\(padded(calendarMonth, 2))-\(padded(dayOfMonth, 2))"
  }
}

extension Fact {
  /// An optional member of a reply of qemu-ga, which has no facts of its own.
  fileprivate init(member: String, of json: JSON) {
    switch json[member] {
    case nil, .null?, .string("")?: self = .absent(source: member)
    case let value?:
      if let value = Value(json: value) {
        self = .observed(value, source: member)
      } else {
        self = .failed(FactFailure(.malformed, "\(member) is not of its type"), source: member)
      }
    }
  }
}

extension QGACommands {
  /// `guest-info`.
  package func info(until deadline: ContinuousClock.Instant) async throws(QGAError) -> QGAInfo {
    try QGAInfo(json: try await execute("guest-info", nil, until: deadline))
  }

  /// `guest-get-osinfo`, since QEMU 2.10.
  package func system(until deadline: ContinuousClock.Instant) async throws(QGAError) -> QGASystem {
    try QGASystem(json: try await execute("guest-get-osinfo", nil, until: deadline))
  }

  /// `guest-get-devices`, since QEMU 5.2, on Windows alone. What has no driver is not listed.
  package func devices(until deadline: ContinuousClock.Instant) async throws(QGAError) -> [QGADevice] {
    try QGADevice.list(json: try await execute("guest-get-devices", nil, until: deadline))
  }
}
