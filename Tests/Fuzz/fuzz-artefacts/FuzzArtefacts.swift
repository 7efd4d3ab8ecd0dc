// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import FoundationEssentials
import Rules

/// Looks through one hostile file, and judges what comes of it.
func fuzzArtefacts(_ bytes: UnsafeBufferPointer<UInt8>, _ readers: [ArtefactReader]) -> Analysis? {
  guard let text = try? ArtefactText(name: "fuzz", Array(bytes)),
    let analysis = try? Analysis([text], tool: "fuzz", now: 2_000_000_000, readers: readers)
  else { return nil }
  // Of a file in which nothing was found the answer is always the same.
  if !analysis.artefacts.isEmpty { _ = Engine().diagnose(analysis.evidence) }
  return analysis
}

/// Those of one group of readers (`FUZZ_GROUP`, the name of a folder of `seeds`), so that a run's whole time is theirs;
/// all of them for `text`, whose seeds are about what stands around an artefact, and without a group.
let readers: [ArtefactReader] = {
  guard let name = ProcessInfo.processInfo.environment["FUZZ_GROUP"],
    let group = ArtefactReader.Group(rawValue: name)
  else { return ArtefactReader.all }
  // The probe's answer in Windows is made of what Windows' own commands print.
  return ArtefactReader.all.filter { $0.group == group || group == .probe && $0.group == .windows }
}()

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = fuzzArtefacts(UnsafeBufferPointer(start: start, count: count), readers)
    return 0
  }
#else
  /// Without the fuzzer: replays the files it is given, and tells which reader understood how many of them.
  @main
  enum Replay {
    static func main() throws {
      var understood: [String: Int] = [:]
      for path in CommandLine.arguments.dropFirst() {
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        let found = bytes.withUnsafeBufferPointer { fuzzArtefacts($0, readers) }?.artefacts ?? []
        for name in Set(found.map { $0.reader == $0.form ? $0.reader : "\($0.reader) (\($0.form))" }) {
          understood[name, default: 0] += 1
        }
        print("replayed", path, "-", found.isEmpty ? "nothing found" : found.map(\.kind).joined(separator: ", "))
      }
      for (name, count) in understood.sorted(by: { $0.key < $1.key }) {
        print("\(name) understood \(count) of them")
      }
      let reached = Set(understood.keys.compactMap { $0.split(separator: " ").first.map(String.init) })
      for reader in readers where !reached.contains(reader.name) { print("\(reader.name) understood none of them") }
    }
  }
#endif
