// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import SupportBundle

/// All texts are synthesised; names and addresses are documentation's, or made up.
@Suite("The redactor")
struct RedactorTests {
  @Test("One value has one token, whatever its kind, its place and the case of its letters")
  func consistent() {
    var redactor = Redactor()
    #expect(redactor.token(.guest, for: "Web99", at: "target.name") == "redacted-guest-1")
    #expect(redactor.token(.name, for: "web99", at: "device.qomPath") == "redacted-guest-1")
    #expect(redactor.token(.guest, for: "other7", at: "target.name") == "redacted-guest-2")
    #expect(redactor.token(.uuid, for: "other8", at: "target.uuid") == "redacted-uuid-1")
    #expect(redactor.redact("no domain 'web99' here", at: "x") == "no domain 'redacted-guest-1' here")
    #expect(redactor.redact("/run/WEB99.sock", at: "x") == "/run/redacted-guest-1.sock")
    #expect(redactor.redact("domain-1-web99-agent", at: "x") == "domain-1-redacted-guest-1-agent")
  }

  @Test("An empty value stays empty, and a token of an earlier redaction stays and keeps its number")
  func tokens() {
    var redactor = Redactor()
    #expect(redactor.token(.guest, for: "", at: "x") == "")
    #expect(redactor.token(.guest, for: "redacted-guest-1", at: "x") == "redacted-guest-1")
    #expect(redactor.token(.guest, for: "zebra", at: "x") == "redacted-guest-2")
    #expect(
      redactor.redact("the guest redacted-ip-3 and redacted-host-7.log", at: "x")
        == "the guest redacted-ip-3 and redacted-host-7.log")
    #expect(redactor.redact("10.9.8.7", at: "x") == "redacted-ip-1")
    for text in ["redacted-zebra-1", "redacted-guest-0", "redacted-guest-1234567", "redacted-guest-1a", "redacted-ip"] {
      #expect(redactor.redact(text, at: "x") != text)
    }
  }

  @Test("The ledger tells kinds, counts and places, and no values")
  func ledger() {
    var redactor = Redactor()
    _ = redactor.token(.guest, for: "zebra", at: "target.name")
    _ = redactor.redact("zebra at 192.0.2.7, zebra", at: "collection.notices.0")
    #expect(
      redactor.ledger.redactions == [
        .init(
          token: "redacted-guest-1", kind: .guest, count: 3, places: ["collection.notices.0", "target.name"],
          isCut: false),
        .init(token: "redacted-ip-1", kind: .ip, count: 1, places: ["collection.notices.0"], isCut: false),
      ])
    #expect(redactor.ledger.schema == "virt-balloon/redactions/1")
    #expect(redactor.ledger.kinds == [.guest: 1, .ip: 1])
    for index in 0..<60 { _ = redactor.token(.guest, for: "zebra", at: "place.\(index)") }
    #expect(redactor.ledger.redactions[0].places.count == RedactionLedger.placeLimit)
    #expect(redactor.ledger.redactions[0].isCut)
  }

  @Test(
    "A name that is a word of ours, or a number, is not looked for in sentences, where that would tell it",
    arguments: ["guest", "windows", "virtio", "1", "the balloon", "running"])
  func ordinaryNames(name: String) {
    var redactor = Redactor()
    #expect(redactor.token(.guest, for: name, at: "target.name") == "redacted-guest-1")
    let sentence = "the balloon of the guest is running in Windows, 1 of 2 virtio devices"
    #expect(redactor.redact(sentence, at: "x") == sentence)
  }

  @Test("Of two names, one beginning with the other, the longer one is found")
  func prefixes() {
    var redactor = Redactor()
    _ = redactor.token(.guest, for: "zebra", at: "x")
    _ = redactor.token(.guest, for: "zebra-two", at: "x")
    _ = redactor.token(.guest, for: "zebra two and three", at: "x")
    #expect(
      redactor.redact("zebra, zebra-two, zebra-two.log, zebra two and three, zebras", at: "x")
        == "redacted-guest-1, redacted-guest-2, redacted-guest-2.log, redacted-guest-3, redacted-text-1")
  }

  @Test("The release of a kernel and the type of a machine stay where every word of them is the field's")
  func releases() {
    var redactor = Redactor()
    for kernel in [
      "6.1.0-42-cloud-amd64", "5.14.0-427.13.1.el9_4.x86_64", "6.8.12-4-pve", "5.10.205-195.807.amzn2.x86_64",
      "6.5.0-1018-gke", "10.0.20348", "20348",
    ] { #expect(redactor.kernel(kernel, at: "x") == kernel) }
    for machine in ["pc-q35-8.1+pve0", "pc-i440fx-rhel7.6.0", "pc-i440fx-focal", "s390-ccw-virtio-7.2", "q35"] {
      #expect(redactor.machine(machine, at: "x") == machine)
    }
    #expect(redactor.kernel("6.1.0-zebra", at: "x") != "6.1.0-zebra")
    #expect(redactor.kernel("6.1.0-10.1.2.3", at: "x") != "6.1.0-10.1.2.3")
    #expect(redactor.machine("pc-q35-zebra", at: "x") != "pc-q35-zebra")
    #expect(redactor.machine("pc-491705-550123", at: "x") != "pc-491705-550123")
  }
}
