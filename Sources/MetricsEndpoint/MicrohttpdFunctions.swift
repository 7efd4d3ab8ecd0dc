// SPDX-License-Identifier: GPL-3.0-or-later
internal import CMicrohttpd
internal import Glibc

/// The functions of GNU libmicrohttpd that this program calls, found by name in the library when an endpoint is
/// started.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and those that are called from
/// other threads than the library's own may be (`MHD_resume_connection`).
struct MicrohttpdFunctions: @unchecked Sendable {
  let table: vb_mhd

  /// The library's name since 0.9.38 (2014), 1.0 included.
  static let libraryName = "libmicrohttpd.so.12"

  /// - Throws: ``EndpointError/Code/libraryMissing``.
  init(loading name: String = libraryName) throws(EndpointError) {
    guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0).prefix(512) } ?? "no reason was given"
      throw EndpointError(
        .libraryMissing,
        "\(name), which answers scrapes, could not be loaded: install it (Debian, Ubuntu: libmicrohttpd12 or "
          + "libmicrohttpd12t64; Fedora, RHEL: libmicrohttpd), or use --textfile; the dynamic linker says: \(reason)")
    }
    func address(_ symbol: String) throws(EndpointError) -> UnsafeMutableRawPointer {
      guard let address = dlsym(handle, symbol) else {
        throw EndpointError(
          .libraryMissing, "\(name) has no function \(symbol): it is too old for this program; use --textfile")
      }
      return address
    }
    // The fields' types are the header's own: that is what makes the casts right, as far as casts can be.
    var table = vb_mhd()
    vb_mhd_set_variadic(&table, try address("MHD_start_daemon"), try address("MHD_get_connection_info"))
    table.lookup_connection_value = unsafeBitCast(
      try address("MHD_lookup_connection_value"), to: type(of: table.lookup_connection_value))
    table.suspend_connection = unsafeBitCast(
      try address("MHD_suspend_connection"), to: type(of: table.suspend_connection))
    table.resume_connection = unsafeBitCast(try address("MHD_resume_connection"), to: type(of: table.resume_connection))
    table.create_response_from_buffer = unsafeBitCast(
      try address("MHD_create_response_from_buffer"), to: type(of: table.create_response_from_buffer))
    table.add_response_header = unsafeBitCast(
      try address("MHD_add_response_header"), to: type(of: table.add_response_header))
    table.queue_response = unsafeBitCast(try address("MHD_queue_response"), to: type(of: table.queue_response))
    table.destroy_response = unsafeBitCast(try address("MHD_destroy_response"), to: type(of: table.destroy_response))
    self.table = table
  }
}
