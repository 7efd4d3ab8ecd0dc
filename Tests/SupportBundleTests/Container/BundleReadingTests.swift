// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import SupportBundle
import Testing

@Suite("Reading a bundle")
struct BundleReadingTests {
  @Test("works from a file and from a pipe")
  func sources() async throws {
    let folder = try ScratchFolder()
    let bytes = try SampleBundle.bytes()
    let path = try folder.write("bundle", bytes)
    let files = try Bundle(bytes, name: "bundle").files
    #expect(try Bundle(reading: path).files == files)
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    try #require(write(ends[1], bytes, bytes.count) == bytes.count)
    close(ends[1])
    defer { close(ends[0]) }
    #expect(try Bundle(reading: "/proc/self/fd/\(ends[0])").files == files)
  }

  @Test("refuses what is no file, without waiting for it")
  func others() throws {
    let folder = try ScratchFolder()
    mkfifo(folder.path + "/pipe", 0o600)
    truncate(try folder.write("huge", []), 64 << 20 + 1)
    let refused: [(String, BundleError.Code, String)] = [
      (folder.path, .system, "it is a folder"), ("/dev/zero", .system, "it is a device"),
      (folder.path + "/pipe", .notBundle, "is empty"), (folder.path + "/none", .system, "No such file"),
      (folder.path + "/huge", .refused, "more than 67108864 bytes"),
    ]
    for (path, code, reason) in refused {
      let error = #expect(throws: BundleError.self) { try Bundle(reading: path) }
      #expect(error?.code == code)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }
    truncate(folder.path + "/huge", 64 << 20 + 1)
    let error = #expect(throws: BundleError.self) { try Bundle([], name: "a\u{1b}\u{202e}\n\"") }
    #expect(error?.message == #""a\u{1B}\u{202E}\u{A}"" is empty, and no support bundle"#)
  }

  @Test("tells a bundle that breaks off, wherever it does")
  func truncated() throws {
    let bytes = try SampleBundle.bytes()
    for length in 3..<bytes.count {
      let error = #expect(throws: BundleError.self) { try Bundle(Array(bytes[..<length]), name: "cut") }
      #expect(error?.code == .damaged, "\(length) bytes: \(error?.message ?? "")")
    }
    // One whose content comes in many blocks.
    var random = SystemRandomNumberGenerator()
    let noise = (0..<60_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    let large = try BundleContainer.bytes([BundleFile("noise", .raw, noise)], SampleBundle.manifest)
    for length in stride(from: 3, to: large.count, by: 9973) {
      let error = #expect(throws: BundleError.self) { try Bundle(Array(large[..<length]), name: "cut") }
      #expect(error?.code == .damaged, "\(length) bytes: \(error?.message ?? "")")
    }
  }

  @Test("never gives other content when a byte was changed")
  func changed() throws {
    let bytes = try SampleBundle.bytes()
    let whole = try Bundle(bytes, name: "whole")
    var same: [Int] = []
    for place in bytes.indices {
      for mask in [1, 0x80, 0xff] as [UInt8] {
        var damaged = bytes
        damaged[place] ^= mask
        guard let bundle = try? Bundle(damaged, name: "damaged") else { continue }
        #expect(bundle.files == whole.files && bundle.manifest == whole.manifest, "byte \(place) xor \(mask)")
        same.append(place)
      }
    }
    // Bytes of gzip's header that carry nothing (time, extra flags, system), bits that fill the last byte, and a length
    // or distance that copies the same.
    #expect(same.count < bytes.count / 20, "\(same)")
  }

  @Test("and a changed byte within shows in the digests, or carries nothing")
  func changedInside() async throws {
    let folder = try ScratchFolder()
    try folder.write("bundle", SampleBundle.bytes())
    try await folder.run("sh", "-c", "gzip -dc bundle >tar")
    let tar = try folder.read("tar")
    let whole = try Bundle(SampleBundle.bytes(), name: "whole")
    var unseen: Set<Int> = []
    let end = (tar.lastIndex { $0 != 0 } ?? 0) + 512
    for place in tar.indices where place < end {
      var damaged = tar
      damaged[place] ^= 1
      guard let bundle = try? Bundle(StoredGzip.wrap(damaged), name: "damaged") else { continue }
      if try bundle.faults().isEmpty {
        #expect(bundle.files == whole.files, "byte \(place)")
        unseen.insert(place)
      }
    }
    // Padding behind a file's content.
    #expect(unseen.count < end * 2 / 3)
  }
}

/// gzip without compression, so that a test knows which byte is which.
enum StoredGzip {
  static func wrap(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    var rest = bytes[...]
    repeat {
      let block = rest.prefix(0xffff)
      rest = rest.dropFirst(0xffff)
      let count = UInt16(block.count)
      out.append(rest.isEmpty ? 1 : 0)
      out += little(UInt32(count) | UInt32(~count) << 16)
      out += block
    } while !rest.isEmpty
    return out + little(checksum(bytes)) + little(UInt32(truncatingIfNeeded: bytes.count))
  }

  private static func little(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  /// RFC 1952, 8: written apart from the reader's.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value: UInt32 = 0xffff_ffff
    for byte in bytes {
      value ^= UInt32(byte)
      value = value >> 4 ^ table[Int(value & 15)]
      value = value >> 4 ^ table[Int(value & 15)]
    }
    return ~value
  }

  private static let table: [UInt32] = [
    0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac, 0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c,
    0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c, 0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
  ]
}
