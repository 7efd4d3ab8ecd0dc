// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import Testing

@Suite("Sizes of memory")
struct MemorySizeTests {
  private func size(_ number: String, _ unit: String?) throws -> UInt64? {
    let attribute = unit.map { " unit='\($0)'" } ?? ""
    return try DomainConfiguration(xml: "<domain><memory\(attribute)>\(number)</memory></domain>").memory.maximum
  }

  @Test(
    "Every unit of libvirt scales as libvirt scales it",
    arguments: [
      (nil, 1024), ("", 1024), ("b", 1), ("B", 1), ("byte", 1), ("bytes", 1), ("k", 1024), ("K", 1024),
      ("KiB", 1024), ("kib", 1024), ("KB", 1000), ("kb", 1000), ("M", 1 << 20), ("MiB", 1 << 20), ("MB", 1_000_000),
      ("G", 1 << 30), ("GiB", 1 << 30), ("GB", 1_000_000_000), ("T", 1 << 40), ("TiB", 1 << 40),
      ("TB", 1_000_000_000_000), ("P", 1 << 50), ("PiB", 1 << 50), ("PB", 1_000_000_000_000_000), ("E", 1 << 60),
      ("EiB", 1 << 60), ("EB", 1_000_000_000_000_000_000),
    ] as [(String?, UInt64)])
  func units(unit: String?, scale: UInt64) throws {
    #expect(try size("3", unit) == scale * 3)
  }

  @Test(
    "What is no size is unknown, never a number",
    arguments: [
      ("16", "EiB"), ("18446744073709551616", "b"), ("18446744073709551615", "k"), ("-1", "KiB"), ("+1", "KiB"),
      ("0x10", "KiB"), ("1.5", "GiB"), ("", "KiB"), ("1 2", "KiB"), ("1", "Kib B"), ("1", "KBB"), ("1", "Z"),
      ("1", "i"), ("١", "KiB"), ("1", "K\u{308}"),
    ])
  func invalid(number: String, unit: String) throws {
    #expect(try size(number, unit) == nil)
  }

  @Test("The largest size that fits is read whole, white space aside")
  func largest() throws {
    #expect(try size("\n  18446744073709551615 \t", "b") == .max)
  }
}
