// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// A shared library opened by name, never closed.
struct SharedLibrary {
  private let name: String
  private let handle: UnsafeMutableRawPointer

  /// - Parameters:
  ///   - purpose: what the library does for a bundle.
  ///   - remedy: how a person installs it.
  /// - Throws: ``BundleError/Code/libraryMissing``.
  init(_ name: String, purpose: String, remedy: String) throws(BundleError) {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else {
      let reason = dlerror().map { QuotedName.bounded($0, to: 512) } ?? "no reason was given"
      throw BundleError(
        .libraryMissing,
        "\(name), which \(purpose), could not be loaded: \(remedy); the dynamic linker says: \(reason)")
    }
    self.name = name
    self.handle = handle
  }

  /// The function of that name. The caller's type is the header's own, by `typeof` in the module of headers: that is
  /// what makes the cast right, as far as a cast can be.
  /// - Throws: ``BundleError/Code/libraryMissing`` when the library is too old to have it.
  func function<Function>(_ symbol: String) throws(BundleError) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw BundleError(.libraryMissing, "\(name) has no function \(symbol): it is too old for this program; update it")
    }
    return unsafeBitCast(address, to: Function.self)
  }
}
