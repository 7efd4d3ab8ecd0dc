// SPDX-License-Identifier: GPL-3.0-or-later

/// The machine and the operating system the domain is made for.
package struct GuestSystem: Sendable, Equatable {
  /// `hvm`, `xen`, `linux`…
  package var type: String?
  /// `x86_64`, `aarch64`…
  package var architecture: String?
  /// `pc-q35-7.2`, `pc-i440fx-9.0`, `virt-8.2`…
  package var machine: String?
  /// `efi` or `bios` where firmware is chosen automatically; see ``loaderType`` for a loader chosen by hand.
  package var firmware: String?
  /// `pflash` (UEFI, as a rule) or `rom`.
  package var loaderType: String?
  /// The libosinfo id in the metadata, `http://microsoft.com/win/11`: what the owner said on creation, no proof.
  package var libosinfoID: String?
  /// Whether Hyper-V enlightenments are on, which only a Windows guest has a use for.
  package var hasHyperVFeatures: Bool

  /// A family of operating systems, as far as remedies differ.
  package enum Family: String, Sendable, Hashable {
    case windows
    case linux
  }

  /// The family that ``libosinfoID`` tells of; `nil` when it tells of another or there is none.
  ///
  /// Source: the ids in osinfo-db 20221130, `http://vendor/product/version`.
  package var family: Family? {
    guard let libosinfoID else { return nil }
    // "http:", "", vendor, product, version
    let parts = libosinfoID.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 3, parts[0].hasPrefix("http"), parts[1].isEmpty else { return nil }
    let (vendor, product) = (parts[2], parts[3])
    switch vendor {
    case "microsoft.com": return product.hasPrefix("win") ? .windows : nil
    case "oracle.com": return ["ol", "oel"].contains(product) ? .linux : nil
    case "libosinfo.org": return product == "linux" ? .linux : nil
    default: return Self.linuxVendors.contains(vendor) ? .linux : nil
    }
  }

  private static let linuxVendors: Set<String> = [
    "almalinux.org", "alpinelinux.org", "altlinux.org", "archlinux.org", "asianux.com", "cclinux.org", "centos.org",
    "cirros-cloud.net", "clearlinux.org", "debian.org", "elementary.io", "endlessos.com", "fedoraproject.org",
    "gentoo.org", "gnome.org", "guix.gnu.org", "hyperbola.info", "mageia.org", "mandriva.com", "manjaro.org",
    "miraclelinux.com", "nixos.org", "opensuse.org", "pureos.net", "redhat.com", "rockylinux.org",
    "scientificlinux.org", "slackware.com", "suse.com", "system76.com", "trisquel.info", "ubuntu.com",
    "univention.de", "voidlinux.org",
  ]
}
