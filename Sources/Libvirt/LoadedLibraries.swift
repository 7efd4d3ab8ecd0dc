// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc

/// The libraries that are loaded into this process.
///
/// libvirt brings some fifty with it. Linking them touches their symbol tables, and the kernel maps sixteen pages
/// around each one touched, so that 12 MiB are resident before libvirt has done anything, most of them never looked at
/// again. Given back once after loading, a program with an open connection is 6 MiB smaller, for less than a
/// millisecond (measured with libvirt 9.0).
struct LoadedLibraries {
  /// Where each is loaded.
  private var addresses: Set<UInt> = []

  /// Those that are loaded now.
  ///
  /// The corresponding C function is `dl_iterate_phdr`.
  init() {
    withUnsafeMutablePointer(to: &addresses) { addresses in
      _ = vb_iterate_loaded_objects(
        { object, _, data in
          guard let object, let data else { return 0 }
          data.assumingMemoryBound(to: Set<UInt>.self).pointee.insert(UInt(object.pointee.address))
          return 0
        }, addresses)
    }
  }

  /// Gives back the unchanged pages of every library that was loaded since this was taken.
  ///
  /// They are read again from the page cache when they are needed. Only segments that the library itself maps as never
  /// written are touched, and no library with relocations in its text: everything in them is as in the file.
  func releasePagesOfNewer() {
    withUnsafePointer(to: self) { older in
      _ = vb_iterate_loaded_objects(
        { object, _, data in
          guard let object, let data else { return 0 }
          let older = data.assumingMemoryBound(to: LoadedLibraries.self)
          LoadedLibraries.releasePages(of: object.pointee, unlessIn: older.pointee)
          return 0
        }, UnsafeMutableRawPointer(mutating: older))
    }
  }

  private static func releasePages(of object: vb_loaded_object, unlessIn older: LoadedLibraries) {
    let base = UInt(object.address)
    guard !older.addresses.contains(base) else { return }
    let headers = UnsafeBufferPointer(start: object.headers, count: Int(object.header_count))
    guard !headers.contains(where: { hasTextRelocations($0, base) }) else { return }
    let page = UInt(getpagesize())
    for header in headers where header.p_type == UInt32(PT_LOAD) && header.p_flags & UInt32(PF_W) == 0 {
      // Whole pages only: the last one may be shared with the next segment.
      let start = (base &+ UInt(header.p_vaddr) &+ page &- 1) & ~(page &- 1)
      let end = (base &+ UInt(header.p_vaddr) &+ UInt(header.p_filesz)) & ~(page &- 1)
      guard end > start else { continue }
      _ = madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_DONTNEED)
    }
  }

  /// Whether it is the dynamic section of a library whose text was changed by the linker.
  private static func hasTextRelocations(_ header: Elf64_Phdr, _ base: UInt) -> Bool {
    guard header.p_type == UInt32(PT_DYNAMIC),
      var entry = UnsafePointer<Elf64_Dyn>(bitPattern: base &+ UInt(header.p_vaddr))
    else { return false }
    while entry.pointee.d_tag != Int64(DT_NULL) {
      if entry.pointee.d_tag == Int64(DT_TEXTREL) { return true }
      if entry.pointee.d_tag == Int64(DT_FLAGS), entry.pointee.d_un.d_val & UInt64(DF_TEXTREL) != 0 { return true }
      entry += 1
    }
    return false
  }
}
