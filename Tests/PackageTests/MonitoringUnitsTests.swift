// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension PackageTests {
  @Suite(
    "The units of samples/monitoring, in a guest with systemd",
    .enabled(if: CleanSystem.missing == nil, "\(CleanSystem.missing ?? "")"))
  struct MonitoringUnitsTests {
    private static let textfile = "/var/lib/prometheus/node-exporter/virt-balloon.prom"
    /// The daemon's own guest named `test`, through its socket.
    private static let connection = "--connect test+unix:///default"

    @Test("systemd finds no fault, the endpoint answers a scrape, and the timer has its file written")
    func units() async throws {
      try await SystemdGuest.with { guest in
        try await guest.control("dpkg --install \(guest.hostPackage)", within: .seconds(300))
        try await guest.control("systemctl start libvirtd")
        // As the units' own first lines say.
        try await guest.control(
          "cp /usr/share/doc/virt-balloon/samples/monitoring/*.service"
            + " /usr/share/doc/virt-balloon/samples/monitoring/*.timer /etc/systemd/system/")
        try await guest.control("systemctl daemon-reload")
        try await unobjectionable(guest)
        try await endpoint(guest)
        try await timer(guest)
      }
    }

    private func unobjectionable(_ guest: SystemdGuest) async throws {
      let faults = try await guest.faults(
        of: "virt-balloon-export.service", "virt-balloon-textfile.service", "virt-balloon-textfile.timer")
      #expect(faults == "")
      // 2.8 when this was written; without any hardening it is 9.6.
      for unit in ["virt-balloon-export.service", "virt-balloon-textfile.service"] {
        let exposure = try await guest.exposure(of: unit)
        #expect(exposure < 3.5, "\(unit)")
      }
    }

    private func endpoint(_ guest: SystemdGuest) async throws {
      let unit = "virt-balloon-export.service"
      // As it stands: a guestless host, or one that cannot be reached, is told, and the page is there.
      try await guest.control("systemctl enable --now \(unit)")
      let page = try await scrape(guest)
      #expect(page.contains("virt_balloon_build_info{version=\"\(BuiltPackages.version)\"} 1"), "\(page)")
      #expect(page.contains("virt_balloon_host_up{kind=\"libvirt\""), "\(page)")

      // With a host that has a guest, as the unit's comment says.
      try await override(
        guest, unit,
        ["ExecStart=", "ExecStart=/usr/bin/virt-balloon export --listen 127.0.0.1:9788 \(Self.connection)"])
      try await guest.control("systemctl restart \(unit)")
      let full = try await scrape(guest)
      let samples = full.split(whereSeparator: \.isNewline)
      #expect(samples.contains { $0.hasPrefix("virt_balloon_up{domain=\"test\"") && $0.hasSuffix(" 1") }, "\(full)")
      #expect(
        samples.contains { $0.hasPrefix("virt_balloon_host_up{kind=\"libvirt\"") && $0.hasSuffix(" 1") }, "\(full)")
      #expect(try await guest.unit("ActiveState", of: unit) == "active")
      #expect(try await guest.unit("NRestarts", of: unit) == "0")
      try await guest.control("systemctl stop \(unit)")
      #expect(try await guest.unit("Result", of: unit) == "success")
    }

    private func timer(_ guest: SystemdGuest) async throws {
      let unit = "virt-balloon-textfile.service"
      // node_exporter's package has it.
      try await guest.control("mkdir -p /var/lib/prometheus/node-exporter")
      try await override(
        guest, unit,
        ["ExecStart=", "ExecStart=/usr/bin/virt-balloon export --textfile \(Self.textfile) \(Self.connection)"])
      // Not after minutes.
      try await override(
        guest, "virt-balloon-textfile.timer", ["OnBootSec=1s", "RandomizedDelaySec=0"], section: "Timer")
      try await guest.control("systemctl enable --now virt-balloon-textfile.timer")
      try await waitUntil("the timer had the file written", within: .seconds(180), every: .milliseconds(500)) {
        try await guest.control("test -e \(Self.textfile) && echo there || echo none") == "there"
      }
      let text = try await guest.control("cat \(Self.textfile)")
      #expect(text.contains("virt_balloon_up{domain=\"test\""), "\(text)")
      // node_exporter is another user, and reads every file there whose name ends in .prom.
      #expect(try await guest.control("stat -c %a \(Self.textfile)") == "644")
      #expect(try await guest.control("ls -A /var/lib/prometheus/node-exporter") == "virt-balloon.prom")
      try await waitUntil("the look was over") {
        try await guest.unit("ActiveState", of: unit) == "inactive"
      }
      #expect(try await guest.unit("Result", of: unit) == "success")
      #expect(try await guest.unit("ActiveState", of: "virt-balloon-textfile.timer") == "active")
    }

    /// What the endpoint answers, its head included.
    private func scrape(_ guest: SystemdGuest) async throws -> String {
      let request = #"exec 3<>/dev/tcp/127.0.0.1/9788 && printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3"#
      let page = try await waitUntil("the endpoint answered", within: .seconds(120), every: .milliseconds(500)) {
        let page = try await guest.control("bash -c '\(request)' 2>/dev/null || true")
        return page.hasPrefix("HTTP/1.") ? page : nil
      }
      #expect(page.split(whereSeparator: \.isNewline).first?.contains(" 200 ") == true, "\(page)")
      return page
    }

    /// Puts lines above those of a unit's own, as an administrator does.
    private func override(
      _ guest: SystemdGuest, _ unit: String, _ lines: [String], section: String = "Service"
    ) async throws {
      let folder = "/etc/systemd/system/\(unit).d"
      let text = (["[\(section)]"] + lines).map { "'\($0)'" }.joined(separator: " ")
      try await guest.control(
        "mkdir -p \(folder) && printf '%s\\n' \(text) >\(folder)/test.conf && systemctl daemon-reload")
    }
  }
}
