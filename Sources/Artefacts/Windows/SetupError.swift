// SPDX-License-Identifier: GPL-3.0-or-later

/// A number with which Windows' driver installation fails, and what it means.
///
/// Sources: setupapi.h and winerror.h (mingw-w64), and for 0xE0000247 and later Windows' documentation of SetupAPI's
/// errors. A number that is not listed is printed alone.
struct SetupError: Hashable, CustomStringConvertible {
  let number: UInt32
  init(_ number: UInt32) { self.number = number }

  /// `0xe0000228 (no driver matches the device)`
  var description: String {
    let digits = String(number, radix: 16)
    let text = "0x" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
    return meaning.map { "\(text) (\($0))" } ?? text
  }

  private var meaning: String? {
    switch number {
    case 0xe000_0203: "ERROR_NO_DRIVER_SELECTED: no driver is selected for the device"
    case 0xe000_0228: "ERROR_NO_COMPAT_DRIVERS: no driver matches the device"
    case 0xe000_022b: "ERROR_DI_DONT_INSTALL: the driver is not installed"
    case 0xe000_022f: "ERROR_NO_CATALOG_FOR_OEM_INF: the INF names no catalog with a signature"
    case 0xe000_0234: "ERROR_DRIVER_NONNATIVE: the driver is for another processor"
    case 0xe000_0235: "ERROR_IN_WOW64: a 32-bit program cannot install it"
    case 0xe000_023f: "ERROR_NO_AUTHENTICODE_CATALOG: the catalog is not signed by Authenticode"
    case 0xe000_0240: "ERROR_AUTHENTICODE_DISALLOWED: its publisher is not allowed"
    case 0xe000_0241: "ERROR_AUTHENTICODE_TRUSTED_PUBLISHER: signed by a publisher that is trusted, no failure"
    case 0xe000_0242: "ERROR_AUTHENTICODE_TRUST_NOT_ESTABLISHED: nobody has yet said that its publisher is trusted"
    case 0xe000_0243: "ERROR_AUTHENTICODE_PUBLISHER_NOT_TRUSTED: its publisher is not trusted"
    case 0xe000_0244: "ERROR_SIGNATURE_OSATTRIBUTE_MISMATCH: signed for another version of Windows"
    case 0xe000_0247: "ERROR_DRIVER_STORE_ADD_FAILED: the package could not be added to the driver store"
    case 0xe000_0248: "ERROR_DEVICE_INSTALL_BLOCKED: a policy forbids installing the device"
    case 0xe000_0249: "ERROR_DRIVER_INSTALL_BLOCKED: a policy forbids installing the driver"
    case 0xe000_024b: "ERROR_FILE_HASH_NOT_IN_CATALOG: a file is not the one that was signed"
    case 0x800b_0100: "TRUST_E_NOSIGNATURE: there is no signature"
    case 0x800b_0101: "CERT_E_EXPIRED: a certificate has expired"
    case 0x800b_0109: "CERT_E_UNTRUSTEDROOT: signed below a root that Windows does not trust"
    case 0x800b_010c: "CERT_E_REVOKED: a certificate was revoked"
    case 0x800b_0110: "CERT_E_WRONG_USAGE: the certificate is not meant for this"
    case 0x8009_6010: "TRUST_E_BAD_DIGEST: a file is not the one that was signed"
    case 0xc000_0428: "STATUS_INVALID_IMAGE_HASH: the file's signature cannot be verified"
    case 0xc000_0490: "STATUS_PNP_NO_COMPAT_DRIVERS: no driver matches the device"
    case 0xc000_0491: "STATUS_PNP_DRIVER_PACKAGE_NOT_FOUND: a package that the driver needs is missing"
    case 0xc000_0492: "STATUS_PNP_DRIVER_CONFIGURATION_NOT_FOUND: a section that the INF needs is missing"
    case 0xc000_0494: "STATUS_PNP_FUNCTION_DRIVER_REQUIRED: the INF names no driver's service"
    default: nil
    }
  }

  /// Whether it says that the signature is at fault.
  var isAboutSignature: Bool {
    switch number {
    case 0xe000_022f, 0xe000_023f, 0xe000_0240, 0xe000_0242...0xe000_0244, 0xe000_024b, 0x800b_0100...0x800b_0110,
      0x8009_6010, 0xc000_0428:
      true
    default: false
    }
  }

  /// The numbers in a line that stand for a failure: `0xe0000228`, `(0x800b0109)`; at most eight.
  static func numbers(in line: Substring) -> [UInt32] {
    guard line.utf8.count < 4_096 else { return [] }
    var found: [UInt32] = []
    var rest = line
    while found.count < 8, let place = rest.place(of: "0x") {
      rest = rest[place...].dropFirst(2)
      let digits = rest.utf8.prefix { hexDigitValue($0) }
      if digits.count == 8, let number = UInt32(Substring(digits), radix: 16), number >= 0x8000_0000 {
        found.append(number)
      }
    }
    return found
  }

  private static func hexDigitValue(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    default: false
    }
  }
}
