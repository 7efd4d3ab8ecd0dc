// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Testing

@testable import Collectors

@Suite("QEMU's process")
struct HypervisorProcessTests {
  private static let uuid = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
  private var deadline: ContinuousClock.Instant { .now + .seconds(10) }

  private func reason(
    _ name: String = "vm", at uri: String, root: String, environment: [String: String] = [:]
  ) -> Failure.Reason? {
    do throws(Failure) {
      _ = try HypervisorProcess.ofDomain(name, uuid: Self.uuid, at: uri, until: deadline, root: root) {
        environment[$0]
      }
      return nil
    } catch { return error.reason }
  }

  @Test("Of a domain is that of libvirt's pid file, when its own command line names the domain")
  func ofDomain() throws {
    try withRoot(["/run/libvirt/qemu/vm.pid": "41\n", "/run/user/0/libvirt/qemu/run/a,b.pid": "42"]) { root in
      try write(root, 41, ["qemu", "-name", "guest=other,debug-threads=on", "-uuid", Self.uuid.uppercased()]) {
        let found = try HypervisorProcess.ofDomain(
          "vm", uuid: Self.uuid, at: "qemu:///system", until: deadline, root: root
        ) { _ in nil }
        #expect(found.pid == 41)
      }
      try write(root, 42, ["qemu", "-name", "guest=a,,b,debug-threads=on"]) {
        let found = try HypervisorProcess.ofDomain(
          "a,b", uuid: Self.uuid, at: "qemu:///session", until: deadline, root: root
        ) { $0 == "XDG_RUNTIME_DIR" ? "/run/user/0" : nil }
        #expect(found.pid == 42)
      }
    }
  }

  @Test("Is not believed when the pid file is stale: the number is another process's, or nobody's")
  func stale() throws {
    try withRoot(["/run/libvirt/qemu/vm.pid": "41\n", "/run/libvirt/qemu/bad.pid": "x\n"]) { root in
      #expect(reason(at: "qemu:///system", root: root) == .notFound)
      for words in [
        ["qemu", "-name", "guest=vm,debug-threads=on", "-uuid", "00000000-0000-0000-0000-000000000001"],
        ["sshd"], ["grep", "guest=vm"], ["qemu", "-name", "guest=vm2,debug-threads=on"], ["qemu", "-name"],
      ] {
        try write(root, 41, words) { #expect(reason(at: "qemu:///system", root: root) == .notFound, "\(words)") }
      }
      #expect(reason("bad", at: "qemu:///system", root: root) == .malformed)
      #expect(reason("none", at: "qemu:///system", root: root) == .notFound)
    }
  }

  @Test("Of another machine, of another driver or of a name that is no file's is not looked for, and says so")
  func elsewhere() throws {
    try withRoot(["/run/libvirt/qemu/vm.pid": "41\n"]) { root in
      #expect(reason(at: "qemu+ssh://root@host/system", root: root) == .unsupported)
      #expect(reason(at: "test:///default", root: root) == .unsupported)
      #expect(reason(at: "qemu:///embed?root=/x", root: root) == .unsupported)
      #expect(reason(at: "qemu:///session", root: root) == .notFound)
      #expect(reason("../vm", at: "qemu:///system", root: root) == .malformed)
    }
  }

  @Test("Has its memory told as /proc tells it, and of one mapping what is resident of it")
  func ownMemory() throws {
    // 64 MiB between two pages that nothing may touch, so that no neighbour is joined to them; 8 MiB are touched.
    let (size, page) = (64 << 20, 4_096)
    let place = try #require(mmap(nil, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    defer { munmap(place, size + 2 * page) }
    try #require(place != MAP_FAILED)
    let ram = place + page
    try #require(mprotect(ram, size, PROT_READ | PROT_WRITE) == 0)
    // Without leave for huge pages, so that what is touched is what is there. A kernel without them refuses.
    _ = madvise(ram, size, MADV_NOHUGEPAGE)
    memset(ram, 1, 8 << 20)

    let process = HypervisorProcess(pid: getpid())
    let told = process.memory(ram: UInt64(size), until: deadline)
    #expect(told.guestRAM.value == 8 << 20, "\(told.guestRAM)")
    let resident = try #require(told.resident.value)
    #expect(resident > 8 << 20)
    let parts = [told.anonymous, told.file, told.shared].compactMap(\.value)
    #expect(parts.count == 3)
    #expect(parts.reduce(0, +) == resident)
    #expect(try #require(told.proportional.value) > 0)
    #expect(told.swapped.value != nil && told.locked.value != nil && told.pinned.value != nil)
    #expect(told.guestRAM.provenance.trust == .host)
    #expect(process.memory(ram: nil, until: deadline).guestRAM.failure?.reason == .notFound)
    #expect(process.memory(ram: 3 << 40, until: deadline).guestRAM.failure?.reason == .unsupported)
    #expect(process.memory(ram: UInt64(size), until: .now).guestRAM.failure?.reason == .timedOut)
  }

  @Test("That is gone, or of a kernel without a counter, is unknown or absent, and never 0")
  func unknown() throws {
    // As a kernel without hugetlbfs and KSM would have it; synthesised.
    try withRoot(["/proc/41/status": "Name:\tqemu\nVmLck:\t       8 kB\nVmRSS:\t    1024 kB\n"]) { root in
      let told = HypervisorProcess(pid: 41, root: root).memory(ram: 1 << 30, until: deadline)
      #expect(told.resident.value == 1 << 20 && told.locked.value == 8_192)
      #expect(told.hugetlb.isAbsent && told.merged.isAbsent && told.swapped.isAbsent)
      #expect(told.proportional.failure?.reason == .notFound)
      let gone = HypervisorProcess(pid: 42, root: root).memory(ram: 1 << 30, until: deadline)
      #expect(gone.resident.failure?.reason == .notFound && gone.merged.failure?.reason == .notFound)
    }
  }

  /// Runs `body` while `/proc/PID/cmdline` below `root` holds these words.
  private func write(_ root: String, _ pid: Int, _ words: [String], _ body: () throws -> Void) throws {
    let (proc, directory) = (root + "/proc", "\(root)/proc/\(pid)")
    mkdir(proc, 0o700)
    mkdir(directory, 0o700)
    defer {
      rmdir(directory)
      rmdir(proc)
    }
    let file = try #require(fopen(directory + "/cmdline", "w"))
    let bytes: [UInt8] = words.flatMap { Array($0.utf8) + [UInt8(0)] }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
    defer { unlink(directory + "/cmdline") }
    try body()
  }
}
