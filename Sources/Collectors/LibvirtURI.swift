// SPDX-License-Identifier: GPL-3.0-or-later

/// A libvirt URI, as far as it tells where its daemon is: `driver[+transport]://[host]/path`. Source: libvirt,
/// docs/uri.rst.
struct LibvirtURI: Hashable, Sendable {
  /// `qemu`, `test`, `xen`.
  let driver: String
  /// `/system`, `/session`; without the query.
  let path: String
  /// Whether the daemon is on this machine: no host is named, or it is reached by a unix socket.
  let isHere: Bool

  init(_ text: String) {
    guard let separator = text.firstRange(of: "://") else {
      (driver, path, isHere) = (text, "", false)
      return
    }
    let scheme = text[..<separator.lowerBound].split(separator: "+", maxSplits: 1)
    let rest = text[separator.upperBound...].prefix { $0 != "?" && $0 != "#" }
    let host = rest.prefix { $0 != "/" }
    driver = scheme.first.map(String.init) ?? ""
    path = String(rest.dropFirst(host.count))
    isHere = host.isEmpty || (scheme.count == 2 && scheme[1] == "unix")
  }
}
