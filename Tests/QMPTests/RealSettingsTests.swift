// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing

@testable import QMP

/// Over real sockets of real QEMU processes, without a guest.
@Suite(
  "A real QEMU's settings", .serialized,
  .enabled(if: QEMUProcess.isInstalled, "needs \(QEMUProcess.program)"))
struct RealSettingsTests {
  private func machine(_ arguments: String..., body: (Monitor) async throws -> Void) async throws {
    let process = try QEMUProcess(arguments)
    defer { process.end() }
    try await process.ready()
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    try await body(monitor)
    await monitor.close()
  }

  @Test("Are plain without further arguments: one backend, small pages, nothing pinned")
  func plain() async throws {
    try await machine("-M", "q35") { monitor in
      let blocks = try await monitor.ramBlocks(until: ample())
      #expect(blocks.contains { $0.name == "pc.ram" })
      #expect(blocks.allSatisfy { $0.pageSize == 4_096 })
      #expect(try await monitor.memoryBackend(until: ample()) == "/objects/pc.ram")
      let share = try await monitor.property("share", of: "/objects/pc.ram", until: ample())
      #expect(share.bool == false)
      #expect(try await monitor.confidentialSupport(until: ample()) == nil)
      #expect(try await monitor.pinningDevices(until: ample()) == [])
      #expect(try await monitor.memoryDevices(until: ample()) == MemoryDevices())
      let isKVM = try await monitor.isKVM(until: ample())
      #expect(!isKVM)
    }
  }

  @Test("Tell of shared memory, of virtio-mem and NVDIMMs, which the balloon's size does not count, and of DIMMs")
  func shared() async throws {
    try await machine(
      "-M", "q35,memory-backend=m,nvdimm=on", "-m", "32M,slots=4,maxmem=1G",
      "-object", "memory-backend-memfd,id=m,size=32M,share=on",
      "-object", "memory-backend-ram,id=v,size=128M", "-device", "virtio-mem-pci,memdev=v,requested-size=64M",
      "-object", "memory-backend-ram,id=d,size=16M", "-device", "pc-dimm,memdev=d",
      "-object", "memory-backend-ram,id=n,size=32M", "-device", "nvdimm,memdev=n",
      "-device", "virtio-balloon-pci"
    ) { monitor in
      #expect(try await monitor.memoryBackend(until: ample()) == "/objects/m")
      let type = try await monitor.property("type", of: "/objects/m", until: ample())
      let share = try await monitor.property("share", of: "/objects/m", until: ample())
      #expect(type.string == "memory-backend-memfd" && share.bool == true)
      #expect(
        try await monitor.memoryDevices(until: ample())
          == MemoryDevices(dimm: 16 << 20, virtio: 0, persistent: 32 << 20))
      let size = try await monitor.memorySize(until: ample())
      #expect(size.base == 32 << 20 && size.plugged == 48 << 20, "NVDIMMs count there")
      #expect(try await monitor.balloonActual(until: ample()) == 48 << 20)
      let blocks = try await monitor.ramBlocks(until: ample())
      #expect(blocks.contains { $0.name == "m" })
    }
  }
}
