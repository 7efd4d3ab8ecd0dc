// SPDX-License-Identifier: GPL-3.0-or-later
import CGnuTLS

/// SHA-256 (FIPS 180-4) by GnuTLS.
package enum SHA256 {
  /// The digest as 64 lower-case hexadecimal digits.
  /// - Throws: ``BundleError/Code/libraryMissing``, or ``BundleError/Code/system`` when GnuTLS refuses.
  package static func hex(_ bytes: [UInt8]) throws(BundleError) -> String {
    let functions = try DigestFunctions.load()
    var digest = [UInt8](repeating: 0, count: 32)
    let status = functions.hashFast(GNUTLS_DIG_SHA256, bytes, bytes.count, &digest)
    guard status == 0 else {
      let reason = functions.strerror(status).map { QuotedName.bounded($0, to: 200) } ?? "error \(status)"
      throw BundleError(.system, "GnuTLS cannot compute a SHA-256 digest: \(reason)")
    }
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Whether a text has the form of a digest that ``hex(_:)`` gives.
  static func isHex(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
  }
}

/// The functions of GnuTLS that this program calls, found by name in the library when the first digest is computed.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and both may be called from
/// any thread.
struct DigestFunctions: @unchecked Sendable {
  let hashFast: vb_gnutls_hash_fast_f
  let strerror: vb_gnutls_strerror_f

  private static let loaded = Result { () throws(BundleError) in
    try DigestFunctions(
      loading: "libgnutls.so.30",
      remedy: "install it (Debian, Ubuntu: libgnutls30 or libgnutls30t64; Fedora, RHEL: gnutls)")
  }

  /// The functions; the library is loaded on first use, and whoever comes meanwhile waits.
  /// - Throws: ``BundleError/Code/libraryMissing``.
  static func load() throws(BundleError) -> DigestFunctions { try loaded.get() }

  init(loading name: String, remedy: String) throws(BundleError) {
    let library = try SharedLibrary(name, purpose: "computes the digests of bundles", remedy: remedy)
    hashFast = try library.function("gnutls_hash_fast")
    strerror = try library.function("gnutls_strerror")
  }
}
