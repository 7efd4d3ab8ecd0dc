// SPDX-License-Identifier: GPL-3.0-or-later

/// Ids of libosinfo: `http://microsoft.com/win/2k22`, `http://debian.org/debian/12`.
enum LibosinfoID {
  /// Whether every part of the id is one that osinfo-db has: its vendor known, its product one of theirs, its version
  /// made of numbers or of Windows' names. Source: the ids in osinfo-db 20221130.
  static func isKnown(_ id: String) -> Bool {
    let parts = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, ["http:", "https:"].contains(parts[0]), parts[1].isEmpty else { return false }
    return vendors.contains(parts[2]) && products.contains(parts[3])
      && FieldText.isMade(parts[4], of: versions, digits: 4)
  }

  private static let vendors: Set<String> = [
    "microsoft.com", "oracle.com", "libosinfo.org", "almalinux.org", "alpinelinux.org", "altlinux.org",
    "archlinux.org", "centos.org", "cirros-cloud.net", "clearlinux.org", "debian.org", "elementary.io",
    "endlessos.com", "fedoraproject.org", "gentoo.org", "gnome.org", "mageia.org", "manjaro.org", "nixos.org",
    "opensuse.org", "redhat.com", "rockylinux.org", "scientificlinux.org", "slackware.com", "suse.com",
    "system76.com", "ubuntu.com", "voidlinux.org", "freebsd.org", "openbsd.org", "netbsd.org",
  ]
  private static let products: Set<String> = [
    "win", "winnt", "msdos", "ol", "oel", "linux", "almalinux", "alpinelinux", "alt", "archlinux", "centos",
    "centos-stream", "cirros", "clearlinux", "debian", "elementary", "eos", "fedora", "silverblue", "coreos",
    "gentoo", "gnome-os", "mageia", "manjaro", "nixos", "opensuse", "rhel", "rocky", "sl", "slackware", "sle", "sles",
    "popos", "ubuntu", "void", "freebsd", "openbsd", "netbsd", "rhl", "solaris", "caasp", "microos", "rhel-atomic",
    "centos-atomic",
  ]
  private static let versions: Set<String> = [
    "k", "r", "xp", "vista", "me", "unknown", "rolling", "testing", "unstable", "stable", "rawhide", "eln",
    "tumbleweed", "sp", "lts", "edge", "current", "stream", "daily", "factory", "p", "b", "next",
  ]

  /// An id that tells no more than the family, for one of a known family that is not known itself.
  static func general(_ family: String) -> String {
    family == "windows" ? "http://microsoft.com/win/unknown" : "http://libosinfo.org/linux/unknown"
  }
}
