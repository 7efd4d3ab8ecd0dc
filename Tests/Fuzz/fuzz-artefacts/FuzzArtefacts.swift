// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import Rules

/// Looks through one hostile file, and judges what comes of it.
func fuzzArtefacts(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard let text = try? ArtefactText(name: "fuzz", Array(bytes)),
    let analysis = try? Analysis([text], tool: "fuzz", now: 2_000_000_000)
  else { return }
  _ = Engine().diagnose(analysis.evidence)
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzArtefacts(UnsafeBufferPointer(start: start, count: count))
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
        bytes.withUnsafeBufferPointer { fuzzArtefacts($0) }
        print("replayed", path)
      }
    }
  }
#endif
