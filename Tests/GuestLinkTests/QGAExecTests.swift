// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing

@testable import GuestLink

/// The replies are synthesised, after QEMU qga/qapi-schema.json.
@Suite("A program that qemu-ga runs")
struct QGAExecTests {
  private func process(_ text: String) throws -> QGAProcess {
    try QGAProcess(json: try JSON(parsing: Array(text.utf8), limits: QGA.execLimits))
  }

  @Test(
    "Base64 is decoded whole, and anything else is refused",
    arguments: [
      ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("/+8=", nil), ("Z", nil),
      ("Zm9", nil), ("Zm9v\n", nil), ("Zm-v", nil), ("====", nil), ("Z===", nil), ("Zg==Zg==", nil), ("Zm9vÄ", nil),
    ] as [(String, String?)])
  func base64(_ text: String, _ expected: String?) {
    let bytes = Base64.decode(text)
    if text == "/+8=" { #expect(bytes == [0xff, 0xef]) } else { #expect(bytes == expected.map { Array($0.utf8) }) }
  }

  @Test("Has its exit status and both outputs when it has ended, and neither before")
  func status() throws {
    let ended = try process(
      #"{"exited": true, "exitcode": 36, "out-data": "b3V0Cg==", "err-data": "ZXJyCg==", "err-truncated": true}"#)
    #expect(ended.hasExited && ended.exitCode == 36 && ended.isTruncated)
    #expect(String(decoding: ended.output, as: UTF8.self) == "out\nerr\n")
    let running = try process(#"{"exited": false}"#)
    #expect(!running.hasExited && running.exitCode == nil && running.output.isEmpty)
    let killed = try process(#"{"exited": true, "signal": 9}"#)
    #expect(killed.hasExited && killed.exitCode == nil)
    for odd in [#"{}"#, #"{"exited": 1}"#, #"{"exited": true, "out-data": "!"}"#, "[]"] {
      #expect(throws: QGAError.self) { try process(odd) }
    }
  }
}
