// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension RealGuestTests {
  @Test("A domain under a real libvirtd has statistics, a channel, and follows its target")
  func libvirtDomain() async throws {
    try await LibvirtHost.with { host in
      try await host.withDomain { domain in
        try await waitUntil("libvirt had statistics") {
          try await host.virsh("dommemstat", domain.name).contains("available ")
        }
        #expect(try await domain.control("vb balloon driver") == "virtio-pci virtio_balloon")
        #expect(try await domain.control("vb port \(GuestConfiguration.agentPort)") == "/dev/vport0p1")
        try await host.virsh("setmem", domain.name, "230MiB", "--live")
        try await waitUntil("actual followed") {
          try await host.virsh("dommemstat", domain.name).contains("actual \(230 * 1024)\n")
        }
      }
      #expect(try await host.virsh("list", "--all", "--name").allSatisfy(\.isWhitespace))
    }
  }
}
