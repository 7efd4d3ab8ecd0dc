// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import Reports
import SupportBundle
import Testing

@Suite("Nothing that a user could hide is in a shareable bundle")
struct PlantedBundleTests {
  /// What sources said of a guest of this name, in every format that has words; synthesised.
  private func answers(_ secret: String) -> [RawAnswer] {
    let json = String(decoding: JSONTree.string(secret).text, as: UTF8.self)
    let texts: [(RawAnswer.Format, String)] = [
      (.monitor, #"{"execute":"query-name","return":{"name":\#(json)}}"#),
      (.monitor, #"{"execute":"query-chardev","return":[{"label":\#(json),"filename":\#(json)}]}"#),
      (.monitor, #"{"execute":"qom-get","error":{"class":"GenericError","desc":\#(json)}}"#),
      (.agent, #"{"method":"guest.os","result":{"name":{"value":\#(json),"source":\#(json)}}}"#),
      (.qemuGA, #"{"execute":"guest-get-osinfo","return":{"id":"mswindows","pretty-name":\#(json)}}"#),
      (.hypervisorLog, "2026-05-28T20:21:40.123456Z qemu-system-x86_64: balloon: \(secret)\n"),
      (.proxmoxConfiguration, "memory: 4096\nname: \(secret)\ndescription: \(secret)\n"),
      (.pasted, secret),
    ]
    return texts.map { RawAnswer($0, "query-balloon", bytes: Array($1.utf8), time: CollectedGuest.time) }
  }

  @Test("Sixty secrets, each in every text of a guest's evidence and answers, are in no byte of it")
  func everywhere() throws {
    let full = try FullEvidence.shared()
    let trees = [full.observed, full.failed, full.absent]
    // Four small numbers with points are a version where a version is told, whatever else they might be.
    let secrets = EvidenceRedactionTests.secrets.filter { $0.secret != "192.0.2.77" }
    #expect(secrets.count >= 40)
    let guests = try secrets.enumerated().map { index, planted in
      let tree = trees[index % trees.count].replacing(FullEvidence.mark, by: planted.secret)
      return GuestRecord(
        try tree.decoded(Evidence.self), raw: answers(planted.secret), seconds: 1,
        shortfall: Failure(.failed, "cannot open '\(planted.secret)'", ask: "virsh start \(planted.secret)"))
    }
    let lost = secrets.map { planted in
      LostTarget(
        Target(kind: .libvirt, name: planted.secret, location: "qemu+ssh://\(planted.secret)/system"),
        Failure(.denied, "cannot connect to \(planted.secret)"), seconds: 1)
    }
    let content = BundleContent(guests: guests, lost: lost, form: .shareable, tool: "0.0.0")
    let bundle = try Bundle(try content.archive(), name: "a bundle")
    #expect(bundle.files.count > guests.count * 4)
    for (path, bytes) in bundle.files {
      let text = Self.withoutDigests(bytes).lowercased()
      for (secret, parts) in secrets {
        for part in parts.isEmpty ? [secret] : parts {
          #expect(!text.contains(part.lowercased()), "\(part) in \(path)")
        }
      }
    }
  }

  /// The text without SHA-256 digests, in which a secret of four hexadecimal digits stands by chance.
  private static func withoutDigests(_ bytes: [UInt8]) -> String {
    var kept: [UInt8] = []
    var run: [UInt8] = []
    for byte in bytes + [UInt8(ascii: "\n")] {
      if Character(Unicode.Scalar(byte)).isHexDigit {
        run.append(byte)
      } else {
        if run.count != 64 { kept += run }
        run = []
        kept.append(byte)
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }
}
