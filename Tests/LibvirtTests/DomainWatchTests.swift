// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig
import Testing

@testable import Libvirt

extension DomainWatch {
  /// The events, once they satisfy `condition` or half a minute has passed.
  fileprivate func events(until condition: ([DomainEvent]) -> Bool) async throws -> [DomainEvent] {
    let deadline = ContinuousClock.Instant.soon
    while true {
      let events = try await events(until: deadline)
      if condition(events) || ContinuousClock.now > deadline { return events }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

@Suite("Domain watch on the test driver", .serialized)
struct TestDriverWatchTests {
  private static let suspended = DomainEvent.lifecycle(.suspended, detail: 0)
  private static let resumed = DomainEvent.lifecycle(.resumed, detail: 0)

  /// Calls a function of libvirt that this program has no use for, since it changes a domain.
  private func change(_ domain: Domain, _ function: String) async throws {
    let uuid = domain.uuid
    let status = try await domain.connection.call(until: .soon) { (raw, libvirt) throws(LibvirtError) -> Int32 in
      guard let pointer = libvirt.virDomainLookupByUUIDString(raw, uuid) else { throw libvirt.lastError() }
      defer { _ = libvirt.virDomainFree(pointer) }
      guard let library = dlopen(Connection.defaultLibrary, RTLD_LAZY | RTLD_NOLOAD),
        let symbol = dlsym(library, function)
      else { return -2 }
      defer { dlclose(library) }
      return unsafeBitCast(symbol, to: (@convention(c) (OpaquePointer) -> Int32).self)(pointer)
    }
    try #require(status == 0)
  }

  private func domain(readOnly: Bool = false) async throws -> Domain {
    try await Connection.open("test:///default", readOnly: readOnly, until: .soon).domain("test", until: .soon)
  }

  @Test("A guest that nothing happens to has no events")
  func quiet() async throws {
    let watch = try await domain().watch(until: .soon)
    #expect(try await watch.events(until: .soon).isEmpty)
    await watch.close(until: .soon)
  }

  @Test("Suspending and resuming is noticed without waiting, on a read-only connection too", arguments: [false, true])
  func suspend(readOnly: Bool) async throws {
    let watch = try await domain(readOnly: readOnly).watch(until: .soon)
    let domain = try await domain()
    for _ in 0..<3 {
      try await change(domain, "virDomainSuspend")
      try await change(domain, "virDomainResume")
    }
    // In their order, and each once.
    #expect(try await watch.events(until: .soon) == [Self.suspended, Self.resumed])
    await watch.close(until: .soon)
  }

  @Test("Each event has its time, also one that comes again")
  func history() async throws {
    let domain = try await domain()
    let watch = try await domain.watch(until: .soon)
    for _ in 0..<3 {
      try await change(domain, "virDomainSuspend")
      try await change(domain, "virDomainResume")
    }
    let (events, omitted) = try await watch.history(until: .soon)
    #expect(
      events.map(\.event) == [Self.suspended, Self.resumed, Self.suspended, Self.resumed, Self.suspended, Self.resumed])
    #expect(events.map(\.time) == events.map(\.time).sorted() && omitted == 0)
    #expect(events.allSatisfy { $0.time > 1_700_000_000 })
    await watch.close(until: .soon)
  }

  @Test("What happened before the watch was opened, or after it was closed, is not in it")
  func bounds() async throws {
    let domain = try await domain()
    try await change(domain, "virDomainSuspend")
    let watch = try await domain.watch(until: .soon)
    try await change(domain, "virDomainResume")
    #expect(try await watch.events(until: .soon) == [Self.resumed])
    await watch.close(until: .soon)
    await watch.close(until: .soon)
    let error = await #expect(throws: LibvirtError.self) { try await watch.events(until: .soon) }
    #expect(error?.code == .closed)
  }

  @Test("What is told of a migration, and of a guest that wakes up, by libvirt's details")
  func details() {
    #expect(DomainEvent.lifecycle(.suspended, detail: 1).isMigration)
    #expect(DomainEvent.lifecycle(.stopped, detail: 3).isMigration)
    #expect(DomainEvent.lifecycle(.started, detail: 1).isMigration)
    #expect(DomainEvent.lifecycle(.resumed, detail: 1).isMigration)
    #expect(!Self.suspended.isMigration && !Self.resumed.isMigration && !DomainEvent.reboot.isMigration)
    #expect(!DomainEvent.lifecycle(.suspended, detail: -1).isMigration)
    #expect(!DomainEvent.lifecycle(.init(rawValue: 4711), detail: 1).isMigration)
    #expect(DomainEvent.lifecycle(.started, detail: 4).isWakeUp)
    #expect(!DomainEvent.lifecycle(.started, detail: 0).isWakeUp)
  }

  @Test("50 watches, closed or just released, leave no thread and no descriptor behind")
  func noLeak() async {
    await #expect(processExitsWith: .success) {
      let domain = try await Connection.open("test:///default", readOnly: true, until: .soon).domain(
        "test", until: .soon)
      await (try await domain.watch(until: .soon)).close(until: .soon)
      let before = Holdings.now()
      for round in 0..<50 {
        let watch = try await domain.watch(until: .soon)
        #expect(try await watch.events(until: .soon).isEmpty)
        if round.isMultiple(of: 2) { await watch.close(until: .soon) }
      }
      let after = try await Holdings.wait { $0.threads <= before.threads + 4 && $0.descriptors <= before.descriptors }
      #expect(after.threads <= before.threads + 4)
      #expect(after.descriptors <= before.descriptors)
    }
  }
}

@Suite(
  "Domain watch on QEMU", .serialized, .privateLibvirtIsInstalled,
  .privateLibvirt { host, tests in
    try await host.startBareDomain("one")
    try await host.startBareDomain("two")
    try await tests()
  })
struct QEMUWatchTests {
  private func domain(_ name: String = "one", readOnly: Bool = true) async throws -> Domain {
    try await Connection.open(PrivateLibvirt.host().uri, readOnly: readOnly, until: .soon).domain(name, until: .soon)
  }

  @Test("A reset, a resume and a pause of this domain are noticed, and another domain's are not")
  func events() async throws {
    let host = try PrivateLibvirt.host()
    let watch = try await domain().watch(until: .soon)
    let other = try await domain("two").watch(until: .soon)
    try await host.virsh("reset", "one")
    #expect(try await watch.events { $0.contains(.reboot) } == [.reboot])
    try await host.virsh("resume", "one")
    try await host.virsh("suspend", "one")
    let both = [DomainEvent.lifecycle(.resumed, detail: 0), .lifecycle(.suspended, detail: 0)]
    #expect(try await watch.events { $0.contains(both[1]) } == [.reboot] + both)
    #expect(try await other.events(until: .soon).isEmpty)
    await watch.close(until: .soon)
    await other.close(until: .soon)
  }

  @Test("A hypervisor that was killed is noticed as stopped")
  func stopped() async throws {
    let host = try PrivateLibvirt.host()
    try await host.startBareDomain("three")
    let watch = try await domain("three").watch(until: .soon)
    kill(try host.processIdentifier(of: "three"), SIGKILL)
    let isStop = { (event: DomainEvent) in if case .lifecycle(.stopped, _) = event { true } else { false } }
    let events = try await watch.events { $0.contains(where: isStop) }
    #expect(events.contains(where: isStop))
    await watch.close(until: .soon)
  }

  @Test("A hypervisor that hangs abandons the connection that asked it, and another connection tells since when")
  func hung() async throws {
    let host = try PrivateLibvirt.host()
    let domain = try await domain()
    let process = try host.processIdentifier(of: "one")
    kill(process, SIGSTOP)
    defer { kill(process, SIGCONT) }
    let error = await #expect(throws: LibvirtError.self) {
      try await domain.memoryStatistics(until: .now + .milliseconds(300))
    }
    #expect(error?.code == .timedOut)
    #expect(domain.connection.isAbandoned)
    let connection = try await domain.connection.openAnother(until: .soon)
    let again = try await connection.domain(domain.uuid, until: .soon)
    let control = try await again.controlStatus(until: .soon)
    #expect(control.state == .occupied)
    #expect(try #require(control.duration) > .zero)
    #expect(try await again.status(until: .soon).isActive == true)
    #expect(try await again.xml(.live, until: .soon).isEmpty == false)
    #expect(!connection.isAbandoned)
  }
}
