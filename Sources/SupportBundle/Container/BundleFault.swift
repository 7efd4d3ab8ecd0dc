// SPDX-License-Identifier: GPL-3.0-or-later

/// Something in a bundle that is not as it was written.
package struct BundleFault: Hashable, Sendable {
  /// The file below the root folder.
  package let path: String
  /// What is wrong with it: a sentence without the path, fit for a terminal.
  package let message: String
  package init(path: String, message: String) {
    self.path = path
    self.message = message
  }
}

extension Bundle {
  /// What does not agree with the digests and the manifest: empty when all is as it was written.
  ///
  /// Whoever changes a file can change its digests as well: this tells damage and oversight, not forgery.
  /// - Throws: ``BundleError/Code/libraryMissing`` where no digest can be computed.
  package func faults() throws(BundleError) -> [BundleFault] {
    var faults: [BundleFault] = []
    let sums = files[BundlePath.digests].map { DigestList(reading: $0) }
    if let sums {
      faults += sums.faults.map { BundleFault(path: BundlePath.digests, message: $0) }
    } else {
      faults.append(BundleFault(path: BundlePath.digests, message: "is missing: no digest can be compared with it"))
    }
    let told = Dictionary((sums?.lines ?? []).map { ($0.path, $0.sha256) }) { first, _ in first }
    let listed = Dictionary(manifest.files.map { ($0.path, $0) }) { first, _ in first }
    let paths = Set(files.keys).union(told.keys).union(listed.keys).subtracting([BundlePath.digests])
    for path in paths.sorted(by: BundlePath.precedes) {
      let found = try disagreements(path, sum: told[path], listed: listed[path], hasSums: sums != nil)
      faults += found.map { BundleFault(path: path, message: $0) }
    }
    return faults
  }

  private func disagreements(
    _ path: String, sum: String?, listed: Manifest.File?, hasSums: Bool
  ) throws(BundleError) -> [String] {
    let sumsName = BundlePath.digests
    let manifestName = BundlePath.manifest
    guard let bytes = files[path] else {
      let lists = [sum.map { _ in sumsName }, listed.map { _ in manifestName }].compactMap(\.self)
      return ["is missing: \(lists.joined(separator: " and ")) \(lists.count == 1 ? "lists" : "list") it"]
    }
    // The manifest cannot list itself.
    let mustBeListed = path != manifestName
    if sum == nil, hasSums, listed == nil {
      return [mustBeListed ? "is extra: neither \(sumsName) nor \(manifestName) lists it" : "is not in \(sumsName)"]
    }
    var found: [String] = []
    if sum == nil, hasSums { found.append("is not in \(sumsName)") }
    if listed == nil, mustBeListed { found.append("is not in \(manifestName)") }
    if let listed, listed.bytes != bytes.count {
      found.append("has \(bytes.count) bytes, and \(manifestName) tells \(listed.bytes)")
    }
    let digest = try SHA256.hex(bytes)
    let differing = [
      sum.flatMap { $0 == digest ? nil : sumsName }, listed.flatMap { $0.sha256 == digest ? nil : manifestName },
    ].compactMap(\.self)
    if !differing.isEmpty {
      found.append("was changed: its digest is not the one in \(differing.joined(separator: " and "))")
    }
    if let sum, let listed, sum != listed.sha256 {
      found.append("has one digest in \(sumsName) and another in \(manifestName)")
    }
    return found
  }
}
