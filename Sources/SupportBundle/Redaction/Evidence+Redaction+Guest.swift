// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What the guest says of itself: foreign text, all of it.
extension Redactor {
  mutating func guest(_ from: GuestEvidence, at place: String) -> GuestEvidence {
    var to = GuestEvidence(Self.unclassified)
    to.agent = leaf(from.agent, at: place + ".agent") { redactor, agent, place in
      AgentIdentity(
        name: redactor.word(agent.name, .name, at: place), version: redactor.programVersion(agent.version, at: place),
        protocolVersion: agent.protocolVersion)
    }
    to.osFamily = word(from.osFamily, at: place + ".osFamily")
    to.osName = prose(from.osName, at: place + ".osName")
    to.kernel = kernel(from.kernel, at: place + ".kernel")
    to.uptime = kept(from.uptime, at: place + ".uptime")
    to.memory = numbers(from.memory, at: place + ".memory")
    to.statistics = numbers(from.statistics, at: place + ".statistics")
    to.functions = leaf(from.functions, at: place + ".functions") { redactor, functions, place in
      functions.enumerated().map { redactor.function($1, at: place + ".value.\($0)") }
    }
    to.services = leaf(from.services, at: place + ".services") { redactor, services, place in
      services.enumerated().map { redactor.service($1, at: place + ".value.\($0)") }
    }
    to.log = leaf(from.log, at: place + ".log") { redactor, lines, place in
      lines.map { redactor.logLine($0, at: place) }
    }
    to.windows = from.windows.map { system($0, at: place + ".windows") }
    to.qemuGA = from.qemuGA.map { qemuGA($0, at: place + ".qemuGA") }
    return to
  }

  private mutating func function(_ from: GuestFunction, at place: String) -> GuestFunction {
    var to = GuestFunction(Self.unclassified)
    to.address = kept(from.address, at: place + ".address")
    to.path = kept(from.path, at: place + ".path")
    to.identity = kept(from.identity, at: place + ".identity")
    to.driver = name(from.driver, at: place + ".driver")
    to.module = leaf(from.module, at: place + ".module") { $0.inf($1, at: $2) }
    to.virtioDriver = name(from.virtioDriver, at: place + ".virtioDriver")
    to.virtioStatus = kept(from.virtioStatus, at: place + ".virtioStatus")
    to.provider = prose(from.provider, at: place + ".provider")
    to.driverVersion = driverVersion(from.driverVersion, at: place + ".driverVersion")
    to.problemCode = kept(from.problemCode, at: place + ".problemCode")
    to.windows = from.windows.map { windowsFunction($0, at: place + ".windows") }
    return to
  }

  private mutating func windowsFunction(_ from: WindowsFunction, at place: String) -> WindowsFunction {
    var to = WindowsFunction(Self.unclassified)
    to.instanceID = leaf(from.instanceID, at: place + ".instanceID") { $0.instanceID($1, at: $2) }
    to.isPresent = kept(from.isPresent, at: place + ".isPresent")
    to.hardwareIDs = hardwareIDs(from.hardwareIDs, at: place + ".hardwareIDs")
    to.compatibleIDs = hardwareIDs(from.compatibleIDs, at: place + ".compatibleIDs")
    to.locationPath = kept(from.locationPath, at: place + ".locationPath")
    to.instancePath = kept(from.instancePath, at: place + ".instancePath")
    to.locationAddress = kept(from.locationAddress, at: place + ".locationAddress")
    to.description = prose(from.description, at: place + ".description")
    to.busDescription = prose(from.busDescription, at: place + ".busDescription")
    to.setupClass = word(from.setupClass, at: place + ".setupClass")
    to.originalINF = leaf(from.originalINF, at: place + ".originalINF") { $0.inf($1, at: $2) }
    to.infSection = leaf(from.infSection, at: place + ".infSection") {
      $0.name($1, keeping: ["BALLOON_Device"], at: $2)
    }
    to.driverDate = leaf(from.driverDate, at: place + ".driverDate") { $0.day($1, at: $2) }
    to.driverRank = kept(from.driverRank, at: place + ".driverRank")
    to.signer = prose(from.signer, at: place + ".signer")
    to.matchingID = leaf(from.matchingID, at: place + ".matchingID") { $0.hardwareID($1, at: $2) }
    to.driverFile = prose(from.driverFile, at: place + ".driverFile")
    to.driverFileVersion = driverVersion(from.driverFileVersion, at: place + ".driverFileVersion")
    to.status = kept(from.status, at: place + ".status")
    to.problem = word(from.problem, at: place + ".problem")
    to.problemStatus = kept(from.problemStatus, at: place + ".problemStatus")
    to.configFlags = kept(from.configFlags, at: place + ".configFlags")
    to.firstInstall = kept(from.firstInstall, at: place + ".firstInstall")
    to.lastArrival = kept(from.lastArrival, at: place + ".lastArrival")
    to.lastRemoval = kept(from.lastRemoval, at: place + ".lastRemoval")
    return to
  }

  private mutating func hardwareIDs(_ leaf: Observation<[String]>, at place: String) -> Observation<[String]> {
    self.leaf(leaf, at: place) { redactor, ids, place in ids.map { redactor.hardwareID($0, at: place) } }
  }

  private mutating func service(_ from: GuestService, at place: String) -> GuestService {
    GuestService(
      name: serviceName(from.name, at: place + ".name"), kind: word(from.kind, at: place + ".kind"),
      state: word(from.state, at: place + ".state"), version: driverVersion(from.version, at: place + ".version"),
      counters: numbers(from.counters, at: place + ".counters"),
      windows: from.windows.map { windowsService($0, at: place + ".windows") })
  }

  /// A driver package has the name of its INF.
  private mutating func serviceName(_ text: String, at place: String) -> String {
    text.folded.hasSuffix(".inf") ? inf(text, at: place) : name(text, at: place)
  }

  private mutating func windowsService(_ from: WindowsService, at place: String) -> WindowsService {
    var to = WindowsService(Self.unclassified)
    to.startType = kept(from.startType, at: place + ".startType")
    to.binaryPath = prose(from.binaryPath, at: place + ".binaryPath")
    to.binaryExists = kept(from.binaryExists, at: place + ".binaryExists")
    to.exitCode = kept(from.exitCode, at: place + ".exitCode")
    to.serviceExitCode = kept(from.serviceExitCode, at: place + ".serviceExitCode")
    to.dependencies = leaf(from.dependencies, at: place + ".dependencies") { redactor, names, place in
      names.map { redactor.name($0, at: place) }
    }
    return to
  }

  private mutating func system(_ from: WindowsSystem, at place: String) -> WindowsSystem {
    var to = WindowsSystem(Self.unclassified)
    to.edition = word(from.edition, at: place + ".edition")
    to.secureBoot = kept(from.secureBoot, at: place + ".secureBoot")
    to.testSigning = kept(from.testSigning, at: place + ".testSigning")
    return to
  }

  private mutating func qemuGA(_ from: QEMUGuestAgentEvidence, at place: String) -> QEMUGuestAgentEvidence {
    var to = QEMUGuestAgentEvidence(Self.unclassified)
    to.version = version(from.version, at: place + ".version")
    to.commands = leaf(from.commands, at: place + ".commands") { redactor, commands, place in
      var redacted: [String: Bool] = [:]
      for (command, isOn) in commands.sorted(by: { $0.key < $1.key }) {
        redacted[redactor.member(command, besides: redacted, at: place)] = isOn
      }
      return redacted
    }
    to.osID = word(from.osID, at: place + ".osID")
    to.osName = prose(from.osName, at: place + ".osName")
    to.osVersion = version(from.osVersion, at: place + ".osVersion")
    to.kernel = kernel(from.kernel, at: place + ".kernel")
    to.devices = leaf(from.devices, at: place + ".devices") { redactor, drivers, place in
      drivers.enumerated().map { redactor.driver($1, at: place + ".value.\($0)") }
    }
    return to
  }

  private mutating func driver(_ from: InstalledDriver, at place: String) -> InstalledDriver {
    InstalledDriver(
      name: prose(from.name, at: place + ".name"), version: driverVersion(from.version, at: place + ".version"),
      date: leaf(from.date, at: place + ".date") { $0.day($1, at: $2) },
      identity: kept(from.identity, at: place + ".identity"))
  }
}
