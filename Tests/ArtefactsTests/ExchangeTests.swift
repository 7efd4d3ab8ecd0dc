// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Testing

/// The forms in which a support bundle keeps a question with its answer. The values are synthesised.
@Suite struct ExchangeTests {
  private func analyze(_ lines: String...) throws -> Analysis {
    try Sample.analyze(text: lines.joined(separator: "\n") + "\n")
  }

  @Test("A monitor's answers are understood by the questions that stand before them")
  func monitor() throws {
    let analysis = try analyze(
      #"{"execute":"query-balloon","return":{"actual":536870912}}"#,
      #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","#
        + #""property":"guest-stats-polling-interval"},"return":5}"#,
      #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","property":"guest-stats"},"#
        + #""return":{"stats":{"stat-free-memory":4096},"last-update":1700000000}}"#,
      #"{"execute":"query-status","return":{"running":true,"singlestep":false,"status":"running"}}"#,
      #"{"execute":"x-query-virtio","return":[]}"#, #"{"execute":"query-name","return":{"name":"vm"}}"#)
    #expect(
      analysis.kinds == [
        "query-balloon", "guest-stats-polling-interval", "guest-stats", "query-status", "x-query-virtio", "QMP reply",
      ])
    #expect(analysis.unread.isEmpty)
    #expect(analysis.evidence.device.pollingInterval.value == 5 && analysis.evidence.domain.state.value == "running")
    #expect(analysis.evidence.device.qomPath.isAbsent)
    #expect(analysis.evidence.readings.contains { $0.actual.value == 536_870_912 })
  }

  @Test("A refusal, and an answer that was too long to be kept, are no command that waits for its answer")
  func refusals() throws {
    let analysis = try analyze(
      #"{"execute":"query-balloon","error":{"class":"DeviceNotActive","desc":"No balloon device has been activated"}}"#,
      #"{"execute":"query-pci","error":{"class":"TooLong","code":0,"message":"long","desc":"long"}}"#,
      #"{"method":"log.balloon","error":{"code":-32002,"message":"no"}}"#)
    #expect(analysis.kinds == ["query-balloon", "QMP error", "agent's refusal"])
    #expect(analysis.evidence.device.qomPath.isAbsent && analysis.unread.isEmpty)
  }

  @Test("qemu-ga's answers are understood with their questions")
  func qemuGA() throws {
    let analysis = try analyze(
      #"{"execute":"guest-get-osinfo","return":{"id":"mswindows","pretty-name":"Windows 11","kernel-release":"22631"}}"#,
      #"{"execute":"guest-get-devices","return":[{"driver-name":"VirtIO Balloon Driver","driver-version":"1","#
        + #""id":{"type":"pci","vendor-id":6900,"device-id":4162}}]}"#)
    #expect(analysis.kinds == ["guest-get-osinfo", "guest-get-devices"])
    #expect(analysis.evidence.guest.qemuGA?.osID.value == "mswindows")
    #expect(analysis.evidence.guest.qemuGA?.devices.value?.count == 1)
  }

  @Test("The agent's answers are understood by the methods that stand before them")
  func agent() throws {
    let analysis = try analyze(
      #"{"method":"agent.hello","params":{"nonce":"x"},"result":{"protocol":1}}"#,
      #"{"method":"pci.functions","result":{"functions":[]}}"#, #"{"method":"balloon.stats","result":{}}"#)
    #expect(analysis.kinds == ["agent's report", "agent's report", "agent's report"])
    #expect(analysis.evidence.guest.functions.value == [] && analysis.evidence.guest.statistics.value != nil)
    #expect(analysis.unread.isEmpty)
  }
}
