// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts

/// The libvirt URIs of a file: one a line; empty lines count for nothing, nor does what follows `#`.
struct ConnectionList {
  let connections: [String]

  /// A URI of libvirt may itself have a fragment in no form that libvirt takes, so `#` always begins a comment.
  init(reading path: String) throws {
    let bytes: [UInt8]
    do throws(ArtefactError) { bytes = try ArtefactFile(path).read().bytes } catch {
      throw ValidationError("--connect-file \(error.message)")
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
      throw ValidationError("--connect-file \(path): it is no text: give libvirt URIs, one a line")
    }
    connections = text.split(whereSeparator: \.isNewline).compactMap { line in
      let uri = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      return uri.first.map(String.init)
    }
    guard !connections.isEmpty else {
      throw ValidationError("--connect-file \(path): it names no libvirt: give URIs, one a line")
    }
  }
}
