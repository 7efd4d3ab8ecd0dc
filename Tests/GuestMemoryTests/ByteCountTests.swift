// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory
import Testing

@Suite("Sizes as people write them")
struct ByteCountTests {
  private static let sizes: [(text: String, bytes: UInt64)] = [
    ("32G", 34_359_738_368), ("1024M", 1_073_741_824), ("512KiB", 524_288), ("1.5 GiB", 1_610_612_736),
    ("2GB", 2_000_000_000), ("64b", 64), ("10 bytes", 10), ("0.25m", 262_144), ("1t", 1_099_511_627_776),
    ("8P", 9_007_199_254_740_992), ("0G", 0),
  ]

  @Test(
    "Letters and iB are powers of 1024, B alone behind a letter powers of 1000, as libvirt has it", arguments: sizes)
  func parses(_ text: String, _ bytes: UInt64) { #expect(ByteCount.parse(text) == bytes) }

  @Test(
    "What is no size, has no unit or does not fit is refused",
    arguments: [
      "", "G", "32", "-1G", "1..5G", "1.G", ".5G", "1,5G", "1e3M", "32Q", "99999999999G", "16384P", "1.5B",
      "1.1234567G",
      "٣G", "1 G B", "0x10M", "+1G",
    ])
  func refuses(_ text: String) { #expect(ByteCount.parse(text) == nil) }

  @Test("A size is shown in the largest unit that fits, a difference with its sign")
  func shows() {
    #expect(ByteCount.text(0) == "0 bytes")
    #expect(ByteCount.text(1536 << 20) == "1.5 GiB")
    #expect(ByteCount.text(.max) == "16777215.9 TiB")
    #expect(ByteCount.text(signed: -(1 << 20)) == "-1 MiB")
    #expect(ByteCount.text(signed: .min) == "-8388608 TiB")
  }
}
