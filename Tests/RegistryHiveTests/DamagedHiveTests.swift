// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import FoundationEssentials
import Glibc
import RegistryHive
import Testing

/// Those that might end the program, or whose memory is measured, run in a process of their own.
@Suite("Hives that somebody has damaged")
struct DamagedHiveTests {
  /// A hive with everything that is read.
  private static func whole(_ folder: borrowing HiveFolder) async throws -> String {
    var made = MadeWindows()
    made.device(MadeWindows.transitional, "3&13c0b0c5&0&28", .balloon)
    made.device(MadeWindows.modern, "4&2e3a6f3&0&000A", .none)
    made.oldDevice("VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_01", "3&13c0b0c5&0&30", .generic)
    made.services()
    made.database()
    return try await folder.make("SYSTEM", made.registry)
  }

  @Test("What is no hive is refused in one clear line", arguments: ["", "text", "regf", "folder", "missing", "pipe"])
  func refused(_ kind: String) throws {
    let folder = try HiveFolder()
    let path = folder.path + "/it"
    let expected: HiveError.Code
    switch kind {
    case "folder": (_, expected) = (mkdir(path, 0o700), .notRegular)
    case "pipe": (_, expected) = (mkfifo(path, 0o600), .notRegular)
    case "missing": expected = .notFound
    case "regf": (_, expected) = (try folder.write("it", Array("regf".utf8)), .truncated)
    default: (_, expected) = (try folder.write("it", Array(kind.utf8)), .notHive)
    }
    let error = #expect(throws: HiveError.self) { try OfflineWindows(system: path) }
    #expect(error?.code == expected)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("A hive that is cut short anywhere is refused")
  func truncated() async throws {
    let folder = try HiveFolder()
    let bytes = try HiveBytes(of: try await Self.whole(folder)).content
    for length in stride(from: 0, to: bytes.count, by: 509) {
      let path = try folder.write("cut", Array(bytes[..<length]))
      let error = #expect(throws: HiveError.self, "\(length) bytes") { try OfflineWindows(system: path) }
      #expect([.truncated, .notHive].contains(error?.code), "\(length) bytes")
    }
  }

  @Test("Wrong bytes anywhere cost facts or the hive, never the program")
  func flipped() async throws {
    let folder = try HiveFolder()
    let path = try await Self.whole(folder)
    let scratch = folder.path
    await #expect(processExitsWith: .success) { [path = path as String, scratch = scratch as String] in
      let whole = try HiveBytes(of: path)
      var random = Sequence64(state: 0x5eed)
      var refused = 0
      var read = 0
      for round in 0..<2000 {
        var bytes = whole
        for _ in 0...(round % 4) {
          let place = Int(random.next() % UInt64(bytes.content.count))
          // The boundaries of signed and unsigned sizes, more often than any byte.
          let number = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff, UInt32(truncatingIfNeeded: random.next())]
          if round.isMultiple(of: 2) || place + 4 > bytes.content.count {
            bytes.content[place] = UInt8(truncatingIfNeeded: random.next())
          } else {
            bytes.set(place & ~3, to: number[Int(random.next() % 7)])
          }
        }
        bytes.sign()
        let damaged = scratch + "/damaged"
        try Data(bytes.content).write(to: URL(filePath: damaged))
        do throws(HiveError) {
          _ = try OfflineWindows(system: damaged, drivers: damaged)
          read += 1
        } catch { refused += 1 }
      }
      // Both happen, or the damage was no test.
      guard refused > 100, read > 100 else { exit(3) }
      exit(0)
    }
  }

  @Test("A key that is its own descendant leads nowhere")
  func loop() async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    let parent = try #require(bytes.key("Enum"))
    let child = try #require(bytes.key("PCI"))
    bytes.set(child + HiveBytes.subkeyList, to: bytes[parent + HiveBytes.subkeyList])
    bytes.set(child + HiveBytes.subkeyCount, to: bytes[parent + HiveBytes.subkeyCount])
    let path = try folder.write("loop", bytes.content)
    let windows = try OfflineWindows(system: path)
    // The one instance that there seems to be is told, and nothing known of it.
    let functions = try windows.functions.get()
    #expect(functions.map(\.windows?.instanceID.value) == ["PCI\\PCI\\PCI"])
    #expect(functions.allSatisfy { $0.vendor.value == nil && $0.driver.isAbsent })
  }

  @Test("A list of keys that cannot be read is a failure, not an empty list")
  func unreadableList() async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    bytes.set(try #require(bytes.key("PCI")) + HiveBytes.subkeyList, to: 0x7fff_fff0)
    let windows = try OfflineWindows(system: try folder.write("list", bytes.content))
    #expect(throws: FactFailure.self) { try windows.functions.get() }
    // All else is still told.
    #expect(windows.services.first?.windows?.startType.value == 3)
  }

  @Test("More keys or values than any Windows has are refused, with the number", arguments: [true, false])
  func tooMany(keys: Bool) async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    let cell = try #require(bytes.key(keys ? "PCI" : "BALLOON"))
    bytes.set(cell + (keys ? HiveBytes.subkeyCount : HiveBytes.valueCount), to: 5_000_000)
    let windows = try OfflineWindows(system: try folder.write("many", bytes.content))
    if keys {
      let failure = #expect(throws: FactFailure.self) { try windows.functions.get() }
      #expect(failure?.detail.contains("5000000") == true)
    } else {
      #expect(windows.services.first?.windows?.startType.failure?.detail.contains("5000000") == true)
    }
  }

  /// libhivex 1.3.24 reads a key's record whole before it asks how long it is: beyond a map of the file alone, where
  /// it depends on the process what is found there, if anything.
  @Test("A record that ends with the file is not read beyond it")
  func recordAtTheEnd() async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    // A key of eight bytes.
    let key = bytes.addPage([], last: Array("nk\0\0".utf8)).last
    let list = Int(bytes[try #require(bytes.key("PCI")) + HiveBytes.subkeyList]) + HiveBytes.firstPage
    bytes.set(list + 8, to: HiveBytes.offset(key))
    let path = try folder.write("end", bytes.content)
    await #expect(processExitsWith: .success) { [path = path as String] in
      let windows = try OfflineWindows(system: path)
      if case .success = windows.functions { exit(3) }
      exit(0)
    }
  }

  /// Nor does it ask how long the list of a large value's parts is.
  @Test("A list of parts that ends with the file is not followed beyond it")
  func partsAtTheEnd() async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    let value = try #require(bytes.value("ImagePath"))
    let record = bytes.addPage(Array("db".utf8) + [0xff, 0xff] + [UInt8](repeating: 0, count: 8), last: [0, 0, 0, 0])
    bytes.set(record.cell + 8, to: HiveBytes.offset(record.last))
    // The one part that is named is the record itself, again and again.
    bytes.set(record.last + 4, to: HiveBytes.offset(record.cell))
    bytes.set(value + HiveBytes.dataLength, to: 60_000)
    bytes.set(value + HiveBytes.dataOffset, to: HiveBytes.offset(record.cell))
    let path = try folder.write("parts", bytes.content)
    await #expect(processExitsWith: .success) { [path = path as String] in
      let windows = try OfflineWindows(system: path)
      let paths = windows.services.compactMap(\.windows?.binaryPath.failure)
      exit(paths.contains { $0.reason == .malformed } ? 0 : 3)
    }
  }

  @Test("Lists that multiply are given up, with one line", .timeLimit(.minutes(1)))
  func multiplied() async throws {
    let folder = try HiveFolder()
    var made = MadeWindows()
    let id = "VEN_8086&DEV_100E&SUBSYS_11001AF4&REV_03"
    made.device(id, "3&13c0b0c5&0&18", .none, classCode: "020000")
    var bytes = try HiveBytes(of: try await folder.make("SYSTEM", made.registry))
    // A device four thousand times over, each with the one instance as many times.
    let count = 4000
    for (parent, child) in [("PCI", id), (id, "3&13c0b0c5&0&18")] {
      let entry = RegistryText.little(UInt64(HiveBytes.offset(try #require(bytes.key(child)))), 4) + [0, 0, 0, 0]
      let list = bytes.addPage(
        Array("lh".utf8) + RegistryText.little(UInt64(count), 2) + Array(repeating: entry, count: count).joined(),
        last: [0, 0, 0, 0])
      let key = try #require(bytes.key(parent))
      bytes.set(key + HiveBytes.subkeyList, to: HiveBytes.offset(list.cell))
      bytes.set(key + HiveBytes.subkeyCount, to: UInt32(count))
    }
    let path = try folder.write("multiplied", bytes.content)
    let error = #expect(throws: HiveError.self) { try OfflineWindows(system: path) }
    #expect(error?.code == .tooLarge)
  }

  @Test("A hive of 100 MB is read in less than 256 MiB, and a larger one than that refused")
  func large() async throws {
    let folder = try HiveFolder()
    var bytes = try HiveBytes(of: try await Self.whole(folder))
    bytes.grow(to: 100 << 20)
    let path = try folder.write("large", bytes.content)
    await #expect(processExitsWith: .success) { [path = path as String] in
      let windows = try OfflineWindows(system: path, drivers: path)
      guard case .success(let functions) = windows.functions, functions.count == 3 else { exit(3) }
      // The most that was resident at once, in KiB; getrusage would tell the parent's besides.
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      guard let peak = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }), peak < 256 << 10 else {
        exit(4)
      }
      exit(0)
    }
    bytes.set(40, to: 0x7fff_f000)
    bytes.sign()
    let huge = try folder.write("huge", bytes.content)
    let error = #expect(throws: HiveError.self) { try OfflineWindows(system: huge) }
    #expect(error?.code == .tooLarge)
  }
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct Sequence64 {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
