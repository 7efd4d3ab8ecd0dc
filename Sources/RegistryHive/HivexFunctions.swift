// SPDX-License-Identifier: GPL-3.0-or-later
internal import CHivex
internal import Glibc
internal import Synchronization

/// The functions of libhivex that this program calls, found by name in the library when the first hive is opened.
///
/// A host without libhivex can thus run the program; only hives cannot be read there. The library stays loaded until
/// the process ends.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and libhivex keeps everything
/// that it changes behind the handle of a hive.
struct HivexFunctions: @unchecked Sendable {
  let open: vb_hivex_open_f
  let close: vb_hivex_close_f
  let root: vb_hivex_root_f
  let nodeName: vb_hivex_node_name_f
  let nodeChildCount: vb_hivex_node_nr_children_f
  let nodeChildren: vb_hivex_node_children_f
  let nodeValueCount: vb_hivex_node_nr_values_f
  let nodeValues: vb_hivex_node_values_f
  let valueKey: vb_hivex_value_key_f
  let valueType: vb_hivex_value_type_f
  let valueContent: vb_hivex_value_value_f

  /// The library's name, the same since its first release.
  static let libraryName = "libhivex.so.0"

  private static let loaded = Mutex<[String: HivexFunctions]>([:])

  /// The functions of that library, which is loaded on first use; whoever comes meanwhile waits.
  /// - Throws: ``HiveError/Code/libraryMissing`` or ``HiveError/Code/libraryUnusable``.
  static func load(_ name: String = libraryName) throws(HiveError) -> HivexFunctions {
    // The typed error would be lost in a rethrowing closure.
    let result: Result<HivexFunctions, HiveError> = loaded.withLock { loaded in
      if let functions = loaded[name] { return .success(functions) }
      do throws(HiveError) {
        let functions = try HivexFunctions(loading: name)
        loaded[name] = functions
        return .success(functions)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init(loading name: String) throws(HiveError) {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0).prefix(512) } ?? "no reason was given"
      throw HiveError(
        .libraryMissing,
        "\(name), which reads registry hives, could not be loaded: install it (Debian, Ubuntu: libhivex0; Fedora, "
          + "RHEL: hivex-libs or hivex); the dynamic linker says: \(reason)")
    }
    let library = Library(name: name, handle: handle)
    open = try library.function("hivex_open")
    close = try library.function("hivex_close")
    root = try library.function("hivex_root")
    nodeName = try library.function("hivex_node_name")
    nodeChildCount = try library.function("hivex_node_nr_children")
    nodeChildren = try library.function("hivex_node_children")
    nodeValueCount = try library.function("hivex_node_nr_values")
    nodeValues = try library.function("hivex_node_values")
    valueKey = try library.function("hivex_value_key")
    valueType = try library.function("hivex_value_type")
    valueContent = try library.function("hivex_value_value")
  }

  /// A shared library opened by name, never closed.
  private struct Library {
    let name: String
    let handle: UnsafeMutableRawPointer

    /// The function of that name. The caller's type is the header's own, by `typeof` in CHivex: that is what makes the
    /// cast right, as far as a cast can be.
    func function<Function>(_ symbol: String) throws(HiveError) -> Function {
      guard let address = dlsym(handle, symbol) else {
        throw HiveError(
          .libraryUnusable, "\(name) has no function \(symbol): it is too old for this program")
      }
      return unsafeBitCast(address, to: Function.self)
    }
  }
}
