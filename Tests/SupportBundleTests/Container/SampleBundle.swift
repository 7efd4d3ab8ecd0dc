// SPDX-License-Identifier: GPL-3.0-or-later
import Rules
import SupportBundle

/// A small bundle of one guest. Synthesised: its files only have the form of a bundle's.
enum SampleBundle {
  static let files = [
    BundleFile("raw/02-virDomainGetXMLDesc.xml", .raw, Array("<domain type='kvm'>\n</domain>\n".utf8)),
    BundleFile("raw/01-query-balloon.json", .raw, Array(#"{"execute":"query-balloon","return":{"actual":1}}"#.utf8)),
    BundleFile("evidence.json", .data, Array("{\n  \"schema\" : \"virt-balloon/evidence/1\"\n}\n".utf8)),
    BundleFile("diagnosis.json", .data, []),
    BundleFile("report.html", .report, Array("<!doctype html>\n".utf8)),
    BundleFile("README.txt", .report, Array("Healthy.\n".utf8)),
  ]

  static let manifest = Manifest(
    tool: "0.1.0", schemas: ["evidence.json": "virt-balloon/evidence/1"], created: 1_700_000_000.75, form: .shareable,
    state: .complete, guests: [Manifest.Guest(folder: ".", label: "guest-1", verdict: .healthy)])

  static func bytes() throws -> [UInt8] { try BundleContainer.bytes(files, manifest) }
}
