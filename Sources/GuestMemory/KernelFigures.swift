// SPDX-License-Identifier: GPL-3.0-or-later

/// What a Linux kernel for x86-64 sets aside at boot whatever the size of the memory: the constants of
/// ``VisibleMemoryModel``. All sizes are bytes.
package struct KernelFigures: Hashable, Sendable {
  /// Whose figures these are, as a person names it.
  package var name: String
  /// One `struct page`. 64 on x86-64 in every kernel of a distribution (include/linux/mm_types.h; 56 or 80 with unusual
  /// options).
  package var pageStructure: UInt64 = 64
  /// The kernel itself: code, read-only data, data and bss. Its init part is given back after boot.
  package var image: UInt64
  /// What the kernel sets aside for each processor ("percpu: Embedded N pages/cpu").
  package var perProcessor: UInt64
  /// What is left of the memory set aside at boot, once everything with a rule of its own is counted: the kernel log's
  /// buffer, early page tables, tables of sections, nodes and ACPI. Known from a measurement only.
  package var other: UInt64
  /// The bounce buffer that is set aside as soon as some memory lies above 4 GiB, with its table of slots: 64 MiB, and
  /// 24 bytes for each slot of 2 KiB (arch/x86/kernel/pci-dma.c pci_swiotlb_detect; include/linux/swiotlb.h
  /// IO_TLB_DEFAULT_SIZE, IO_TLB_SHIFT; kernel/dma/swiotlb.c). 0 for a kernel that was told `swiotlb=noforce`.
  package var bounceBuffer: UInt64 = (64 << 20) + (64 << 9) * 24
  /// What firmware keeps of the memory that it was given: SeaBIOS under QEMU 7.2 keeps 520 KiB (page 0, 640 KiB to
  /// 1 MiB, and 128 KiB of ACPI tables below the end of low memory), UEFI some megabytes.
  package var firmware: UInt64 = 520 << 10
  /// `crashkernel=`, as /sys/kernel/kexec_crash_size has it.
  package var crashKernel: UInt64 = 0
  /// How far ``image`` and ``other`` may be wrong for the guest at hand.
  package var uncertainty: UInt64
  /// Where the figures come from, for a report.
  package var source: String

  package init(
    name: String, image: UInt64, perProcessor: UInt64, other: UInt64, uncertainty: UInt64, source: String
  ) {
    self.name = name
    self.image = image
    self.perProcessor = perProcessor
    self.other = other
    self.uncertainty = uncertainty
    self.source = source
  }
}

extension KernelFigures {
  /// Debian 12's kernel for virtual machines, 6.1.0-56-cloud-amd64: ``image`` and ``perProcessor`` as it prints them,
  /// ``other`` measured at 4 GiB alone.
  package static let debian6_1 = KernelFigures(
    name: "Debian's 6.1 for clouds", image: 30454 << 10, perProcessor: 244 << 10, other: 2802 << 10,
    uncertainty: 2 << 20, source: "measured with 6.1.0-56-cloud-amd64 and 4 GiB, samples/experiments")

  /// Debian 12's newer kernel for virtual machines, 6.12.117+deb12-cloud-amd64; likewise.
  package static let debian6_12 = KernelFigures(
    name: "Debian's 6.12 for clouds", image: 35091 << 10, perProcessor: 264 << 10, other: 3405 << 10,
    uncertainty: 2 << 20, source: "measured with 6.12.117+deb12-cloud-amd64 and 4 GiB, samples/experiments")

  /// A kernel that nobody has measured: between Debian's two, and honest about it. Kernels of distributions have images
  /// of 25 to 60 MiB.
  package static let typical = KernelFigures(
    name: "an ordinary kernel", image: 33 << 20, perProcessor: 256 << 10, other: 3 << 20, uncertainty: 24 << 20,
    source: "assumed: between the two kernels of samples/experiments")

  /// The figures for a kernel's release (`uname -r`), as far as it is one of those measured; otherwise ``typical``.
  /// Another build of the same series counts as measured, with a greater uncertainty.
  package static func known(release: String?) -> KernelFigures {
    guard let release, release.contains("-cloud-amd64") else { return typical }
    for (series, build, figures) in [
      ("6.1.", "6.1.0-56-cloud-amd64", debian6_1), ("6.12.", "6.12.117+deb12-cloud-amd64", debian6_12),
    ] where release.hasPrefix(series) {
      var found = figures
      if release != build { found.uncertainty = 8 << 20 }
      return found
    }
    return typical
  }

  /// The same, with what the guest itself says in place of what is assumed: the agent's `guest.memory` by its names
  /// (`kernelImage`, `firmwareReserved`, `crashKernel`), in bytes.
  ///
  /// A size that no x86-64 guest can have (2^52 bytes and more) is not believed.
  package func told(by memory: [String: UInt64]) -> KernelFigures {
    var told = self
    func value(_ name: String) -> UInt64? { memory[name].flatMap { $0 < 1 << 52 ? $0 : nil } }
    if let image = value("kernelImage"), image > 0 {
      told.image = image
      told.uncertainty = min(uncertainty, 6 << 20)
      told.source = "the kernel's image as the guest has it; the rest " + source
    }
    if let firmware = value("firmwareReserved") { told.firmware = firmware }
    if let crash = value("crashKernel") { told.crashKernel = crash }
    return told
  }
}
