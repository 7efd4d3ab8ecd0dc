// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc
internal import Synchronization

/// The functions of libvirt that this program calls, found by name in the library when a connection is opened.
///
/// A host without libvirt can thus run the program, and a command that needs no libvirt does not pay for loading it
/// (8 to 12 ms and 12 MiB of mapped, mostly shared, pages). The library stays loaded until the process ends: libvirt
/// does not support being unloaded.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and libvirt's functions may be
/// called from any thread.
struct LibvirtFunctions: @unchecked Sendable {
  let virGetLastError: vb_virGetLastError_f
  let virGetVersion: vb_virGetVersion_f
  let virEventRegisterDefaultImpl: vb_virEventRegisterDefaultImpl_f
  let virEventRunDefaultImpl: vb_virEventRunDefaultImpl_f
  let virEventAddTimeout: vb_virEventAddTimeout_f
  let virEventRemoveTimeout: vb_virEventRemoveTimeout_f

  let virConnectOpen: vb_virConnectOpen_f
  let virConnectOpenReadOnly: vb_virConnectOpenReadOnly_f
  let virConnectClose: vb_virConnectClose_f
  let virConnectIsAlive: vb_virConnectIsAlive_f
  let virConnectGetURI: vb_virConnectGetURI_f
  let virConnectGetType: vb_virConnectGetType_f
  let virConnectGetVersion: vb_virConnectGetVersion_f
  let virConnectGetLibVersion: vb_virConnectGetLibVersion_f
  let virConnectListAllDomains: vb_virConnectListAllDomains_f
  let virConnectGetAllDomainStats: vb_virConnectGetAllDomainStats_f
  let virDomainStatsRecordListFree: vb_virDomainStatsRecordListFree_f
  let virConnectDomainEventRegisterAny: vb_virConnectDomainEventRegisterAny_f
  let virConnectDomainEventDeregisterAny: vb_virConnectDomainEventDeregisterAny_f

  let virDomainLookupByID: vb_virDomainLookupByID_f
  let virDomainLookupByName: vb_virDomainLookupByName_f
  let virDomainLookupByUUIDString: vb_virDomainLookupByUUIDString_f
  let virDomainFree: vb_virDomainFree_f
  let virDomainGetName: vb_virDomainGetName_f
  let virDomainGetUUIDString: vb_virDomainGetUUIDString_f
  let virDomainGetID: vb_virDomainGetID_f
  let virDomainGetState: vb_virDomainGetState_f
  let virDomainIsPersistent: vb_virDomainIsPersistent_f
  let virDomainGetXMLDesc: vb_virDomainGetXMLDesc_f
  let virDomainGetMaxMemory: vb_virDomainGetMaxMemory_f
  let virDomainMemoryStats: vb_virDomainMemoryStats_f
  let virDomainGetControlInfo: vb_virDomainGetControlInfo_f
  let virDomainOpenChannel: vb_virDomainOpenChannel_f
  let virDomainSetMemoryFlags: vb_virDomainSetMemoryFlags_f

  let virStreamNew: vb_virStreamNew_f
  let virStreamSend: vb_virStreamSend_f
  let virStreamRecv: vb_virStreamRecv_f
  let virStreamEventAddCallback: vb_virStreamEventAddCallback_f
  let virStreamEventUpdateCallback: vb_virStreamEventUpdateCallback_f
  let virStreamEventRemoveCallback: vb_virStreamEventRemoveCallback_f
  let virStreamAbort: vb_virStreamAbort_f
  let virStreamFree: vb_virStreamFree_f

  /// Loads the library and readies it for use; blocks while the dynamic linker reads it.
  /// - Throws: ``LibvirtError/Code/libraryMissing``, ``LibvirtError/Code/libraryUnusable``, or what libvirt's own
  ///   initialisation says.
  private static let loaded = Mutex<[String: LibvirtFunctions]>([:])

  /// The functions of that library, which is loaded on first use; whoever comes meanwhile waits.
  static func load(_ name: String) throws(LibvirtError) -> LibvirtFunctions {
    // The typed error would be lost in a rethrowing closure.
    let result: Result<LibvirtFunctions, LibvirtError> = loaded.withLock { loaded in
      if let functions = loaded[name] { return .success(functions) }
      do throws(LibvirtError) {
        let functions = try LibvirtFunctions(loading: name)
        loaded[name] = functions
        return .success(functions)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init(loading name: String) throws(LibvirtError) {
    let library = try SharedLibrary(
      name, remedy: "install libvirt's client library (Debian, Ubuntu: libvirt0; Fedora, RHEL: libvirt-libs)")
    virGetLastError = try library.function("virGetLastError")
    virGetVersion = try library.function("virGetVersion")
    virEventRegisterDefaultImpl = try library.function("virEventRegisterDefaultImpl")
    virEventRunDefaultImpl = try library.function("virEventRunDefaultImpl")
    virEventAddTimeout = try library.function("virEventAddTimeout")
    virEventRemoveTimeout = try library.function("virEventRemoveTimeout")
    virConnectOpen = try library.function("virConnectOpen")
    virConnectOpenReadOnly = try library.function("virConnectOpenReadOnly")
    virConnectClose = try library.function("virConnectClose")
    virConnectIsAlive = try library.function("virConnectIsAlive")
    virConnectGetURI = try library.function("virConnectGetURI")
    virConnectGetType = try library.function("virConnectGetType")
    virConnectGetVersion = try library.function("virConnectGetVersion")
    virConnectGetLibVersion = try library.function("virConnectGetLibVersion")
    virConnectListAllDomains = try library.function("virConnectListAllDomains")
    virConnectGetAllDomainStats = try library.function("virConnectGetAllDomainStats")
    virDomainStatsRecordListFree = try library.function("virDomainStatsRecordListFree")
    virConnectDomainEventRegisterAny = try library.function("virConnectDomainEventRegisterAny")
    virConnectDomainEventDeregisterAny = try library.function("virConnectDomainEventDeregisterAny")
    virDomainLookupByID = try library.function("virDomainLookupByID")
    virDomainLookupByName = try library.function("virDomainLookupByName")
    virDomainLookupByUUIDString = try library.function("virDomainLookupByUUIDString")
    virDomainFree = try library.function("virDomainFree")
    virDomainGetName = try library.function("virDomainGetName")
    virDomainGetUUIDString = try library.function("virDomainGetUUIDString")
    virDomainGetID = try library.function("virDomainGetID")
    virDomainGetState = try library.function("virDomainGetState")
    virDomainIsPersistent = try library.function("virDomainIsPersistent")
    virDomainGetXMLDesc = try library.function("virDomainGetXMLDesc")
    virDomainGetMaxMemory = try library.function("virDomainGetMaxMemory")
    virDomainMemoryStats = try library.function("virDomainMemoryStats")
    virDomainGetControlInfo = try library.function("virDomainGetControlInfo")
    virDomainOpenChannel = try library.function("virDomainOpenChannel")
    virDomainSetMemoryFlags = try library.function("virDomainSetMemoryFlags")
    virStreamNew = try library.function("virStreamNew")
    virStreamSend = try library.function("virStreamSend")
    virStreamRecv = try library.function("virStreamRecv")
    virStreamEventAddCallback = try library.function("virStreamEventAddCallback")
    virStreamEventUpdateCallback = try library.function("virStreamEventUpdateCallback")
    virStreamEventRemoveCallback = try library.function("virStreamEventRemoveCallback")
    virStreamAbort = try library.function("virStreamAbort")
    virStreamFree = try library.function("virStreamFree")

    let virInitialize: vb_virInitialize_f = try library.function("virInitialize")
    guard virInitialize() == 0 else { throw lastError() }
    // By default libvirt prints every error to standard error, which belongs to this program's own messages.
    let virSetErrorFunc: vb_virSetErrorFunc_f = try library.function("virSetErrorFunc")
    virSetErrorFunc(nil) { _, _ in }
    // What initialising touched is as little needed again.
    library.before.releasePagesOfNewer()
  }
}

/// libvirt's functions for QEMU alone, in a library of their own that is loaded for the first command passed on.
struct LibvirtQEMUFunctions: @unchecked Sendable {
  // @unchecked for the same reason as LibvirtFunctions.
  let virDomainQemuMonitorCommand: vb_virDomainQemuMonitorCommand_f
  let virDomainQemuAgentCommand: vb_virDomainQemuAgentCommand_f

  init(loading name: String) throws(LibvirtError) {
    let library = try SharedLibrary(
      name, remedy: "it comes with libvirt's client library (Debian, Ubuntu: libvirt0; Fedora, RHEL: libvirt-libs)")
    virDomainQemuMonitorCommand = try library.function("virDomainQemuMonitorCommand")
    virDomainQemuAgentCommand = try library.function("virDomainQemuAgentCommand")
  }
}

/// A shared library opened by name, never closed.
private struct SharedLibrary {
  let name: String
  let handle: UnsafeMutableRawPointer
  /// What was loaded before it.
  let before: LoadedLibraries

  init(_ name: String, remedy: String) throws(LibvirtError) {
    self.name = name
    before = LoadedLibraries()
    // What this program needed to start and to read its arguments is little needed again either.
    if dlopen(name, RTLD_LAZY | RTLD_NOLOAD) == nil { LoadedLibraries.none.releasePagesOfNewer() }
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else {
      let reason = dlerror().map { BoundedText.string($0, limit: 1024) } ?? "no reason was given"
      throw LibvirtError(.libraryMissing, "\(name) could not be loaded: \(remedy); the dynamic linker says: \(reason)")
    }
    self.handle = handle
    before.releasePagesOfNewer()
  }

  /// The function of that name. The caller's type is the header's own, by `typeof` in CLibvirt: that is what makes the
  /// cast right, as far as a cast can be.
  func function<Function>(_ symbol: String) throws(LibvirtError) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw LibvirtError(
        .libraryUnusable, "\(name) has no function \(symbol): it is too old; 1.2.14 or later is needed")
    }
    return unsafeBitCast(address, to: Function.self)
  }
}
