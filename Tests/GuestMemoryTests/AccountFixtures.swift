// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Synthesised evidence: sizes of the shape that guests under QEMU 7.2 with Debian 12 and Windows 11 show, chosen so
/// that their sums are round; nothing here was captured.
enum AccountFixtures {
  static let now = 1_780_000_000.0
  static let mebi: UInt64 = 1 << 20
  static let gibi: UInt64 = 1 << 30

  static func host(_ source: String) -> Provenance { Provenance(source, trust: .host, time: now) }
  static func guest(_ source: String) -> Provenance { Provenance("agent \(source)", trust: .guest, time: now) }
  static func told(_ value: UInt64, _ source: String) -> Observation<UInt64> { .observed(value, host(source)) }

  /// What libvirt tells without statistics and agent.
  static func libvirtAlone(maximum: UInt64 = 4 * gibi, actual: UInt64 = gibi) -> Evidence {
    var evidence = Evidence.unknown(
      Failure(.disconnected, "the guest has not opened the agent's port", ask: "systemctl status virt-balloon-agent"),
      target: Target(kind: .libvirt, name: "web01", location: "qemu:///system"),
      collection: Collection(tool: "0.1.0", started: now, finished: now + 1, sampled: false))
    evidence.domain.machine = .observed("pc-q35-7.2", host("virDomainGetXMLDesc"))
    evidence.configuration.maximum = told(maximum, "virDomainGetXMLDesc memory")
    evidence.configuration.target = told(actual, "persistent XML currentMemory")
    evidence.configuration.model = .observed("virtio", host("virDomainGetXMLDesc memballoon"))
    evidence.configuration.statsPeriod = .absent(host("virDomainGetXMLDesc memballoon"))
    evidence.configuration.virtioMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.dimmMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.baseMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.readings = [
      Reading(
        time: now, actual: told(actual, "virDomainMemoryStats actual"),
        lastUpdate: .absent(host("virDomainMemoryStats")),
        statistics: .observed([:], host("virDomainMemoryStats")), rss: told(900 * mebi, "virDomainMemoryStats rss"))
    ]
    return evidence
  }

  /// The balloon's statistics besides.
  static func withStatistics(
    maximum: UInt64 = 4 * gibi, actual: UInt64 = gibi, total: UInt64 = 900 * mebi, free: UInt64 = 300 * mebi
  ) -> Evidence {
    var evidence = libvirtAlone(maximum: maximum, actual: actual)
    evidence.configuration.statsPeriod = told(2, "virDomainGetXMLDesc stats period")
    evidence.readings[0].lastUpdate = told(UInt64(now) - 1, "virDomainMemoryStats last_update")
    evidence.readings[0].statistics = .observed(
      [
        "totalMemory": told(total, "virDomainMemoryStats available"),
        "freeMemory": told(free, "virDomainMemoryStats unused"),
        "availableMemory": told(free + 150 * mebi, "virDomainMemoryStats usable"),
        "diskCaches": told(200 * mebi, "virDomainMemoryStats disk_caches"),
      ], host("virDomainMemoryStats"))
    return evidence
  }

  /// `guest.memory` of a Linux agent, as /proc tells it.
  static func memory(_ values: [String: UInt64]) -> Observation<[String: Observation<UInt64>]> {
    .observed(
      Dictionary(
        uniqueKeysWithValues: values.map { name, value in
          (name, Observation.observed(value, guest("guest.memory: \(name)")))
        }), guest("guest.memory"))
  }

  /// With `deflateOnOOM` the total holds the balloon's 3 GiB, else it does not.
  static func linuxMemory(deflateOnOOM: Bool) -> [String: UInt64] {
    // 4096 MiB: 2 of firmware's, 40 of the image, 64 of the page array, 64 of the bounce buffer, 6 of hash tables, none
    // of a crash kernel, 3072 of the balloon, and 840 for the guest; 8 MiB are nobody's, less 768 KiB for the bounce
    // buffer's table.
    [
      "total": (840 + (deflateOnOOM ? 3072 : 0)) * mebi, "free": 236 * mebi, "available": 436 * mebi,
      "cached": 220 * mebi, "buffers": 20 * mebi, "anonymous": 240 * mebi, "slab": 60 * mebi,
      "slabReclaimable": 30 * mebi, "kernelStack": 4 * mebi, "pageTables": 10 * mebi, "percpu": 2 * mebi,
      "vmalloc": 30 * mebi, "hugetlb": 0, "shared": 12 * mebi, "swapCached": 0, "swapTotal": 0, "swapFree": 0,
      "balloonInflated": 3172 * mebi, "balloonDeflated": 100 * mebi, "firmwareRam": 4094 * mebi,
      "firmwareReserved": 2 * mebi, "kernelImage": 40 * mebi, "crashKernel": 0, "hashTables": 6 * mebi,
      "present": 4094 * mebi, "bootReserved": 182 * mebi,
    ]
  }

  static func linuxAgent(deflateOnOOM: Bool, features: Bool = true) -> Evidence {
    var evidence = libvirtAlone()
    evidence.guest.osFamily = .observed("linux", guest("guest.os"))
    evidence.guest.memory = memory(linuxMemory(deflateOnOOM: deflateOnOOM))
    if features {
      evidence.device.guestFeatures = .observed(
        ["STATS_VQ"] + (deflateOnOOM ? ["DEFLATE_ON_OOM"] : []), host("x-query-virtio-status"))
      evidence.device.status = .observed(["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"], host("x-query-virtio"))
    }
    var process = ProcessEvidence(
      Unknown(failure: Failure(.notAsked, "not in this fixture"), provenance: host("/proc/PID/status")))
    process.resident = told(1500 * mebi, "/proc/PID/status VmRSS")
    process.anonymous = told(1440 * mebi, "/proc/PID/status RssAnon")
    process.file = told(60 * mebi, "/proc/PID/status RssFile")
    process.shared = told(0, "/proc/PID/status RssShmem")
    process.guestRAM = told(1380 * mebi, "/proc/PID/smaps")
    process.proportional = told(1450 * mebi, "/proc/PID/smaps_rollup Pss")
    evidence.process = process
    return evidence
  }

  static func windows() -> Evidence {
    var evidence = libvirtAlone(maximum: 8 * gibi, actual: 6 * gibi)
    evidence.guest.osFamily = .observed("windows", guest("guest.os"))
    evidence.guest.memory = memory([
      "total": 8190 * mebi, "available": 3000 * mebi, "cached": 900 * mebi, "committed": 6000 * mebi,
      "commitLimit": 9400 * mebi, "installed": 8192 * mebi, "nonpagedPool": 300 * mebi, "pagedPool": 400 * mebi,
      "kernelTotal": 700 * mebi,
    ])
    return evidence
  }
}
