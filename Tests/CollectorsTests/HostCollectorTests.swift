// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Testing

@testable import Collectors

@Suite("The machine that runs the guest")
struct HostCollectorTests {
  private func withHost(_ files: [String: String], _ body: (HostCollector) throws -> Void) throws {
    try withRoot(files) { root in try body(HostCollector(clock: WallClock { 7 }, root: root)) }
  }

  @Test("Tells its kernel, its memory, its merged pages and its huge ones")
  func whole() throws {
    // Synthesised, in the forms of Linux 6.1.
    let files = [
      "/proc/meminfo": "MemTotal:       24689404 kB\nMemFree:  1 kB\nMemAvailable:   23000000 kB\n"
        + "SwapTotal:             0 kB\nSwapFree:              0 kB\nHugePages_Total:       0\n",
      "/sys/kernel/mm/ksm/run": "1\n", "/sys/kernel/mm/ksm/pages_sharing": "10\n",
      "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages": "0\n",
      "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages": "0\n",
      "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "512\n",
      "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "100\n",
      "/sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    ]
    try withHost(files) { collector in
      let host = collector.collect()
      #expect(host.kernel.value?.isEmpty == false && host.kernel.provenance.time == 7)
      #expect(host.memoryTotal.value == 24_689_404 << 10 && host.memoryAvailable.value == 23_000_000 << 10)
      #expect(host.swapTotal.value == 0 && host.swapFree.value == 0)
      #expect(host.ksm.value == 1 && host.ksmSaved.value == 10 * UInt64(sysconf(Int32(_SC_PAGESIZE))))
      #expect(
        host.hugepages.value == [
          HugePagePool(pageSize: 2 << 20, total: 512, free: 100), HugePagePool(pageSize: 1 << 30, total: 0, free: 0),
        ])
      #expect(host.transparentHugepages.value == "madvise")
    }
  }

  @Test("Without these features of the kernel has none of them, which is not 0")
  func bare() throws {
    try withHost(["/proc/meminfo": "MemTotal: 1 kB\n"]) { collector in
      let host = collector.collect()
      #expect(host.memoryTotal.value == 1_024 && host.swapTotal.isAbsent)
      #expect(host.ksm.isAbsent && host.ksmSaved.isAbsent && host.hugepages.isAbsent)
      #expect(host.transparentHugepages.isAbsent)
    }
    try withHost([:]) { #expect($0.collect().memoryTotal.failure?.reason == .notFound) }
  }

  @Test("Takes nothing that it does not understand for a number")
  func malformed() throws {
    let files = [
      "/proc/meminfo": "MemTotal: 99999999999999999999 kB\nMemAvailable: 5 MB\nSwapTotal:\nSwapFree: -1 kB\n",
      "/sys/kernel/mm/ksm/run": "on\n", "/sys/kernel/mm/ksm/pages_sharing": "18446744073709551615\n",
      "/sys/kernel/mm/hugepages/hugepages-xkB/nr_hugepages": "0\n",
      "/sys/kernel/mm/transparent_hugepage/enabled": "always madvise never\n",
    ]
    try withHost(files) { collector in
      let host = collector.collect()
      let leaves = [
        host.memoryTotal, host.memoryAvailable, host.swapTotal, host.swapFree, host.ksm, host.ksmSaved,
      ]
      for leaf in leaves { #expect(leaf.failure?.reason == .malformed, "\(leaf)") }
      #expect(host.hugepages.failure?.reason == .malformed)
      #expect(host.transparentHugepages.failure?.reason == .malformed)
    }
  }

  @Test("Is this one for a local target; another machine says how it is asked, and an agent alone tells of none")
  func targets() throws {
    let collector = HostCollector(clock: WallClock { 7 })
    func host(_ kind: Target.Kind, _ location: String) -> HostEvidence? {
      collector.collect(for: Target(kind: kind, name: "vm", location: location))
    }
    #expect(host(.qmp, "/run/vm.sock")?.memoryTotal.value != nil)
    #expect(host(.proxmox, "100")?.memoryTotal.value != nil)
    #expect(host(.libvirt, "qemu:///system")?.memoryTotal.value != nil)
    let remote = try #require(host(.libvirt, "qemu+ssh://root@far/system"))
    #expect(remote.kernel.failure?.reason == .notAsked && remote.hugepages.failure?.reason == .notAsked)
    #expect(remote.kernel.failure?.ask == "on that machine: virt-balloon collect vm")
    #expect(host(.agent, "/x") == nil)
  }

  @Test("Is this machine, as it is")
  func real() {
    let host = HostCollector().collect()
    #expect(host.kernel.value != nil && (host.memoryTotal.value ?? 0) > 1 << 20)
  }
}
