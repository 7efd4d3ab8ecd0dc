// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Testing

@testable import Collectors

@Suite("QEMU's log")
struct HypervisorLogTests {
  private func reason(_ log: HypervisorLog, _ name: String, _ uri: String) -> Failure.Reason? {
    do throws(Failure) {
      _ = try log.lines(of: name, at: uri)
      return nil
    } catch { return error.reason }
  }

  @Test("Is that of the system's daemon or the user's session, and its lines are those about the balloon")
  func places() throws {
    // The line that QEMU writes: hw/virtio/virtio-balloon.c. The rest is synthesised.
    let text = "other\nqemu: warning: Balloon used with backing page size > 4kiB\nx\n-device virtio-balloon-pci\n"
    let lines = "qemu: warning: Balloon used with backing page size > 4kiB\n-device virtio-balloon-pci\n"
    let files = [
      "/var/log/libvirt/qemu/vm 1.log": text, "/home/u/.cache/libvirt/qemu/log/vm.log": text,
      "/cache/libvirt/qemu/log/vm.log": text,
    ]
    try withRoot(files) { root in
      let log = HypervisorLog(root: root) { $0 == "HOME" ? "/home/u" : nil }
      let cached = HypervisorLog(root: root) { $0 == "HOME" ? "/nowhere" : "/cache" }
      let homeless = HypervisorLog(root: root) { _ in nil }
      let expected = HypervisorLog.Lines(bytes: Array(lines.utf8), isCut: false)
      let system = try log.lines(of: "vm 1", at: "qemu:///system")
      let session = try log.lines(of: "vm", at: "qemu:///session")
      let cache = try cached.lines(of: "vm", at: "qemu+unix:///session?socket=/x")
      #expect(system == expected && session == expected && cache == expected)
      #expect(reason(homeless, "vm", "qemu:///session") == .notFound)
      #expect(reason(log, "vm 2", "qemu:///system") == .notFound)
    }
  }

  @Test("Of another machine, or of another driver, is not read; nor is what a name leads elsewhere to")
  func elsewhere() throws {
    try withRoot(["/var/log/libvirt/qemu/vm.log": "balloon\n", "/var/log/libvirt/secret.log": "balloon\n"]) { root in
      let log = HypervisorLog(root: root)
      #expect(reason(log, "vm", "qemu+ssh://root@host/system") == .notAsked)
      #expect(reason(log, "vm", "test:///default") == .unsupported)
      #expect(reason(log, "vm", "qemu:///embed?root=/x") == .unsupported)
      for name in ["../secret", "..", "", "a/b", "a\nb", String(repeating: "x", count: 300)] {
        #expect(reason(log, name, "qemu:///system") == .malformed, "\(name)")
      }
      let link = root + "/var/log/libvirt/qemu/link.log"
      symlink(root + "/var/log/libvirt/secret.log", link)
      defer { unlink(link) }
      #expect(reason(log, "link", "qemu:///system") == .denied)
    }
  }

  @Test("Is read from its end, and of many or long lines the last and their beginnings are kept")
  func bounds() throws {
    let many = (0..<1_000).map { "line \($0) BALLOON\n" }.joined()
    let lines = HypervisorLog.aboutBalloon(Array(many.utf8))
    #expect(lines.isCut && lines.bytes.split(separator: 10).count == HypervisorLog.lineLimit)
    #expect(String(decoding: lines.bytes, as: UTF8.self).hasSuffix("line 999 BALLOON\n"))
    let long = HypervisorLog.aboutBalloon(Array(("balloon" + String(repeating: "x", count: 9_000)).utf8))
    #expect(long.isCut && long.bytes.count == HypervisorLog.lengthLimit + 1)

    let padding = String(repeating: "x", count: HypervisorLog.tailLimit)
    try withRoot(["/var/log/libvirt/qemu/vm.log": "early balloon\n" + padding + "\nlate balloon\n"]) { root in
      let lines = try HypervisorLog(root: root).lines(of: "vm", at: "qemu:///system")
      #expect(String(decoding: lines.bytes, as: UTF8.self) == "late balloon\n" && lines.isCut)
    }
  }

  @Test("Is looked for on this machine by the libvirt URI alone")
  func uris() {
    for uri in ["qemu:///system", "test:///default", "qemu+unix:///session", "qemu+unix://x/system", "xen:///"] {
      #expect(LibvirtURI(uri).isHere, "\(uri)")
    }
    for uri in ["qemu+ssh://host/system", "qemu+tls://[::1]/system", "esx://root@h/?no_verify=1", "nonsense"] {
      #expect(!LibvirtURI(uri).isHere, "\(uri)")
    }
    #expect(
      LibvirtURI("qemu:///embed?root=/a#b").path == "/embed" && LibvirtURI("qemu+ssh://h/system").driver == "qemu")
  }
}
