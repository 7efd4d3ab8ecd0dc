// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import GuestRig
import Testing

extension WindowsProgramTests {
  @Test("It tells the kernel's memory and what is installed; of the firmware's ranges Wine has none")
  func memory() async throws {
    let prefix = try FreshPrefix.current()
    try WindowsAgent.x86_64.require()
    try await prefix.session {
      for agent in WindowsAgent.runnable(in: prefix) {
        let text = try await prefix.check([agent.windowsPath, "--report", "--format", "json"])
        let report = try JSON(parsing: Array(text.utf8), limits: .monitor)
        let memory = NamedFacts(json: try #require(report[Method.memory.name]?["result"]))
        let total = try #require(memory[MemoryField.total].value)
        // What is plugged in is what Windows manages and what is kept from it. Wine tells both alike.
        #expect(try #require(memory[MemoryField.installed].value, "\(memory[MemoryField.installed])") >= total)
        let kernel = try #require(memory[MemoryField.kernelTotal].value)
        let pools = [memory[MemoryField.pagedPool], memory[MemoryField.nonpagedPool]].compactMap(\.value)
        #expect(pools.count == 2)
        #expect(pools.reduce(0, +) == kernel)
        switch memory[MemoryField.firmwareRam] {
        case .absent(let source): #expect(source.hasSuffix(#"Physical Memory .Translated"#))
        case let told: Issue.record("Wine has learnt of it: \(told)")
        }
      }
    }
  }
}
