// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Testing

@Suite struct MonitorFormTests {
  // The names are those of QEMU 9.1's hw/virtio/virtio-balloon.c.
  @Test("The sixteen statistics of QEMU 9.1 and later are read, with or without the reply around them")
  func newer() throws {
    let statistics = """
      {"stats": {"stat-htlb-pgalloc": 0, "stat-swap-out": 0, "stat-available-memory": 2000000000,
        "stat-htlb-pgfail": 0, "stat-free-memory": 1000000000, "stat-minor-faults": 5, "stat-major-faults": 6,
        "stat-total-memory": 4000000000, "stat-swap-in": 0, "stat-disk-caches": 300, "stat-oom-kills": 0,
        "stat-alloc-stalls": 1, "stat-async-scans": 2, "stat-direct-scans": 3, "stat-async-reclaims": 4,
        "stat-direct-reclaims": 18446744073709551615}, "last-update": 1719999999}
      """
    for text in [statistics, "{\"return\": \(statistics), \"id\": \"libvirt-4\"}", "(qemu) \(statistics)"] {
      let reading = try #require(try Sample.analyze(text: text).evidence.readings.last)
      #expect(reading.values.count == 15)
      #expect(reading.values["totalMemory"] == 4_000_000_000)
      #expect(reading.lastUpdate.value == 1_719_999_999)
    }
  }

  // Published: virtio-win/kvm-guest-drivers-windows issues 1323 and 41; the other forms are synthesised after them.
  @Test(
    "The period that was set at the monitor is the host's",
    arguments: [
      "(qemu) qom-set /machine/peripheral/balloon0/virtio-backend guest-stats-polling-interval 10",
      "qom-set /machine/peripheral/balloon0/virtio-backend guest-stats-polling-interval 10",
      "# virsh qemu-monitor-command --hmp win10 'qom-set /machine/peripheral/balloon0 guest-stats-polling-interval 10'",
      "> {\"execute\": \"qom-set\",\"arguments\": { \"path\": \"/machine/peripheral/balloon0\",\"property\": "
        + "\"guest-stats-polling-interval\", \"value\": 10 } }",
      "virsh qemu-monitor-command win10 '{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"/machine/x\", "
        + "\"property\": \"guest-stats-polling-interval\", \"value\": 10}}'",
    ])
  func period(line: String) throws {
    let analysis = try Sample.analyze(text: line + "\n")
    #expect(analysis.evidence.device.pollingInterval.value == 10)
    let refused = try Sample.analyze(text: line + "\nError: Device '/machine/peripheral/balloon0' not found\n")
    #expect(refused.evidence.device.pollingInterval.value == nil)
    let again = try Sample.analyze(text: line + "\n" + line.replacing("10", with: "0") + "\n")
    #expect(again.evidence.device.pollingInterval.value == 0)
  }

  @Test(
    "A sentence about setting the period sets none",
    arguments: [
      "try qom-set /machine/peripheral/balloon0 guest-stats-polling-interval 10",
      "(qemu) qom-set /machine/peripheral/balloon0 guest-stats-polling-interval 10 does not help",
      "(qemu) qom-get /machine/peripheral/balloon0 guest-stats-polling-interval",
    ])
  func sentence(line: String) throws {
    #expect(try Sample.analyze(text: line + "\n").evidence.device.pollingInterval.value == nil)
  }

  @Test("The status of a device is read whether its bits have explanations or are bare words")
  func words() throws {
    for (status, feature) in [
      (
        "VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready",
        "VIRTIO_BALLOON_F_STATS_VQ: Guest memory stats VQ available"
      ),
      ("VIRTIO_CONFIG_S_DRIVER_OK", "VIRTIO_BALLOON_F_STATS_VQ"), ("DRIVER_OK", "STATS_VQ"),
    ] {
      let evidence = try Sample.analyze(
        text: """
          {"return": {"name": "virtio-balloon", "status": {"statuses": ["\(status)"]}, "guest-features":
          {"dev-features": ["\(feature)"], "transports": []}, "host-features": {"dev-features": [], "transports": []}}}
          """
      ).evidence
      #expect(evidence.device.status.value == ["DRIVER_OK"])
      #expect(evidence.device.guestFeatures.value == ["STATS_VQ"])
    }
  }

  @Test("Short replies tell state, version and memory")
  func short() throws {
    let evidence = try Sample.analyze(
      text: """
        {"return": {"status": "paused", "running": false}}
        {"return": {"qemu": {"micro": 2, "minor": 0, "major": 9}, "package": "pve-qemu-kvm_9.0.2-2"}}
        {"return": {"base-memory": 4294967296, "plugged-memory": 1073741824}}
        {"return": {"actual": 5368709120, "max_mem": 5368709120}}
        """
    ).evidence
    #expect(evidence.domain.state.value == "paused")
    #expect(evidence.domain.emulator.value == "9.0.2")
    #expect(evidence.configuration.maximum.value == 5 << 30)
    let reading = try #require(evidence.readings.last)
    #expect(reading.actual.value == 5 << 30)
    // Nobody has answered, or nobody asks: Proxmox's reply does not tell which.
    #expect(reading.lastUpdate.failure?.reason == .notAsked)
    #expect(evidence.device.pollingInterval.value == nil)
  }

  @Test("Errors are told apart by their class, and one of another command says nothing of the balloon")
  func errors() throws {
    let other = """
      {"error": {"class": "CommandNotFound", "desc": "The command query-foo has not been found"}}
      {"error": {"class": "GenericError", "desc": "No balloon device has been activated"}}
      {"error": {"class": "DeviceNotActive", "desc": "No other device"}}
      """
    let evidence = try Sample.analyze(text: other).evidence
    #expect(!evidence.device.qomPath.isAbsent)
    #expect(evidence.device.status.failure?.reason == .notAsked)
  }
}
