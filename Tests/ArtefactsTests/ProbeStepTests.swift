// SPDX-License-Identifier: GPL-3.0-or-later
import Collectors
import Testing

@testable import Artefacts

@Suite("The probe's steps")
struct ProbeStepTests {
  @Test("Are the lines of Windows' paste, each program with its own words and none of a shell")
  func windows() {
    let steps = ProbeScript.windowsSteps
    #expect(steps.first == .text("=== virt-balloon: begin ===") && steps.last == .text("=== virt-balloon: end ==="))
    #expect(steps.contains(.run(program: "cmd.exe", arguments: ["/c", "ver"])))
    #expect(
      steps.contains(
        .run(program: "reg.exe", arguments: ["query", "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\PCI", "/s"])))
    #expect(steps.contains(.run(program: "sc.exe", arguments: ["qc", "BalloonService"])))
    let programs = Set(steps.compactMap { if case .run(let program, _) = $0 { program } else { nil } })
    #expect(programs == ["cmd.exe", "reg.exe", "sc.exe"])
    let verbs = Set(steps.compactMap { if case .run(_, let arguments) = $0 { arguments.first } else { nil } })
    #expect(verbs == ["/c", "query", "qc"])
  }

  @Test("Of Linux are the paste in one shell, whose answer its own reader takes")
  func linux() {
    #expect(ProbeScript.linuxSteps == [.run(program: "/bin/sh", arguments: ["-c", ProbeScript.linux])])
  }
}
