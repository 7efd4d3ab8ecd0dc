// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import FoundationEssentials
import Rules

/// Artefacts as the tests give them, and what is made of them.
enum Sample {
  /// When the tests look: long after everything in the samples.
  static let now = 2_000_000_000.0

  static func bytes(_ name: String, file: String = #filePath) throws -> [UInt8] {
    let folder = URL(filePath: file).deletingLastPathComponent()
    return Array(try Data(contentsOf: folder.appending(path: "Samples").appending(path: name)))
  }

  /// A fixture of another module's tests, captured there.
  static func fixture(_ path: String, file: String = #filePath) throws -> [UInt8] {
    let tests = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: tests.appending(path: path)))
  }

  static func analyze(_ files: [UInt8]...) throws -> Analysis { try analyze(files) }

  static func analyze(_ files: [[UInt8]]) throws -> Analysis {
    try Analysis(
      files.enumerated().map { try ArtefactText(name: "file\($0.offset + 1)", $0.element) }, tool: "test", now: now)
  }

  static func analyze(text: String) throws -> Analysis { try analyze(Array(text.utf8)) }

  static let samples =
    [
      "windows-healthy.txt", "windows-code-28-german.txt", "dommemstat-unset.txt", "dommemstat-served.txt",
      "qmp-unserved.txt", "linux-probe.txt", "lspci.txt", "dominfo.txt", "memballoon-unset.txt",
      "hmp-q35.txt", "hmp-port.txt", "lspci-nnk.txt", "lspci-xxx.txt", "lspci-vmm.txt", "lspci-mm.txt",
      "lspci-names.txt",
      "lspci-bridges.txt", "dominfo-german.txt", "dominfo-chinese.txt", "qm-config.txt", "qm-status.txt",
      "pvesh-table.txt", "pulse-1319.json", "libvirt-log.txt", "kvm-ps.txt", "dmesg.txt", "linux-commands.txt",
      "forum-html.txt", "xml-cut.txt",
    ] + windows

  /// What Windows' own tools print.
  static let windows = [
    "pnputil-devices-problem.txt", "pnputil-devices-german-utf16.txt", "pnputil-devices-properties.txt",
    "pnputil-drivers-french.txt", "pnputil-add-german.txt", "pnputil-add-refused.txt", "pnpdevice-list.txt",
    "pnpdevice-table-chinese-utf16be.txt", "signeddriver-list-german.txt", "pnpproperties-table.txt", "wmic-lists.txt",
    "getservice-russian.txt", "driverquery-v.txt", "driverquery-v-french-oem.txt", "driverquery-list-csv.txt",
    "msinfo32-utf16.txt", "msinfo32-russian.txt", "dxdiag.txt", "dxdiag-german.txt", "device-manager-spanish.txt",
    "device-manager-code10.txt", "setupapi-dev-win11.log", "setupapi-dev-no-driver.log", "setupapi-dev-win7.txt",
    "setupapi-documentation-form.txt", "qga-devices.txt", "qga-devices-old.txt", "events.xml",
    "events-german-utf16.txt",
  ]
}

extension Analysis {
  var diagnosis: Diagnosis { Engine().diagnose(evidence) }
  var findings: Set<String> { Set(diagnosis.findings.map(\.id)) }
  var kinds: [String] { artefacts.map(\.kind) }
}
