// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing

@testable import QMP

/// Replies of other versions of QEMU than the captured one. All are synthesised, after QEMU's qapi/*.json and sources.
@Suite("Replies of older, newer and patched QEMU")
struct OtherVersionsTests {
  private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8), limits: .monitor) }

  @Test("The sixteen statistics of 9.1 are read, and -1 and 2^64-1 are both unset")
  func statistics() throws {
    let names = [
      "stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults", "stat-free-memory",
      "stat-total-memory", "stat-available-memory", "stat-disk-caches", "stat-htlb-pgalloc", "stat-htlb-pgfail",
      "stat-oom-kills", "stat-alloc-stalls", "stat-async-scans", "stat-direct-scans", "stat-async-reclaims",
      "stat-direct-reclaims",
    ]
    let members = names.enumerated().map { index, name in
      "\"\(name)\": " + (index == 0 ? "-1" : index == 1 ? "18446744073709551615" : "\(index)")
    }
    let told = try GuestStatistics(
      decoding: json("{\"stats\": {\(members.joined(separator: ", "))}, \"last-update\": 1700000000}"))
    #expect(told.unset == ["stat-swap-in", "stat-swap-out"])
    #expect(told.values.count == 14 && told.values["stat-direct-reclaims"] == 15)
  }

  @Test("query-balloon of Proxmox's build tells what the guest delivered, and leaves out the rest")
  func proxmox() throws {
    let full = try BalloonInfo(
      decoding: json(
        """
        {"actual": 4294967296, "max_mem": 8589934592, "total_mem": 4200000000, "free_mem": 1000000000,
         "mem_swapped_in": 0, "last_update": 1700000000}
        """))
    #expect(full.actual == 4 << 30 && full.maximum == 8 << 30)
    let told = try #require(full.statistics)
    #expect(told.lastUpdate == 1_700_000_000 && told.values["stat-free-memory"] == 1_000_000_000)
    #expect(told.values["stat-swap-in"] == 0)
    #expect(told.unset == ["stat-swap-out", "stat-major-faults", "stat-minor-faults"])
    // Polling is off, or the guest never answered.
    let bare = try BalloonInfo(decoding: json(#"{"actual": 1024, "max_mem": 2048}"#))
    #expect(bare.statistics == nil && bare.maximum == 2_048)
    let plain = try BalloonInfo(decoding: json(#"{"actual": 1024}"#))
    #expect(plain.statistics == nil && plain.maximum == nil)
    let hostile = try BalloonInfo(
      decoding: json(#"{"actual": 1, "max_mem": 2, "last_update": 3, "free_mem": -5, "total_mem": "x"}"#))
    #expect(hostile.statistics?.values.isEmpty == true)
    #expect(throws: QMPError.self) { try BalloonInfo(decoding: json(#"{"actual": -1}"#)) }
  }

  @Test("Status and features are read as words, and as numbers")
  func status() throws {
    let numbers = try VirtioStatus(
      decoding: json(#"{"name": "virtio-balloon", "status": 15, "guest-features": 4294967298, "host-features": 38}"#))
    #expect(numbers.status == ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"])
    #expect(numbers.guest.device == ["STATS_VQ"] && numbers.guest.transport == ["VERSION_1"])
    #expect(numbers.host.device == ["STATS_VQ", "DEFLATE_ON_OOM", "REPORTING"] && numbers.host.unknown == nil)
    let reset = try VirtioStatus(
      decoding: json(#"{"name": "virtio-balloon", "status": 208, "guest-features": 0, "host-features": 128}"#))
    #expect(reset.status == ["NEEDS_RESET", "FAILED"] && reset.unknownStatus == 16 && reset.host.unknown == 128)
    let words = try VirtioStatus(
      decoding: json(
        """
        {"name": "virtio-balloon", "status": {"statuses": ["VIRTIO_CONFIG_S_ACKNOWLEDGE: Valid virtio device found"]},
         "guest-features": {"dev-features": [], "transports": []},
         "host-features": {"dev-features": ["VIRTIO_BALLOON_F_STATS_VQ: Guest memory stats VQ available"],
           "transports": []}}
        """))
    #expect(words.status == ["ACKNOWLEDGE"] && words.host.device == ["STATS_VQ"])
    for odd in ["-1", "[]", "{}", "null", "\"DRIVER_OK\""] {
      #expect(throws: QMPError.self) {
        try VirtioStatus(
          decoding: json(
            "{\"name\": \"virtio-balloon\", \"status\": \(odd), \"guest-features\": 0, \"host-features\": 0}"))
      }
    }
  }

  @Test(
    "Errors are told apart by their class, whatever QEMU's words",
    arguments: [
      ("CommandNotFound", QMPError.Code.unsupported), ("CommandDisabled", .unsupported),
      ("KVMMissingCap", .unsupported), ("DeviceNotActive", .absent), ("DeviceNotFound", .absent),
      ("GenericError", .refused), ("SomethingNew", .refused),
    ])
  func errors(_ name: String, _ code: QMPError.Code) {
    #expect(QMPError(refusal: "Der Befehl wurde nicht gefunden", class: name).code == code)
  }
}
