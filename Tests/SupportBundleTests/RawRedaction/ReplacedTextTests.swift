// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import DomainXML
import SupportBundle
import Testing

/// Answers are those of ``RawSamples``, as their files say; what is planted in them is synthesised.
@Suite("What stands behind, before or in the place of a known word does not come through with it")
struct ReplacedTextTests {
  /// What joins a known word and a secret; `nil`: the secret alone.
  private static let joints: [String?] = [
    nil, "", "-", "_", "/", ".", " ", ":", "=", ",", "@", "\\", "&", "%", "'", "\n", "é",
  ]

  private func planted(_ text: String, _ joint: String?, _ secrets: PlantedSecrets) -> String {
    guard let joint else { return secrets.word() }
    // Behind a word of even length, before one of odd length.
    return text.utf8.count.isMultiple(of: 2) ? text + joint + secrets.word() : secrets.word() + joint + text
  }

  /// Every text of `json`, but for the members that say which question it answers.
  private func planted(
    _ json: JSON, _ joint: String?, _ secrets: PlantedSecrets, but steering: Set<String> = []
  ) -> JSON {
    switch json {
    case .string(let text): return .string(planted(text, joint, secrets))
    case .array(let elements): return .array(elements.map { planted($0, joint, secrets) })
    case .object(let object):
      var members: [(String, JSON)] = []
      for member in object.members {
        let isSteering = steering.contains(member.key)
        let value =
          isSteering && member.value.string != nil
          ? member.value
          : planted(member.value, joint, secrets, but: member.key == "arguments" ? steering : [])
        // Some names are strangers' too.
        members.append((member.key, value))
        if !isSteering, member.value.object != nil { members.append((secrets.word(), "x")) }
      }
      return .object(JSONObject(members))
    default: return json
    }
  }

  /// Whether it was not left out.
  @discardableResult
  private func check(_ name: String, _ format: RawAnswer.Format, _ bytes: [UInt8], _ secrets: PlantedSecrets) -> Bool {
    var redactor = Redactor()
    guard let redacted = redactor.redact(RawSamples.answer(format, bytes)) else { return false }
    let found = secrets.found(in: redacted.bytes)
    #expect(found == [], "\(name): \(String(decoding: redacted.bytes.prefix(2_000), as: UTF8.self))")
    let again = redactor.redact(redacted)
    #expect(again == redacted, "\(name)")
    return true
  }

  @Test("In every text of the captured monitor sessions", arguments: joints)
  func monitor(joint: String?) throws {
    for (name, answer) in try RawSamples.monitorExchanges() {
      let secrets = PlantedSecrets()
      let json = planted(
        try JSON(parsing: answer.bytes, limits: .monitor), joint, secrets,
        but: ["execute", "property", "command-line"])
      let isKept = check(name, .monitor, json.bytes, secrets)
      #expect(isKept)
    }
  }

  @Test("In every word of the human monitor's replies", arguments: 0..<6)
  func human(word: Int) throws {
    for (name, answer) in try RawSamples.monitorExchanges() where name.contains("human-monitor-command") {
      let json = try JSON(parsing: answer.bytes, limits: .monitor)
      guard var object = json.object, let text = object["return"]?.string else { continue }
      let secrets = PlantedSecrets()
      // So many lines suffice.
      let lines = text.split(whereSeparator: \.isNewline).prefix(120).map { line -> String in
        var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let filled = words.indices.filter { !words[$0].isEmpty }
        if word < filled.count { words[filled[word]] = planted(words[filled[word]], word > 3 ? nil : "", secrets) }
        return words.joined(separator: " ")
      }
      object["return"] = .string(lines.joined(separator: "\r\n"))
      check(name, .monitor, JSON.object(object).bytes, secrets)
    }
  }

  @Test("In every text of the protocol's vectors", arguments: joints)
  func agent(joint: String?) throws {
    let vectors = try JSON(parsing: RawSamples.bytes("protocol/vectors/results.json"), limits: .monitor)["vectors"]
    var count = 0
    for vector in vectors?.array ?? [] where vector["valid"]?.bool == true {
      guard let method = vector["method"], let result = vector["result"] else { continue }
      let secrets = PlantedSecrets()
      let exchange: JSON = ["method": method, "result": result]
      check(
        "\(vector["name"]?.string ?? "")", .agent, planted(exchange, joint, secrets, but: ["method"]).bytes, secrets)
      count += 1
    }
    #expect(count > 20)
  }

  @Test("In every attribute and text of DomainXML's fixtures", arguments: joints)
  func domains(joint: String?) throws {
    var count = 0
    for (path, bytes) in try RawSamples.domains() where path.contains("Fixtures") {
      let secrets = PlantedSecrets()
      func planted(_ node: XMLNode) -> XMLNode {
        var node = node
        for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
          node.attributes[name] = self.planted(value, joint, secrets)
          if secrets.words.count % 7 == 0 { node.attributes[secrets.word()] = "x" }
        }
        node.text = node.text.map { self.planted($0, joint, secrets) }
        node.children = node.children.map(planted)
        if secrets.words.count % 5 == 0 { node.children.append(XMLNode(secrets.word(), text: secrets.word())) }
        return node
      }
      if check(path, .domainXML, planted(try XMLNode(reading: bytes)).bytes, secrets) { count += 1 }
    }
    #expect(count > 8)
  }

  @Test(
    "In every value of Proxmox's settings", arguments: joints)
  func proxmox(joint: String?) throws {
    for path in ["samples/cases/proxmox-conf-with-a-snapshot/101.conf", "Tests/ArtefactsTests/Samples/qm-config.txt"] {
      let secrets = PlantedSecrets()
      let lines = String(decoding: try RawSamples.bytes(path), as: UTF8.self).split(separator: "\n").map { line in
        line.split(separator: ",").map { part -> String in
          let words = part.split(separator: ":", maxSplits: 1).map(String.init)
          return words.count == 2 && joint != "\n"
            ? words[0] + ": " + planted(String(words[1].drop { $0 == " " }), joint, secrets)
            : planted(String(part), joint == "\n" ? "=" : joint, secrets)
        }.joined(separator: ",")
      }
      check(path, .proxmoxConfiguration, Array(lines.joined(separator: "\n").utf8), secrets)
    }
  }

  @Test("In every word of a log", arguments: joints)
  func log(joint: String?) throws {
    let secrets = PlantedSecrets()
    let lines = """
      2025-06-17T10:31:09.123456Z qemu-system-x86_64: warning: virtio-balloon: balloon page size is not usable
      2025-06-17 10:31:05.123+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.22, kernel: 6.1.0-42-amd64
      char device redirected to /dev/pts/3 (label charserial0)
      2025-06-17 10:31:05.123+0000: shutting down, reason=shutdown
      """.split(separator: "\n").map { line in
        line.split(separator: " ").map { planted(String($0), joint, secrets) }.joined(separator: " ")
      }
    check("log", .hypervisorLog, Array(lines.joined(separator: "\n").utf8), secrets)
  }
}
