// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// Where the kernel itself lies, by `/proc/iomem`: its code, its constants, its data and what begins as zeros.
///
/// Source: Linux arch/x86/kernel/setup.c (`Kernel code`, `Kernel rodata`, `Kernel data`, `Kernel bss`; other
/// architectures have some of them). Who is not privileged sees every address as 0 (kernel/resource.c).
struct KernelResources {
  /// The four together.
  let image: Fact<UInt64>
  /// From the first to the last of them, with what lies between.
  let span: Fact<UInt64>

  init(in files: SystemFiles) {
    var sum = ByteSum()
    var isHidden = false
    var first = UInt64.max
    var end: UInt64 = 0
    let content = files.lines("/proc/iomem", limit: 1 << 20) { line in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        starts(line[colon...], with: ": Kernel "), Self.isPart(line[(colon &+ 9)...])
      else { return true }
      let text = line[..<colon].filter { $0 != UInt8(ascii: " ") }[...]
      guard let dash = text.firstIndex(of: UInt8(ascii: "-")), let start = longHexadecimalNumber(text[..<dash]),
        let last = longHexadecimalNumber(text[(dash &+ 1)...]), last >= start, last < UInt64.max
      else { return true }
      if last == 0 {
        isHidden = true
      } else {
        sum.add(last &- start &+ 1)
        first = min(first, start)
        end = max(end, last &+ 1)
      }
      return true
    }
    func fact(_ name: String, _ value: Reading<UInt64>) -> Fact<UInt64> {
      content.then { _ in
        isHidden ? .failed(FactFailure(.denied, "only root is told addresses")) : value
      }.fact(source: "/proc/iomem " + name)
    }
    image = fact("Kernel code + rodata + data + bss", sum.reading)
    span = fact("from Kernel code to Kernel bss", sum.isEmpty || end <= first ? .missing : .value(end &- first))
  }

  private static func isPart(_ name: ArraySlice<UInt8>) -> Bool {
    name.elementsEqual("code".utf8) || name.elementsEqual("rodata".utf8) || name.elementsEqual("data".utf8)
      || name.elementsEqual("bss".utf8)
  }
}
