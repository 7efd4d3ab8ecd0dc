// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import PCI

extension Redactor {
  /// An exchange with our agent, or with another that speaks its protocol.
  mutating func redact(agent bytes: [UInt8]) -> [UInt8]? {
    exchange(bytes, "agent", names: AgentShape.names) { exchange in
      guard let method = exchange["method"]?.string else { return nil }
      return [
        "method": .text(.words(AgentShape.methods)),
        "params": .object(["nonce": .text(.token(.serial))]),
        "result": AgentShape.results[method] ?? .other,
        "error": AgentShape.error,
      ]
    }
  }

  /// The report that the agent prints for a person at the guest: what each method answers, under its name.
  mutating func redact(agentReport bytes: [UInt8]) -> [UInt8]? {
    exchange(bytes, "agent", names: AgentShape.names) { report in
      guard report["protocol"]?.uint != nil, report["agent"]?.object != nil else { return nil }
      var shapes: [String: JSONShape] = [
        "agent": AgentShape.identity, "protocol": .other, "system": .text(.words(AgentShape.systems)),
      ]
      for (method, result) in AgentShape.results where report[method] != nil {
        shapes[method] = .object(["result": result, "error": AgentShape.error])
      }
      return shapes
    }
  }
}

/// What an agent answers, method by method (specification, 9).
enum AgentShape {
  static let methods = Set(Method.all.map(\.name))
  static let systems: Set<String> = ["linux", "windows", "freebsd", "openbsd", "netbsd", "macos", "other"]

  static let error: JSONShape = .object([
    "class": .text(.words(["TooLong"])), "message": .text(.prose), "desc": .text(.prose),
  ])
  static let identity: JSONShape = .object([
    "name": .text(.parsed { $0.word($1, .name, at: $2) }), "version": .text(.parsed { $0.programVersion($1, at: $2) }),
  ])

  static let results: [String: JSONShape] = [
    Method.hello.name: .object([
      "nonce": .text(.token(.serial)), "instance": .text(.token(.serial)), "agent": identity,
      "system": .text(.words(systems)), "methods": .list(.text(.words(methods))),
    ]),
    Method.ping.name: .other,
    Method.os.name: .object([
      "family": fact(.text(.words(systems))), "name": fact(systemName),
      "version": fact(systemVersion), "kernel": fact(kernel),
      "architecture": fact(.text(.words(FieldText.architectures))),
      "bootTime": number, "uptime": number, "clock": number,
      "windows": .object([
        "edition": fact(known(WindowsText.isSystem) { $0.word($1, at: $2) }), "secureBoot": number,
        "testSigning": number,
      ]),
    ]),
    Method.memory.name: .map(number),
    Method.statistics.name: .map(number),
    Method.functions.name: .object(["functions": .list(.object(function))]),
    Method.services.name: .object(["services": .list(service)]),
    Method.log.name: .object([
      "lines": .list(.object(["text": .text(.parsed { $0.logLine($1, at: $2) }), "microseconds": integer]))
    ]),
  ]

  /// A fact with a value of that shape (specification, 7).
  private static func fact(_ value: JSONShape) -> JSONShape {
    .object([
      "status": .text(.words(["observed", "absent", "failed"])), "value": value,
      "source": .text(.parsed(WindowsText.source)),
      "reason": .text(.words(["unsupported", "denied", "timed-out", "malformed", "failed"])), "detail": .text(.prose),
    ])
  }

  /// Integers above 2^53 are decimal texts.
  private static let integer = text { FieldText.isNumber($0) }
  private static let number = fact(integer)

  private static func text(
    _ form: @escaping @Sendable (String) -> Bool, _ kind: RedactionKind = .text
  ) -> JSONShape { .text(.form(form, kind)) }

  private static func known(
    _ form: @escaping @Sendable (String) -> Bool,
    otherwise parse: @escaping @Sendable (inout Redactor, String, String) -> String
  ) -> JSONShape { .text(.known(form, otherwise: parse)) }

  static let systemName = known(WindowsText.isSystem) { $0.redact($1, at: $2) }
  static let systemVersion = known(isSystemVersion) { $0.release($1, at: $2) }
  static let kernel: JSONShape = .text(.parsed { $0.kernel($1, at: $2) })
  static let version = known(WindowsText.isVersion) { $0.driverVersion($1, at: $2) }
  static let day: JSONShape = .text(.parsed { $0.day($1, at: $2) })

  @Sendable private static func isSystemVersion(_ text: String) -> Bool {
    FieldText.isDotted(text) || WindowsText.isSystem(text)
  }

  // MARK: Functions

  private static let function: [String: JSONShape] = [
    "address": fact(text { PCIAddress(parsing: $0) != nil }), "path": path,
    "vendor": number, "device": number, "subsystemVendor": number, "subsystem": number, "class": number,
    "revision": number, "driver": fact(driver), "module": fact(inf), "virtioDriver": fact(driver),
    "virtioStatus": number, "virtioFeatures": fact(text(isBits)),
    "provider": fact(provider), "driverVersion": fact(version),
    "problemCode": number, "windows": .object(windowsFunction),
  ]

  private static let driver = known(WindowsText.isDriver) { $0.name($1, at: $2) }
  private static let inf = known(WindowsText.isDriver) { $0.inf($1, at: $2) }
  private static let provider = known({ WindowsText.providers.contains($0) }) { $0.redact($1, at: $2) }
  private static let path = fact(text { PCIPath(parsing: $0) != nil })

  /// Feature bits, `0` and `1`.
  @Sendable private static func isBits(_ text: String) -> Bool {
    text.utf8.count <= 128 && text.utf8.allSatisfy { $0 == 0x30 || $0 == 0x31 }
  }

  private static let windowsFunction: [String: JSONShape] = [
    "instanceID": fact(.text(.parsed { $0.instanceID($1, at: $2) })), "isPresent": number,
    "hardwareIDs": fact(.list(hardwareID)), "compatibleIDs": fact(.list(hardwareID)), "matchingID": fact(hardwareID),
    "locationPath": path, "instancePath": path, "locationInformation": fact(.text(.prose)),
    "locationAddress": fact(text { PCIAddress(parsing: $0) != nil }),
    "description": fact(deviceName), "busDescription": fact(deviceName),
    "setupClass": fact(known({ WindowsText.setupClasses.contains($0) }) { $0.word($1, at: $2) }),
    "classGUID": fact(text(WindowsText.isClassGUID, .uuid)),
    "originalINF": fact(inf),
    "infSection": fact(known(WindowsText.isSection) { $0.name($1, keeping: ["BALLOON_Device"], at: $2) }),
    "driverDate": fact(day), "driverRank": number,
    "signer": fact(provider), "driverFile": fact(.text(.prose)),
    "driverFileVersion": fact(version), "status": number,
    "problem": fact(known(WindowsText.isProblem) { $0.word($1, at: $2) }), "problemStatus": number,
    "configFlags": number,
    "firstInstall": number, "lastArrival": number, "lastRemoval": number,
  ]

  private static let hardwareID: JSONShape = .text(.parsed { $0.hardwareID($1, at: $2) })
  static let deviceName = known(WindowsText.isDevice) { $0.redact($1, at: $2) }

  // MARK: Services

  private static let service: JSONShape = .object([
    "name": serviceName, "kind": .text(.words(["kernel-driver", "user-service", "driver-package"])),
    "state": fact(known({ serviceStates.contains($0) }) { $0.word($1, at: $2) }), "version": fact(version),
    "counters": .map(number),
    "windows": .object([
      "startType": number, "binaryPath": fact(.text(.prose)), "binaryExists": number, "exitCode": number,
      "serviceExitCode": number, "dependencies": fact(.list(driver)),
    ]),
  ])

  /// A driver package has the name of its INF.
  private static let serviceName = known(WindowsText.isDriver) { redactor, text, place in
    text.folded.hasSuffix(".inf") ? redactor.inf(text, at: place) : redactor.name(text, at: place)
  }

  private static let serviceStates: Set<String> = [
    "running", "stopped", "start-pending", "stop-pending", "paused", "pause-pending", "continue-pending", "live",
    "coming", "going", "builtin", "loaded", "active", "inactive", "failed", "bound", "installed",
  ]

  // MARK: Names

  /// Members' names of the protocol, and the counters of Linux's driver (drivers/virtio/virtio_balloon.c).
  static let names: Set<String> = Set(
    """
    method params result error desc nonce cursor code message protocol agent name version instance system limits request
    reply depth string methods status value source reason detail family kernel architecture bootTime uptime clock
    windows edition secureBoot testSigning total free available cached buffers swapTotal swapFree committed
    commitLimit swapCached anonymous shared slab slabReclaimable kernelStack pageTables secondaryPageTables percpu
    vmalloc hugetlb balloon balloonInflated balloonDeflated present managed spanned percpuFree pageArray firmwareRam
    firmwareReserved kernelImage kernelSpan crashKernel bootReserved bootFreed hashTables laterHashTables percpuBoot
    installed pagedPool nonpagedPool kernelTotal swapIn swapOut majorFaults minorFaults freeMemory totalMemory availableMemory diskCaches
    hugetlbAllocations hugetlbFailures oomKill allocStall asyncScan directScan asyncReclaim directReclaim functions
    next services lines text microseconds kind state counters startType binaryPath binaryExists exitCode
    serviceExitCode dependencies address path vendor device subsystemVendor subsystem class revision driver module
    virtioDriver virtioStatus virtioFeatures provider driverVersion problemCode instanceID isPresent hardwareIDs
    compatibleIDs locationPath instancePath locationInformation locationAddress description busDescription
    setupClass classGUID originalINF infSection driverDate driverRank signer matchingID driverFile
    driverFileVersion problem problemStatus configFlags firstInstall lastArrival lastRemoval balloon_inflate
    balloon_deflate balloon_migrate swap_ra swap_ra_hit
    """.split(whereSeparator: \.isWhitespace).map(String.init) + Method.all.map(\.name))
}
