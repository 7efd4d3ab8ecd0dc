// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol

extension LinuxPlatform {
  /// The balloon's driver, what it stands on, what carries the agent's channel, and the drivers that are known to hold
  /// a balloon's function without serving it; each with the name it has on its bus.
  private static var drivers: [(module: String, bus: String, driver: String)] {
    [
      ("virtio_balloon", "virtio", "virtio_balloon"), ("virtio_pci", "pci", "virtio-pci"),
      ("virtio_console", "virtio", "virtio_console"), ("uio_pci_generic", "pci", "uio_pci_generic"),
      ("vfio_pci", "pci", "vfio-pci"), ("pci_stub", "pci", "pci-stub"),
    ]
  }

  package func services() throws(ProtocolError) -> [ServiceFacts] {
    Self.drivers.map { (module, bus, driver) in
      let folder = "/sys/module/" + module
      return ServiceFacts(
        name: module, kind: "kernel-driver", state: state(folder, "/sys/bus/" + bus + "/drivers/" + driver),
        version: files.line(folder + "/version").fact(source: folder + "/version"),
        counters: module.utf8.elementsEqual("virtio_balloon".utf8) ? balloonCounters : NamedFacts([]))
    }
  }

  /// A loadable module has an `initstate`; a driver built into the kernel shows only on its bus.
  private func state(_ module: String, _ driver: String) -> Fact<String> {
    let loaded = files.line(module + "/initstate")
    if case .missing = loaded {
      switch files.hasFolder(driver) {
      case .value: return .observed("running", source: driver + " (built into the kernel)")
      case .missing: return .absent(source: module + "/initstate, " + driver)
      case .failed(let failure): return .failed(failure, source: driver)
      }
    }
    return loaded.then { .value($0.utf8.elementsEqual("live".utf8) ? "running" : $0) }
      .fact(source: module + "/initstate")
  }

  /// The driver's own counters, in pages since boot, and the pages it holds now (Linux 6.16 and later).
  private var balloonCounters: NamedFacts {
    let events = NumberTable("/proc/vmstat", in: files)
    return NamedFacts(
      ["balloon_inflate", "balloon_deflate", "balloon_migrate", "nr_balloon_pages"].map {
        NamedFacts.Member($0, events[$0])
      })
  }
}
