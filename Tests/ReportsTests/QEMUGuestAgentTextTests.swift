// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Reports
import Rules
import Testing

@Suite("qemu-ga in the facts")
struct QEMUGuestAgentTextTests {
  private func line(_ agent: QEMUGuestAgentEvidence?) throws -> String? {
    var evidence = Scenario.withoutAgent.evidence
    evidence.guest.qemuGA = agent
    let text = DiagnosisReport(Engine().diagnose(evidence), evidence).text(TextStyle(width: 120))
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !TerminalText.isUnsafe($0) })
    return text.split(separator: "\n").first { $0.hasPrefix("  qemu-ga ") }.map(String.init)
  }

  private func agent(_ change: (inout QEMUGuestAgentEvidence) -> Void) -> QEMUGuestAgentEvidence {
    var agent = QEMUGuestAgentEvidence(
      Unknown(failure: Failure(.timedOut, "nothing answers"), provenance: Scenario.guest("guest-info")))
    change(&agent)
    return agent
  }

  @Test("Has no line when it was not to be asked, and the reason when it is silent")
  func silent() throws {
    #expect(try line(nil) == nil)
    #expect(try #require(try line(agent { _ in })).hasSuffix("not known (timed out)"))
  }

  @Test("Has version, system and the number of drivers in one line, whatever the guest says")
  func told() throws {
    let windows = agent {
      $0.version = .observed("8.2.0", Scenario.guest("guest-info"))
      $0.osID = .observed("mswindows", Scenario.guest("guest-get-osinfo"))
      $0.kernel = .observed("20348", Scenario.guest("guest-get-osinfo"))
      $0.devices = .observed([], Scenario.guest("guest-get-devices"))
    }
    #expect(try #require(try line(windows)).hasSuffix("8.2.0; mswindows, kernel 20348; 0 drivers listed"))
    let hostile = agent {
      $0.version = .observed(hostileText, Scenario.guest("guest-info"))
      $0.osID = .observed(hostileText, Scenario.guest("guest-get-osinfo"))
      $0.osName = .observed(hostileText, Scenario.guest("guest-get-osinfo"))
      $0.devices = .observed(
        [
          InstalledDriver(
            name: .observed(hostileText, Scenario.guest("x")), version: .observed(hostileText, Scenario.guest("x")),
            date: .observed(hostileText, Scenario.guest("x")),
            identity: .observed(.balloonModern, Scenario.guest("x")))
        ], Scenario.guest("guest-get-devices"))
    }
    #expect(try line(hostile) != nil)
  }
}
