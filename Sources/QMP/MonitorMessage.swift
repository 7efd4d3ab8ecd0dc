// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// One line of a QEMU monitor. Source: QEMU docs/interop/qmp-spec.
package enum MonitorMessage: Hashable, Sendable {
  /// The first line of a connection.
  case greeting(MonitorGreeting)
  /// The reply to the command of that id; QEMU leaves the id out when it could not read the command.
  case reply(id: JSON?, Result<JSON, QMPError>)
  /// Something that happened, unasked.
  case event(MonitorEvent)

  /// Reads a line.
  /// - Throws: `.malformed`, saying what is wrong with it.
  package init(parsing line: [UInt8]) throws(QMPError) {
    let json: JSON
    do { json = try JSON(parsing: line, limits: .monitor) } catch {
      throw QMPError(.malformed, "the monitor sent a line that is no JSON (\(error))")
    }
    if let greeting = json["QMP"] {
      self = .greeting(try MonitorGreeting(decoding: greeting))
    } else if let event = json["event"] {
      self = .event(try MonitorEvent(name: event, time: json["timestamp"], data: json["data"]))
    } else if let value = json["return"] {
      self = .reply(id: json["id"], .success(value))
    } else if let error = json["error"] {
      guard let errorClass = error["class"]?.string, let description = error["desc"]?.string else {
        throw QMPError(.malformed, "the monitor sent an error without class and description")
      }
      self = .reply(id: json["id"], .failure(QMPError(refusal: description, class: errorClass)))
    } else {
      throw QMPError(.malformed, "the monitor sent neither a reply nor an event")
    }
  }
}

/// What a monitor says first.
package struct MonitorGreeting: Hashable, Sendable {
  package let version: QEMUVersion
  /// What may be negotiated, such as `oob`. Nothing is.
  package let capabilities: [String]

  init(decoding json: JSON) throws(QMPError) {
    guard let version = json["version"] else { throw .malformed("greeting", "no version") }
    self.version = try QEMUVersion(decoding: version)
    capabilities = (json["capabilities"]?.array ?? []).prefix(64).compactMap(\.string)
  }
}

/// Something that happened to the guest while the monitor was held.
package struct MonitorEvent: Hashable, Sendable {
  /// QEMU's name of it: `RESET`, `STOP`, `RESUME`, `SHUTDOWN`, `BALLOON_CHANGE`. Source: QEMU qapi/.
  package let name: String
  /// Microseconds since 1970 by the clock of QEMU's host; `nil` when QEMU could not tell.
  package let microseconds: Int64?
  /// The balloon's size from then on, in bytes, of `BALLOON_CHANGE`. Source: QEMU qapi/machine.json.
  package let actual: UInt64?

  init(name: JSON, time: JSON?, data: JSON? = nil) throws(QMPError) {
    guard let name = name.string, !name.isEmpty, name.utf8.count <= 128 else {
      throw QMPError(.malformed, "the monitor sent an event without a name")
    }
    self.name = name
    microseconds = Self.microseconds(time)
    actual = name == Self.balloonChange ? data?["actual"]?.uint : nil
  }

  /// The event of a balloon that changes its size, which QEMU tells once a second at most.
  package static let balloonChange = "BALLOON_CHANGE"

  private static func microseconds(_ time: JSON?) -> Int64? {
    guard let seconds = time?["seconds"]?.int, let rest = time?["microseconds"]?.int, seconds >= 0,
      (0..<1_000_000).contains(rest)
    else { return nil }  // QEMU writes -1 when the clock failed.
    let (product, high) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, over) = product.addingReportingOverflow(rest)
    return high || over ? nil : sum
  }
}

/// The events of a connection: how many of each name, the latest ones with their time, and what they tell of the
/// machine's life and the balloon's size.
package struct MonitorEvents: Hashable, Sendable {
  /// How many events are kept whole, and how many names are counted.
  package static let limit = 64

  /// How often each name came. Names past the ``limit`` are counted in ``total`` alone.
  package private(set) var counts: [String: Int] = [:]
  /// The latest, in the order in which they came.
  package private(set) var latest: [MonitorEvent] = []
  /// How many came in all.
  package private(set) var total = 0

  /// How many events the ``history`` has at most.
  package static let historyLimit = 1_000
  /// What happened to the machine as a whole and to its balloon; floods of other events crowd out none of it. Source:
  /// QEMU qapi/run-state.json, qapi/machine.json, qapi/migration.json.
  package static let telling: Set<String> = [
    "RESET", "STOP", "RESUME", "SHUTDOWN", "POWERDOWN", "SUSPEND", "SUSPEND_DISK", "WAKEUP", "MIGRATION",
    "GUEST_PANICKED", MonitorEvent.balloonChange,
  ]
  /// The ``telling`` events from the first on, in the order in which they came.
  package private(set) var history: [MonitorEvent] = []
  /// How many more of them came.
  package private(set) var historyOmitted = 0

  package init() {}

  package mutating func append(_ event: MonitorEvent) {
    total &+= 1
    if let count = counts[event.name] {
      counts[event.name] = count &+ 1
    } else if counts.count < Self.limit {
      counts[event.name] = 1
    }
    if latest.count == Self.limit { latest.removeFirst() }
    latest.append(event)
    guard Self.telling.contains(event.name) else { return }
    if history.count < Self.historyLimit { history.append(event) } else { historyOmitted &+= 1 }
  }
}
