// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules
import Testing

@Suite("What the host makes of a guest's memory, in a report")
struct HostMemoryTextTests {
  private func text(_ change: (inout Evidence) -> Void) -> String {
    var evidence = Scenario.healthy.evidence
    change(&evidence)
    return DiagnosisReport(Engine().diagnose(evidence), evidence).text(TextStyle(width: 200))
  }

  @Test("Does not say that ballooning works where the host gets nothing")
  func notReturned() {
    let locked = text { $0.configuration.locked = .observed(true, Scenario.host("/proc/PID/status")) }
    #expect(locked.contains("what the guest gives does not come back to the host: "))
    #expect(!locked.contains("ballooning works"))
    #expect(locked.contains("locked memory: true (/proc/PID/status)"))
  }

  @Test("Opens with the reason that follows, not with another one")
  func otherReason() {
    let unasked = text { evidence in
      evidence.configuration.locked = .observed(true, Scenario.host("/proc/PID/status"))
      evidence.device.pollingInterval = .observed(0, Scenario.host("qom-get"))
      for index in evidence.readings.indices {
        evidence.readings[index].lastUpdate = evidence.readings[0].lastUpdate
      }
    }
    #expect(unasked.contains("with something to mend: the host never asks the guest for statistics"))
  }

  @Test("Names Xen's balloon in the facts, and leaves the answer open")
  func xen() {
    let xen = text { evidence in
      evidence.domain.hypervisor = .observed("xen", Scenario.host("domain XML"))
      evidence.device.qomPath = .failed(Failure(.notAsked, "needs --monitor"), Scenario.host("QEMU monitor"))
    }
    #expect(xen.contains("it cannot be told whether ballooning works: the balloon is Xen's, which is no device."))
    #expect(xen.contains("balloon device  none: Xen's balloon is a driver in the guest"))
  }
}
