// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Subprocess
import Testing

/// A support bundle under test, and the programs that look into it.
struct CollectedBundle: Sendable {
  let path: String

  /// Runs `collect` with these arguments.
  static func collect(_ arguments: [String], to path: String) async throws -> CollectedBundle {
    try await Program.check([Program.built("virt-balloon"), "collect", "-o", path] + arguments)
    return CollectedBundle(path: path)
  }

  /// What `analyze` makes of it where no libvirt is to be had.
  func analyze() async throws -> RigJSON {
    let outcome = try await Program.run(
      [Program.built("virt-balloon"), "analyze", "--format", "json", path],
      environment: ["LIBVIRT_DEFAULT_URI": "qemu+unix:///system?socket=/nonexistent"])
    return try Diagnosis.parse(outcome)
  }

  /// Unpacks it with tar, checks it with sha256sum, and gives every byte of it.
  func unpacked(in directory: ScratchDirectory) async throws -> [String: Data] {
    let listed = try await Program.check(["tar", "tzf", path]).split(separator: "\n").map(String.init)
    #expect(listed.allSatisfy { $0.hasPrefix("virt-balloon-bundle/") })
    let place = directory("unpacked")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    try await Program.check(["tar", "xzf", path, "-C", place])
    let root = place + "/virt-balloon-bundle"
    try await Program.check(["sh", "-c", "cd \"$1\" && sha256sum --strict --quiet -c SHA256SUMS", "sh", root])
    try await Program.check([Program.built("virt-balloon"), "analyze", "--verify", path])
    var files: [String: Data] = [:]
    for name in listed where !name.hasSuffix("/") {
      files[String(name.dropFirst("virt-balloon-bundle/".count))] = try Data(
        contentsOf: URL(filePath: place + "/" + name))
    }
    return files
  }
}

extension RealGuestTests {
  /// That a bundle, shareable and full, says what the guest itself was said to have.
  private func bundle(
    of guest: String, _ target: [String], secrets: [String], in directory: ScratchDirectory
  ) async throws -> [(path: String, findings: Set<String>)] {
    let live = try Diagnosis.parse(try await Diagnosis.run(target))
    var kept: [(path: String, findings: Set<String>)] = []
    for form in [[], ["--full"]] {
      let name = "\(guest)\(form.first ?? "").tar.gz"
      let bundle = try await CollectedBundle.collect(
        target + form + ["--duration", "3s", "--interval", "500ms"], to: directory(name))
      let files = try await bundle.unpacked(in: directory)
      #expect(files["raw/001-domain-XML.xml"] != nil || !files.keys.filter { $0.hasPrefix("raw/") }.isEmpty)
      let head = String(decoding: files["README.txt"] ?? Data(), as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false
      ).prefix(15).joined(separator: "\n")
      #expect(head.contains("ballooning"), "\(guest): \(head)")
      if form.isEmpty {
        for secret in secrets {
          for (path, bytes) in files {
            #expect(!String(decoding: bytes, as: UTF8.self).contains(secret), "\(guest): \(secret) in \(path)")
          }
        }
      }
      let readings = try JSONDecoder().decode(RigJSON.self, from: files["evidence.json"] ?? Data())["readings"]
      #expect((readings?.elements.count ?? 0) >= 4, "\(guest): statistics over time")
      kept.append((directory(name), Diagnosis.findings(live)))
    }
    // The shareable form of the full one is what collecting it so would have given.
    let copy = directory("\(guest)-copy.tar.gz")
    try await Program.check([Program.built("virt-balloon"), "redact", directory("\(guest)--full.tar.gz"), "-o", copy])
    kept.append((copy, Diagnosis.findings(live)))
    return kept
  }

  @Test("A bundle of a real guest, by its monitor or by libvirt, says the same where neither of them is")
  func bundles() async throws {
    try await ScratchDirectory.with { directory in
      var bundles: [(path: String, findings: Set<String>)] = []
      try await Guest.with(GuestConfiguration { $0.driver = .generic }) { guest in
        try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
        bundles += try await bundle(
          of: "monitor", ["qmp:\(guest.monitorPath)"], secrets: [guest.monitorPath, guest.agentSocketPath],
          in: directory)
      }
      try await LibvirtHost.with { host in
        try await host.withDomain(LibvirtDomain { $0.name = "payroll-db7" }) { domain in
          try await host.waitUntilAnswering(domain)
          let uuid = try await host.virsh("domuuid", domain.name).split(separator: "\n").first.map(String.init) ?? ""
          bundles += try await bundle(
            of: "libvirt", ["--connect", host.uri, domain.name],
            secrets: ["payroll", uuid, host.uri, host.directory("")], in: directory)
          try await sosReport(host, in: directory)
        }
      }
      // The guests and their daemons are gone now.
      for bundle in bundles {
        let report = try await CollectedBundle(path: bundle.path).analyze()
        #expect(Diagnosis.findings(report) == bundle.findings, "\(bundle.path)")
      }
    }
  }

  /// sos takes the bundle of the running guests along.
  private func sosReport(_ host: LibvirtHost, in directory: ScratchDirectory) async throws {
    guard InstalledSos.missing == nil else { return }
    let program = try Program.built("virt-balloon")
    let files = try await SosReportTests.report(
      "export LIBVIRT_DEFAULT_URI='\(host.uri)'; exec '\(program)' \"$@\"")
    let bytes = try #require(files["virt-balloon.tar.gz"], "\(files.mapValues { String(decoding: $0, as: UTF8.self) })")
    let path = directory("sos.tar.gz")
    try bytes.write(to: URL(filePath: path))
    let report = try await CollectedBundle(path: path).analyze()
    #expect(Diagnosis.findings(report).isEmpty && report["verdict"]?.string == "healthy")
  }
}
