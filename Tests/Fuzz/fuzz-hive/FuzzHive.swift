// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import RegistryHive

/// Reads one hostile file as each of the hives. The seeds were made by the tests' `MadeWindows`.
func fuzzHive(_ path: String) {
  do throws(HiveError) {
    let windows = try OfflineWindows(system: path)
    // Again as the hives beside it, which must refuse it or tell of it.
    _ = try OfflineWindows(system: path, drivers: path)
    _ = try OfflineWindows(system: path, software: path)
    _ = windows.notices
  } catch {}
  _ = try? AmcacheInventory(path)
}

#if FUZZING
  /// The file that each input is written to.
  private let file: CInt = {
    var name = Array("/dev/shm/fuzz-hive-XXXXXX".utf8CString)
    let file = mkstemp(&name)
    precondition(file >= 0)
    unlink(name)
    return file
  }()

  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: start, count: count))
    // With a checksum that is right, more than the header is reached.
    if bytes.count >= 512 {
      var sum: UInt32 = 0
      for offset in stride(from: 0, to: 508, by: 4) {
        sum ^= bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
      }
      for byte in 0..<4 { bytes[508 + byte] = UInt8(truncatingIfNeeded: sum >> (8 * UInt32(byte))) }
    }
    ftruncate(file, 0)
    pwrite(file, bytes, bytes.count, 0)
    fuzzHive("/proc/self/fd/\(file)")
    return 0
  }
#else
  /// Without the fuzzer: replays the files it is given, and says what became of the last.
  @main
  enum Replay {
    static func main() {
      for path in CommandLine.arguments.dropFirst() {
        fuzzHive(path)
        print("replayed", path)
      }
    }
  }
#endif
