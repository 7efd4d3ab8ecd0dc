// SPDX-License-Identifier: GPL-3.0-or-later
import SupportBundle

/// Reads one hostile input as a bundle: as it is; as the tar within; or as the manifest of one, when it begins as that.
///
/// The seeds `bundle` and `guests` were written by `BundleContainer` of made-up files, with one guest and two;
/// `*-tar` and `*-manifest` are what is in them. python3's tarfile made the other tars of the second one's files and a
/// link, a GNU long name, an extended header, and a sparse file.
func fuzzBundle(_ bytes: [UInt8]) {
  switch bytes.first {
  case 0x1f: read(bytes)
  case UInt8(ascii: "{"):
    read(FuzzGzip.wrap(FuzzTar.entry("virt-balloon-bundle/manifest.json", bytes) + [UInt8](repeating: 0, count: 1024)))
  default: read(FuzzGzip.wrap(FuzzTar.signed(bytes)))
  }
}

private func read(_ bytes: [UInt8]) {
  do throws(BundleError) {
    let bundle = try Bundle(bytes, name: "fuzz")
    for fault in try bundle.faults() { check(fault.message) }
    precondition(bundle.files.count <= BundleLimits.entries)
    // What was read can be written and is then read again as it was.
    let own = ["manifest.json", "SHA256SUMS"]
    let files = bundle.files.filter { !own.contains($0.key) }
    let again = try Bundle(
      BundleContainer.bytes(files.map { BundleFile($0.key, .raw, $0.value) }, bundle.manifest), name: "again")
    precondition(again.files.filter { !own.contains($0.key) } == files)
    let faults = try again.faults()
    precondition(faults.isEmpty)
  } catch {
    precondition(error.code != .system && error.code != .libraryMissing, error.message)
    check(error.message)
  }
}

/// A message is one harmless line.
private func check(_ message: String) {
  precondition(message.utf8.count < 2048 && message.utf8.allSatisfy { 0x20..<0x7f ~= $0 }, message)
}

/// Tar by hand, so that a mutated header has a checksum that is right and more than it is reached.
enum FuzzTar {
  /// The same with every header's checksum made right, as far as sizes lead from one to the next.
  static func signed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var at = 0
    while at + 512 <= bytes.count {
      sign(&bytes, at)
      let size = bytes[(at + 124)..<(at + 135)].reduce(0) {
        UInt8(ascii: "0")...UInt8(ascii: "7") ~= $1 ? $0 << 3 | Int($1 & 7) : $0
      }
      at += 512 + (size + 511) & ~511
    }
    return bytes
  }

  private static func sign(_ bytes: inout [UInt8], _ at: Int) {
    guard bytes[at..<(at + 512)].contains(where: { $0 != 0 }) else { return }
    for place in (at + 148)..<(at + 156) { bytes[place] = 0x20 }
    var sum = bytes[at..<(at + 512)].reduce(0) { $0 + Int($1) }
    bytes[at + 154] = 0
    for place in stride(from: at + 153, through: at + 148, by: -1) {
      bytes[place] = UInt8(ascii: "0") + UInt8(sum & 7)
      sum >>= 3
    }
  }

  /// A file of that name, padded.
  static func entry(_ name: String, _ content: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      block.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
    }
    put(name, at: 0)
    let size = String(content.count, radix: 8)
    put("0000644", at: 100)
    put(String(repeating: "0", count: 11 - size.utf8.count) + size, at: 124)
    put("00000000000", at: 136)
    put("0", at: 156)
    put("ustar\u{0}00", at: 257)
    sign(&block, 0)
    return block + content + [UInt8](repeating: 0, count: -content.count & 511)
  }
}

/// gzip without compression.
enum FuzzGzip {
  static func wrap(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(0xffff)
      rest = rest.dropFirst(0xffff)
      out.append(rest.isEmpty ? 1 : 0)
      let count = UInt32(block.count)
      out += little(count | (~count & 0xffff) << 16)
      out += block
    } while !rest.isEmpty
    let checksum = ~bytes.reduce(0xffff_ffff as UInt32) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    return out + little(checksum) + little(UInt32(truncatingIfNeeded: bytes.count))
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
  }

  private static func little(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzBundle(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  }
#else
  import Glibc

  /// Without the fuzzer: replays the files it is given.
  @main
  enum Replay {
    static func main() {
      for path in CommandLine.arguments.dropFirst() {
        guard let file = fopen(path, "r") else { continue }
        var bytes = [UInt8](repeating: 0, count: 64 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        fclose(file)
        fuzzBundle(bytes)
        print("replayed", path)
      }
    }
  }
#endif
