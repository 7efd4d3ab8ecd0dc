// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import FoundationEssentials
import GuestRig
import PCI
import Rules
import Testing

extension WindowsProgramTests {
  @Test("What `probe windows` prints is understood in the words of Wine's cmd, reg and sc")
  func probe() async throws {
    let (served, answer) = try await ask(
      WindowsGuest {
        $0.devices = [WindowsDevice(.balloon), WindowsDevice(.serial) { $0.path = [(6, 0)] }]
        $0.balloonDriver = .running
      })
    let functions = try #require(served.evidence.guest.functions.value, "\(answer)")
    #expect(functions.count == 2)
    let index = try #require(served.evidence.guestBalloonIndex)
    let balloon = functions[index]
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.module.value == "oem12.inf")
    #expect(balloon.path.value?.description == "05.0")
    #expect(balloon.address.value == PCIAddress(parsing: "00:05.0"))
    #expect(state("BALLOON", served) == "running")
    #expect(state("BalloonService", served) == "running")
    #expect(Engine().diagnose(served.evidence).findings.isEmpty)

    // No driver, no service.
    let (unserved, other) = try await ask(
      WindowsGuest {
        $0.devices = [WindowsDevice(.balloon) { $0.binding = .none }]
        $0.balloonService = .absent
        $0.balloonDriver = .absent
      })
    let found = Set(Engine().diagnose(unserved.evidence).findings.map(\.id))
    #expect(found.contains("driver.none"), "\(other)")
    // Wine's sc says nothing of a service that it has not, so nothing is known of it.
    #expect(unserved.evidence.guest.services.value?.contains { $0.name == "BalloonService" } == false, "\(other)")
    #expect(!found.contains("service.missing"))

    // The generic driver, which has a key and no service.
    let (generic, _) = try await ask(
      WindowsGuest { $0.devices = [WindowsDevice(.balloon) { $0.binding = .generic }] })
    #expect(Engine().diagnose(generic.evidence).findings.map(\.id).contains("driver.generic"))
  }

  private func state(_ name: String, _ analysis: Analysis) -> String? {
    analysis.evidence.guest.services.value?.first { $0.name == name }?.state.value
  }

  /// Runs the paste in a Windows made to look like `guest`.
  private func ask(_ guest: WindowsGuest) async throws -> (Analysis, String) {
    let prefix = try FreshPrefix.current()
    let script = ProbeScript.windows.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    try Data(script.utf8).write(to: URL(filePath: "\(prefix.drive)/probe.bat"))
    let answer = try await prefix.session(as: guest) {
      try await prefix.run(["cmd", "/c", "C:\\probe.bat"]).output
    }
    let text = try ArtefactText(name: "probe", Array(answer.utf8))
    return (try Analysis([text], tool: "test", now: 2_000_000_000), answer)
  }
}
