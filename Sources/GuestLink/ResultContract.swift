// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// What the specification (sections 8 and 9) demands of each method's result; `protocol/schema` says the same as
/// JSON Schema.
package enum ResultContract {
  /// What is wrong with a result, one line each, at most 16; empty when it is as specified. A method beyond the
  /// specification may return anything.
  package static func problems(_ method: Method, _ result: JSON) -> [String] {
    var problems: [String] = []
    check(method, result, &problems)
    return Array(problems.prefix(16))
  }

  /// The type of a fact's value.
  private enum Kind {
    case text
    case texts
    case flag
    case unsigned(through: UInt64)
    case signed
  }

  private static func check(_ method: Method, _ result: JSON, _ problems: inout [String]) {
    let known = Method.all.contains { $0.name == method.name }
    guard known else { return }
    guard result.object != nil else { return problems.append("the result is no object") }
    if let list = method.list { return checkPage(list, method, result, &problems) }
    switch method.name {
    case Method.hello.name: checkHello(result, &problems)
    case Method.os.name:
      for name in ["family", "name", "version", "kernel", "architecture"] { fact(result, name, .text, &problems) }
      for name in ["bootTime", "clock"] { fact(result, name, .signed, &problems) }
      fact(result, "uptime", .unsigned(through: .max), &problems)
      windows(result, system, &problems)
    case Method.memory.name:
      let names = [
        MemoryField.total, MemoryField.free, MemoryField.available, MemoryField.cached, MemoryField.buffers,
        MemoryField.swapTotal, MemoryField.swapFree,
      ]
      counters(result, names, "", &problems)
    case Method.statistics.name: counters(result, StatisticsField.all, "", &problems)
    default: break
    }
  }

  private static func checkHello(_ result: JSON, _ problems: inout [String]) {
    for name in ["nonce", "instance", "system"] where result[name]?.string == nil {
      problems.append("\(name) is no string")
    }
    if result["protocol"]?.uint != AgentChannel.version { problems.append("protocol is not 1") }
    for name in ["name", "version"] where result["agent"]?[name]?.string == nil {
      problems.append("agent.\(name) is no string")
    }
    if let methods = result["methods"]?.array {
      if methods.contains(where: { $0.string == nil }) { problems.append("methods holds more than strings") }
      for method in [Method.hello, .ping] where !methods.contains(where: { $0.string == method.name }) {
        problems.append("methods does not list \(method.name)")
      }
    } else {
      problems.append("methods is no list")
    }
    for name in ["request", "reply", "depth", "string"] where result["limits"]?[name]?.uint == nil {
      problems.append("limits.\(name) is no integer from 0")
    }
  }

  private static func checkPage(_ list: String, _ method: Method, _ result: JSON, _ problems: inout [String]) {
    guard let elements = result[list]?.array else { return problems.append("\(list) is no list") }
    switch result["next"] {
    case nil, .null?: break
    case let next?: if next.uint == nil { problems.append("next is no integer from 0") }
    }
    for (index, element) in elements.enumerated() {
      guard problems.count < 16 else { return }
      var found: [String] = []
      if element.object == nil {
        found.append("is no object")
      } else {
        switch method.name {
        case Method.functions.name: checkFunction(element, &found)
        case Method.services.name: checkService(element, &found)
        default: checkLine(element, &found)
        }
      }
      problems += found.map { "\(list)[\(index)]: \($0)" }
    }
  }

  private static func checkFunction(_ function: JSON, _ problems: inout [String]) {
    for name in ["address", "path", "driver", "module", "virtioDriver", "virtioFeatures", "provider", "driverVersion"] {
      fact(function, name, .text, &problems)
    }
    for name in ["vendor", "device", "subsystemVendor", "subsystem", "problemCode"] {
      fact(function, name, .unsigned(through: 0xffff), &problems)
    }
    fact(function, "class", .unsigned(through: 0xffffff), &problems)
    fact(function, "revision", .unsigned(through: 0xff), &problems)
    fact(function, "virtioStatus", .unsigned(through: 0xff), &problems)
    windows(function, device, &problems)
  }

  private static func checkService(_ service: JSON, _ problems: inout [String]) {
    if service["name"]?.string == nil { problems.append("name is no string") }
    if !["kernel-driver", "user-service", "driver-package"].contains(service["kind"]?.string) {
      problems.append("kind is none of kernel-driver, user-service and driver-package")
    }
    fact(service, "state", .text, &problems)
    fact(service, "version", .text, &problems)
    if let all = service["counters"], all.object != nil {
      counters(all, [], "counters.", &problems)
    } else {
      problems.append("counters is no object")
    }
    windows(service, serviceManager, &problems)
  }

  /// The members of `windows` in `guest.os`, in a function and in a service.
  private static let system: [(String, Kind)] = [("edition", .text), ("secureBoot", .flag), ("testSigning", .flag)]
  private static let device: [(String, Kind)] =
    [
      "instanceID", "locationPath", "instancePath", "locationInformation", "locationAddress", "description",
      "busDescription", "setupClass", "classGUID", "originalINF", "infSection", "driverDate", "signer", "matchingID",
      "driverFile", "driverFileVersion", "problem",
    ].map { ($0, .text) }
    + ["driverRank", "status", "problemStatus", "configFlags"].map { ($0, .unsigned(through: .max)) }
    + ["firstInstall", "lastArrival", "lastRemoval"].map { ($0, .signed) }
    + [("isPresent", .flag), ("hardwareIDs", .texts), ("compatibleIDs", .texts)]
  private static let serviceManager: [(String, Kind)] = [
    ("startType", .unsigned(through: .max)), ("binaryPath", .text), ("binaryExists", .flag),
    ("exitCode", .unsigned(through: .max)), ("serviceExitCode", .unsigned(through: .max)), ("dependencies", .texts),
  ]

  /// Checks what Windows tells besides; other systems leave it out.
  private static func windows(_ json: JSON, _ members: [(String, Kind)], _ problems: inout [String]) {
    guard let windows = json["windows"] else { return }
    guard windows.object != nil else { return problems.append("windows is no object") }
    for (name, kind) in members { fact(windows, name, kind, &problems, shown: "windows." + name) }
  }

  private static func checkLine(_ line: JSON, _ problems: inout [String]) {
    if line["text"]?.string == nil { problems.append("text is no string") }
    if let time = line["microseconds"], UInt64(json: time) == nil {
      problems.append("microseconds is no integer from 0")
    }
  }

  /// Checks that all of `names` are there, and that every member is a fact of a count.
  private static func counters(_ json: JSON, _ names: [String], _ prefix: String, _ problems: inout [String]) {
    let members = json.object?.members ?? []
    for name in names where json[name] == nil { problems.append("\(prefix)\(name) is missing") }
    for member in members {
      guard problems.count < 16 else { return }
      fact(json, member.key, .unsigned(through: .max), &problems, shown: prefix + member.key)
    }
  }

  private static func fact(
    _ json: JSON, _ name: String, _ kind: Kind, _ problems: inout [String], shown: String? = nil
  ) {
    let shown = shown.map { LinkError.quoted($0) } ?? name
    guard let fact = json[name] else { return problems.append("\(shown) is missing") }
    guard let status = fact["status"]?.string else { return problems.append("\(shown) is no fact") }
    if fact["source"]?.string == nil { problems.append("\(shown) names no source") }
    switch status {
    case "observed":
      guard let value = fact["value"] else { return problems.append("\(shown) is observed without a value") }
      let fits =
        switch kind {
        case .text: value.string != nil
        case .texts: [String](json: value) != nil
        case .flag: value.bool != nil
        case .unsigned(let limit): UInt64(json: value).map { $0 <= limit } ?? false
        case .signed: Int64(json: value) != nil
        }
      if !fits { problems.append("the value of \(shown) is not of its type") }
    case "absent": break
    case "failed":
      for member in ["reason", "detail"] where fact[member]?.string == nil {
        problems.append("\(shown) failed without a \(member)")
      }
    default: problems.append("the status of \(shown) is none of the protocol's words")
    }
  }
}
