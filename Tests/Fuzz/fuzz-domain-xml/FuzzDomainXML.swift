// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML

/// Reads one hostile document, and walks every path it describes.
func fuzzDomainXML(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard let domain = try? DomainConfiguration(xml: Array(bytes)) else { return }
  _ = try? domain.balloonPath()
  _ = domain.balloonGeneration
  _ = domain.system.family
  for controller in domain.topology.controllers { _ = try? domain.topology.path(of: controller.address) }
  for device in domain.sharedMemory { _ = try? domain.topology.path(of: device.address) }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzDomainXML(UnsafeBufferPointer(start: start, count: count))
    return 0
  }
#else
  import FoundationEssentials

  /// Without the fuzzer: replays the files it is given.
  @main
  enum Replay {
    static func main() throws {
      for path in CommandLine.arguments.dropFirst() {
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        bytes.withUnsafeBufferPointer { fuzzDomainXML($0) }
        print("replayed", path)
      }
    }
  }
#endif
