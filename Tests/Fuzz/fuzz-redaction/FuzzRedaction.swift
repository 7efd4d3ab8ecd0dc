// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import SupportBundle

/// Redacts one hostile input: its first byte says as what (the README tells how), the rest is what was said.
///
/// What comes out has nothing of a planted word in it, and redacting it again, whether by the same redactor or by a new
/// one, gives the same bytes. The word is planted here at one place of the input; it is in the seeds besides, so that
/// the fuzzer carries it to others.
func fuzzRedaction(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let form = Int(first) % (formats.count + 1)
  let joint = joints[Int(first) / (formats.count + 1) % joints.count]
  let said = Array(bytes.dropFirst())
  for said in [said, planted(said, joint)] {
    if form < formats.count { check(formats[form], said) } else { checkProse(said) }
  }
}

private let formats: [RawAnswer.Format] = [
  .domainXML, .monitor, .agent, .qemuGA, .memoryStatistics, .proxmoxConfiguration, .hypervisorLog, .pasted,
]

/// A word that nobody has. No four letters of it that follow each other are part of a word of ours.
private let secret = Array("zqxjsecretkw".utf8)

/// What joins the word and what stands before it.
private let joints = ["", " ", "/", ".", "=", "-", ":"]

/// The word and its joint behind a byte of the input that depends on all of them.
private func planted(_ said: [UInt8], _ joint: String) -> [UInt8] {
  let sum = said.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
  let place = Int(sum % UInt32(said.count + 1))
  return said[..<place] + Array(joint.utf8) + secret + said[place...]
}

/// As `precondition`, but says in an optimised build too what was wrong.
private func require(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { fatalError(what()) } }

private func check(_ format: RawAnswer.Format, _ said: [UInt8]) {
  let answer = RawAnswer(format, "fuzz", bytes: said, time: 0)
  var redactor = Redactor()
  guard let redacted = redactor.redact(answer) else { return }
  hides(redacted.bytes, redactor.ledger)
  require(redactor.redact(redacted) == redacted, "the same redactor changes what it redacted")
  var fresh = Redactor()
  require(fresh.redact(redacted) == redacted, "a new redactor changes what is redacted")
}

private func checkProse(_ said: [UInt8]) {
  var redactor = Redactor()
  let redacted = redactor.redact(String(decoding: said, as: UTF8.self), at: "fuzz")
  hides(Array(redacted.utf8), redactor.ledger)
  // As bytes: texts of other bytes may be equal.
  require(redactor.redact(redacted, at: "fuzz").utf8.elementsEqual(redacted.utf8), "the same redactor: \(redacted)")
  var fresh = Redactor()
  require(fresh.redact(redacted, at: "fuzz").utf8.elementsEqual(redacted.utf8), "a new redactor: \(redacted)")
}

/// Neither the text nor the ledger has the planted word.
private func hides(_ text: [UInt8], _ ledger: RedactionLedger) {
  require(!isTold(text), String(decoding: text, as: UTF8.self))
  for entry in ledger.redactions {
    for place in entry.places { require(!isTold(Array(place.utf8)), place) }
  }
}

private func isTold(_ text: [UInt8]) -> Bool {
  guard text.count >= secret.count else { return false }
  return (0...text.count - secret.count).contains { start in
    text[start] | 0x20 == secret[0] && secret.indices.allSatisfy { text[start + $0] | 0x20 == secret[$0] }
  }
}

#if FUZZING
  @_silgen_name("__lsan_disable") private func ignoreLeaks()
  @_silgen_name("__lsan_enable") private func heedLeaks()

  /// The tables that are made once and stay: the sanitizer does not see them behind Swift's marked pointers, and would
  /// take them for leaked.
  private let tables: Void = {
    ignoreLeaks()
    for text in [
      "A{\"method\":\"guest.os\"}", "@{\"execute\":\"query-pci\"}", "@{\"event\":\"STOP\"}",
      "B{\"execute\":\"guest-info\"}",
    ] {
      fuzzRedaction(Array(text.utf8))
    }
    heedLeaks()
  }()

  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = tables
    fuzzRedaction(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  }
#else
  import Glibc

  /// Without the fuzzer: replays the files it is given.
  @main
  enum Replay {
    static func main() {
      for path in CommandLine.arguments.dropFirst() {
        guard let file = fopen(path, "r") else { continue }
        var bytes = [UInt8](repeating: 0, count: 16 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        fclose(file)
        fuzzRedaction(bytes)
        print("replayed", path)
      }
    }
  }
#endif
