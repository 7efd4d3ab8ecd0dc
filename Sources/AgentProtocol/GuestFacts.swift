// SPDX-License-Identifier: BSD-3-Clause

/// The result of `guest.os`.
package struct GuestOS: Hashable, Sendable {
  /// `linux`, `windows`, or another word.
  package var family: Fact<String>
  /// The system's name for people, such as `Debian GNU/Linux 12 (bookworm)`.
  package var name: Fact<String>
  /// The system's version, such as `12`.
  package var version: Fact<String>
  /// The kernel's release, such as `6.1.0-31-cloud-amd64`; on Windows its build.
  package var kernel: Fact<String>
  /// The processor architecture in the system's word, such as `x86_64`.
  package var architecture: Fact<String>
  /// When the guest booted: seconds since 1970 by the guest's clock.
  package var bootTime: Fact<Int64>
  /// Seconds since the guest booted.
  package var uptime: Fact<UInt64>
  /// The guest's clock: seconds since 1970.
  package var clock: Fact<Int64>
  /// What Windows tells besides; `nil` elsewhere.
  package var windows: WindowsSystemFacts?

  package init(
    family: Fact<String>, name: Fact<String>, version: Fact<String>, kernel: Fact<String>,
    architecture: Fact<String>, bootTime: Fact<Int64>, uptime: Fact<UInt64>, clock: Fact<Int64>,
    windows: WindowsSystemFacts? = nil
  ) {
    self.family = family
    self.name = name
    self.version = version
    self.kernel = kernel
    self.architecture = architecture
    self.bootTime = bootTime
    self.uptime = uptime
    self.clock = clock
    self.windows = windows
  }

  package var json: JSON {
    var object: JSONObject = [
      "family": family.json, "name": name.json, "version": version.json, "kernel": kernel.json,
      "architecture": architecture.json, "bootTime": bootTime.json, "uptime": uptime.json, "clock": clock.json,
    ]
    if let windows { object["windows"] = windows.json }
    return .object(object)
  }
  package init(json: JSON) {
    family = Fact(json: json["family"], member: "family")
    name = Fact(json: json["name"], member: "name")
    version = Fact(json: json["version"], member: "version")
    kernel = Fact(json: json["kernel"], member: "kernel")
    architecture = Fact(json: json["architecture"], member: "architecture")
    bootTime = Fact(json: json["bootTime"], member: "bootTime")
    uptime = Fact(json: json["uptime"], member: "uptime")
    clock = Fact(json: json["clock"], member: "clock")
    windows = json["windows"].map { WindowsSystemFacts(json: $0) }
  }
}

/// Facts by name, in a fixed order: the result of `guest.memory` and of `balloon.stats`.
package struct NamedFacts: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package let name: String
    package let fact: Fact<UInt64>
    package init(_ name: String, _ fact: Fact<UInt64>) {
      self.name = name
      self.fact = fact
    }
  }
  package var members: [Member]
  package init(_ members: [Member]) { self.members = members }
  /// The fact of that name; one that was not sent reads as failed.
  package subscript(name: String) -> Fact<UInt64> {
    members.first { $0.name == name }?.fact ?? Fact(json: nil, member: name)
  }
  package var json: JSON { .object(JSONObject(members.map { ($0.name, $0.fact.json) })) }
  /// Reads every member that is a fact; at most 256.
  package init(json: JSON) {
    members = (json.object?.members ?? []).prefix(256).map {
      Member($0.key, Fact(json: $0.value, member: $0.key))
    }
  }
}

/// The members of `guest.memory`, all in bytes.
package enum MemoryField {
  /// What the guest's kernel manages: `MemTotal`, `ullTotalPhys`.
  package static let total = "total"
  /// What nobody uses.
  package static let free = "free"
  /// What a program could get without swapping.
  package static let available = "available"
  /// File caches, buffers excluded.
  package static let cached = "cached"
  /// Buffers of block devices (Linux).
  package static let buffers = "buffers"
  package static let swapTotal = "swapTotal"
  package static let swapFree = "swapFree"
  /// What programs were promised (Windows' commit charge), and at most can be.
  package static let committed = "committed"
  package static let commitLimit = "commitLimit"
}

extension MemoryField {
  /// Linux: what of swap is in memory as well.
  package static let swapCached = "swapCached"
  /// Programs' memory that is no file's.
  package static let anonymous = "anonymous"
  /// Shared memory and tmpfs: a part of ``cached``.
  package static let shared = "shared"
  /// The kernel's small objects, and what of them it could give back.
  package static let slab = "slab"
  package static let slabReclaimable = "slabReclaimable"
  /// The kernel's stacks: a part of ``vmalloc`` where they are mapped (x86-64, arm64).
  package static let kernelStack = "kernelStack"
  package static let pageTables = "pageTables"
  /// Page tables of the guest's own guests and IOMMUs.
  package static let secondaryPageTables = "secondaryPageTables"
  /// The processors' own memory: with ``percpuBoot``, which is no part of ``managed``.
  package static let percpu = "percpu"
  package static let vmalloc = "vmalloc"
  /// In the pool of huge pages, used or not.
  package static let hugetlb = "hugetlb"
  /// What the balloon has, by kernels that tell.
  package static let balloon = "balloon"
  /// What the balloon took and gave back since boot.
  package static let balloonInflated = "balloonInflated"
  package static let balloonDeflated = "balloonDeflated"
  /// Page frames of RAM; those of them that the kernel's allocator has; all between the first and the last.
  package static let present = "present"
  package static let managed = "managed"
  package static let spanned = "spanned"
  /// Free, but kept for one processor, and so no part of ``free``.
  package static let percpuFree = "percpuFree"
  /// The descriptors of all page frames.
  package static let pageArray = "pageArray"
  /// RAM by the firmware's map, and what is none between its beginning and end.
  package static let firmwareRam = "firmwareRam"
  package static let firmwareReserved = "firmwareReserved"
  /// The kernel's code, constants, data and zeros; and the range that they lie in.
  package static let kernelImage = "kernelImage"
  package static let kernelSpan = "kernelSpan"
  /// For the kernel that runs after a crash.
  package static let crashKernel = "crashKernel"
  /// What was set aside before the allocator began, and what of it was given back while the system came up.
  package static let bootReserved = "bootReserved"
  package static let bootFreed = "bootFreed"
  /// Hash tables within ``bootReserved``, and those that were made of pages later.
  package static let hashTables = "hashTables"
  package static let laterHashTables = "laterHashTables"
  /// The first of ``percpu``, within ``bootReserved``.
  package static let percpuBoot = "percpuBoot"
  /// Windows: what the firmware's tables say is plugged in.
  package static let installed = "installed"
  /// Windows: the kernel's memory, which may be paged out, which may not, and both.
  package static let pagedPool = "pagedPool"
  package static let nonpagedPool = "nonpagedPool"
  package static let kernelTotal = "kernelTotal"
}

/// The members of `balloon.stats`: the virtio balloon's statistics tags (virtio 1.2, 5.5.6.3; Linux
/// include/uapi/linux/virtio_balloon.h), computed in the guest. Memory and swap in bytes, the rest as counts.
package enum StatisticsField {
  package static let swapIn = "swapIn"
  package static let swapOut = "swapOut"
  package static let majorFaults = "majorFaults"
  package static let minorFaults = "minorFaults"
  package static let freeMemory = "freeMemory"
  package static let totalMemory = "totalMemory"
  package static let availableMemory = "availableMemory"
  package static let diskCaches = "diskCaches"
  package static let hugetlbAllocations = "hugetlbAllocations"
  package static let hugetlbFailures = "hugetlbFailures"

  /// All of them in the order of their tags, 0 to 9.
  package static let all = [
    swapIn, swapOut, majorFaults, minorFaults, freeMemory, totalMemory, availableMemory, diskCaches,
    hugetlbAllocations, hugetlbFailures,
  ]
}
