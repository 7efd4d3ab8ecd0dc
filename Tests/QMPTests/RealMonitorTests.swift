// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import PCI
import Testing
import Transports

@testable import QMP

/// Over real sockets of real QEMU processes, without a guest.
@Suite(
  "A real QEMU's monitor", .serialized,
  .enabled(if: QEMUProcess.isInstalled, "needs \(QEMUProcess.program)"))
struct RealMonitorTests {
  private func start(_ arguments: String...) async throws -> QEMUProcess {
    let process = try QEMUProcess(arguments)
    try await process.ready()
    return process
  }

  private func code(_ body: () async throws -> Void) async -> QMPError.Code? {
    do {
      try await body()
      return nil
    } catch { return (error as? QMPError)?.code }
  }

  @Test("Answers every query about a machine with bridges, and about its balloon before firmware has run")
  func everything() async throws {
    let process = try await start(
      "-M", "q35", "-name", "under test", "-device", "pcie-root-port,id=rp0,bus=pcie.0,addr=2,chassis=1",
      "-device", "pcie-pci-bridge,id=pb,bus=rp0", "-device",
      "pcie-root-port,id=rp1,bus=pcie.0,addr=3.2,multifunction=on,chassis=2",
      "-device", "virtio-balloon-pci,id=balloon0,bus=rp1,deflate-on-oom=on",
      "-device", "virtio-serial-pci,id=vs0,bus=pb,addr=6",
      "-chardev", "socket,path=@/agent.sock,server=on,wait=off,id=ch0",
      "-device", "virtserialport,chardev=ch0,name=org.virt-balloon.agent.0")
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    #expect(try await monitor.version(until: ample()) == monitor.greeting.version)
    #expect(try await monitor.runState(until: ample()).status == "prelaunch")
    #expect(try await monitor.name(until: ample()) == "under test")
    #expect(try await monitor.uuid(until: ample()) == nil)
    #expect(try await monitor.machineType(until: ample()).hasPrefix("pc-q35-"))
    #expect(try await monitor.memorySize(until: ample()).base == 32 << 20)
    #expect(try await monitor.balloonActual(until: ample()) == 32 << 20)

    let paths = try await monitor.balloonPaths(until: ample())
    #expect(paths == ["/machine/peripheral/balloon0"])
    let balloon = try #require(paths.first)
    let location = try await monitor.location(of: balloon, until: ample())
    #expect(location.path.description == "03.2/00.0")
    #expect(location.rootBus == "/machine/q35/pcie.0")
    let serial = try await monitor.location(of: "/machine/peripheral/vs0", until: ample())
    #expect(serial.path.description == "02.0/00.0/06.0")

    #expect(!(try await monitor.pciFunctions(until: ample())).contains { $0.identity.isBalloon })
    let inTree = try await monitor.treeFunctions(until: ample()).first { $0.identity.isBalloon }
    #expect(inTree?.path == location.path && inTree?.identity.id == "1af4:1045")

    let statistics = try await monitor.guestStatistics(of: balloon, until: ample())
    #expect(statistics.values.isEmpty && !statistics.unset.isEmpty && statistics.lastUpdate == nil)
    #expect(try await monitor.isFeatureOn("deflate-on-oom", of: balloon, until: ample()))
    #expect(try await monitor.pollingInterval(of: balloon, until: ample()) == 0)
    try await monitor.setPollingInterval(of: balloon, seconds: 2, until: ample())
    #expect(try await monitor.pollingInterval(of: balloon, until: ample()) == 2)

    for device in try await monitor.virtioDevices(until: ample()) {
      #expect(try await monitor.virtioStatus(of: device.path, until: ample()).status.isEmpty)
    }
    let channel = try await monitor.chardevs(until: ample()).first { $0.label == "ch0" }
    #expect(channel?.isHostConnected == false && channel?.isFrontendOpen == false)
    #expect(channel?.path == process.directory + "/agent.sock")
    let peer = try await UnixSocket.connect(to: process.directory + "/agent.sock", until: ample())
    // QEMU accepts the peer in its own time.
    let deadline = ample()
    while try await monitor.chardevs(until: ample()).first(where: { $0.label == "ch0" })?.isHostConnected != true {
      try #require(ContinuousClock.now < deadline)
    }
    peer.close()
  }

  @Test("Finds the balloon and its place without x-query-virtio, and on a second root bus")
  func oldAndExpander() async throws {
    let process = try await start(
      "-M", "q35", "-device", "pxb-pcie,id=pxb,bus_nr=128,bus=pcie.0,addr=7", "-device",
      "pcie-root-port,id=prp,bus=pxb,addr=1,chassis=9", "-device", "virtio-balloon-pci,bus=prp")
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    // An older QEMU, as far as this can be had here: the command is not passed on.
    let old = MonitorPassthrough { text in
      let request = try JSON(parsing: Array(text.utf8), limits: .monitor)
      let command = request["execute"]?.string ?? ""
      guard !command.hasPrefix("x-query-virtio") else {
        return #"{"error": {"class": "CommandNotFound", "desc": "The command \#(command) has not been found"}}"#
      }
      let value = try await monitor.execute(command, request["arguments"]?.object, until: ample())
      return String(decoding: JSON.object(["return": value]).bytes, as: UTF8.self)
    }
    #expect(await code { _ = try await old.virtioDevices(until: ample()) } == .unsupported)
    let paths = try await old.balloonPaths(until: ample())
    let expected = try await monitor.balloonPaths(until: ample())
    #expect(paths == expected && paths.count == 1)
    let location = try await monitor.location(of: paths[0], until: ample())
    #expect(location.path.description == "01.0/00.0")
    #expect(location.rootBus.hasSuffix("/pxb"))
  }

  @Test("A machine without a balloon has none")
  func noBalloon() async throws {
    let process = try await start("-M", "pc")
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    #expect(try await monitor.balloonActual(until: ample()) == nil)
    #expect(try await monitor.balloonPaths(until: ample()).isEmpty)
    #expect(await code { _ = try await monitor.property("guest-stats", of: "/machine/no", until: ample()) } == .absent)
    #expect(await code { _ = try await monitor.execute("no-such-command", until: ample()) } == .unsupported)
    #expect(
      await code { _ = try await monitor.location(of: "/machine", until: ample()) } == .refused)
  }

  @Test("A second client is told that another holds the monitor, and gets it when that one lets go")
  func busy() async throws {
    let process = try await start("-M", "pc")
    let first = try await Monitor.connect(to: process.monitor, until: ample())
    #expect(await code { _ = try await Monitor.connect(to: process.monitor, until: ample()) } == .heldByAnother)
    // QEMU's queue of waiting clients fills next; that too is a monitor held by others.
    var waiting: [UnixSocket] = []
    while let next = try? await UnixSocket.connect(to: process.monitor, until: soon()), waiting.count < 64 {
      waiting.append(next)
    }
    #expect(waiting.count < 64)
    #expect(await code { _ = try await Monitor.connect(to: process.monitor, until: ample()) } == .heldByAnother)
    #expect(try await first.runState(until: ample()).isRunning == false)
    waiting = []
    await first.close()
    let deadline = ample()
    var second: Monitor?
    while second == nil, ContinuousClock.now < deadline {
      second = try? await Monitor.connect(to: process.monitor, until: ample())
    }
    #expect(try await second?.runState(until: ample()).status == "prelaunch")
  }

  @Test("Whatever happened to the guest meanwhile is seen with the next reply")
  func events() async throws {
    let process = try await start("-M", "pc")
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    for command in ["cont", "system_reset", "stop"] { _ = try await monitor.execute(command, until: ample()) }
    let deadline = ample()
    while await monitor.events.counts["RESET"] == nil, ContinuousClock.now < deadline {
      _ = try await monitor.runState(until: ample())
    }
    let events = await monitor.events
    #expect(events.counts["RESUME"] == 1 && events.counts["STOP"] == 1 && events.counts["RESET"] == 1)
    #expect(events.latest.allSatisfy { $0.microseconds != nil })
  }

  @Test("The human monitor's socket is no QMP")
  func human() async throws {
    let process = try await start("-M", "pc", "-monitor", "unix:@/hmp.sock,server=on,wait=off")
    // QEMU makes it after the other, which is there.
    let deadline = ample()
    while access(process.directory + "/hmp.sock", F_OK) != 0, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(
      await code { _ = try await Monitor.connect(to: process.directory + "/hmp.sock", until: ample()) } == .notQMP)
  }

  @Test("A QEMU that is killed closes the connection, and leaves a socket that nobody serves")
  func killed() async throws {
    let process = try await start("-M", "pc")
    let monitor = try await Monitor.connect(to: process.monitor, until: ample())
    process.end()
    #expect(await code { _ = try await monitor.version(until: ample()) } == .closed)
    #expect(await code { _ = try await Monitor.connect(to: process.monitor, until: ample()) } == .unserved)
  }
}
