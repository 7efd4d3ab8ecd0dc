// SPDX-License-Identifier: GPL-3.0-or-later
import CLibarchive

/// The functions of libarchive that this program calls, found by name in the library when the first bundle is written
/// or read.
///
/// A host without libarchive can thus run the program; only bundles cannot be had there.
///
/// `@unchecked` because C function pointers are not marked Sendable: they are constants, and libarchive keeps
/// everything that it changes behind the handle of an archive.
struct ArchiveFunctions: @unchecked Sendable {
  let errorString: vb_archive_error_string_f
  let filterBytes: vb_archive_filter_bytes_f
  let filterCode: vb_archive_filter_code_f
  let filterCount: vb_archive_filter_count_f
  let format: vb_archive_format_f

  let readNew: vb_archive_read_new_f
  let readSupportFilterGzip: vb_archive_read_support_filter_gzip_f
  let readSupportFormatRaw: vb_archive_read_support_format_raw_f
  let readSupportFormatTar: vb_archive_read_support_format_tar_f
  let readOpen: vb_archive_read_open_f
  let readOpenMemory: vb_archive_read_open_memory_f
  let readNextHeader: vb_archive_read_next_header_f
  let readDataBlock: vb_archive_read_data_block_f
  let readFree: vb_archive_read_free_f

  let writeNew: vb_archive_write_new_f
  let writeAddFilterGzip: vb_archive_write_add_filter_gzip_f
  let writeSetFilterOption: vb_archive_write_set_filter_option_f
  let writeSetFormatPaxRestricted: vb_archive_write_set_format_pax_restricted_f
  let writeSetBytesInLastBlock: vb_archive_write_set_bytes_in_last_block_f
  let writeOpen: vb_archive_write_open_f
  let writeHeader: vb_archive_write_header_f
  let writeData: vb_archive_write_data_f
  let writeClose: vb_archive_write_close_f
  let writeFree: vb_archive_write_free_f

  let entryNew: vb_archive_entry_new_f
  let entryClear: vb_archive_entry_clear_f
  let entryFree: vb_archive_entry_free_f
  let entryPathname: vb_archive_entry_pathname_f
  let entryFiletype: vb_archive_entry_filetype_f
  let entryHardlink: vb_archive_entry_hardlink_f
  let entrySize: vb_archive_entry_size_f
  let entrySparseCount: vb_archive_entry_sparse_count_f
  let entrySetPathname: vb_archive_entry_set_pathname_f
  let entrySetFiletype: vb_archive_entry_set_filetype_f
  let entrySetPerm: vb_archive_entry_set_perm_f
  let entrySetSize: vb_archive_entry_set_size_f
  let entrySetMtime: vb_archive_entry_set_mtime_f
  let entrySetUid: vb_archive_entry_set_uid_f
  let entrySetGid: vb_archive_entry_set_gid_f
  let entrySetUname: vb_archive_entry_set_uname_f
  let entrySetGname: vb_archive_entry_set_gname_f

  private static let loaded = Result { () throws(BundleError) in
    try ArchiveFunctions(
      loading: "libarchive.so.13",
      remedy: "install it (Debian, Ubuntu: libarchive13 or libarchive13t64; Fedora, RHEL: libarchive)")
  }

  /// The functions; the library is loaded on first use, and whoever comes meanwhile waits.
  /// - Throws: ``BundleError/Code/libraryMissing``.
  static func load() throws(BundleError) -> ArchiveFunctions { try loaded.get() }

  init(loading name: String, remedy: String) throws(BundleError) {
    let library = try SharedLibrary(name, purpose: "packs and unpacks bundles", remedy: remedy)
    errorString = try library.function("archive_error_string")
    filterBytes = try library.function("archive_filter_bytes")
    filterCode = try library.function("archive_filter_code")
    filterCount = try library.function("archive_filter_count")
    format = try library.function("archive_format")
    readNew = try library.function("archive_read_new")
    readSupportFilterGzip = try library.function("archive_read_support_filter_gzip")
    readSupportFormatRaw = try library.function("archive_read_support_format_raw")
    readSupportFormatTar = try library.function("archive_read_support_format_tar")
    readOpen = try library.function("archive_read_open")
    readOpenMemory = try library.function("archive_read_open_memory")
    readNextHeader = try library.function("archive_read_next_header")
    readDataBlock = try library.function("archive_read_data_block")
    readFree = try library.function("archive_read_free")
    writeNew = try library.function("archive_write_new")
    writeAddFilterGzip = try library.function("archive_write_add_filter_gzip")
    writeSetFilterOption = try library.function("archive_write_set_filter_option")
    writeSetFormatPaxRestricted = try library.function("archive_write_set_format_pax_restricted")
    writeSetBytesInLastBlock = try library.function("archive_write_set_bytes_in_last_block")
    writeOpen = try library.function("archive_write_open")
    writeHeader = try library.function("archive_write_header")
    writeData = try library.function("archive_write_data")
    writeClose = try library.function("archive_write_close")
    writeFree = try library.function("archive_write_free")
    entryNew = try library.function("archive_entry_new")
    entryClear = try library.function("archive_entry_clear")
    entryFree = try library.function("archive_entry_free")
    entryPathname = try library.function("archive_entry_pathname")
    entryFiletype = try library.function("archive_entry_filetype")
    entryHardlink = try library.function("archive_entry_hardlink")
    entrySize = try library.function("archive_entry_size")
    entrySparseCount = try library.function("archive_entry_sparse_count")
    entrySetPathname = try library.function("archive_entry_set_pathname")
    entrySetFiletype = try library.function("archive_entry_set_filetype")
    entrySetPerm = try library.function("archive_entry_set_perm")
    entrySetSize = try library.function("archive_entry_set_size")
    entrySetMtime = try library.function("archive_entry_set_mtime")
    entrySetUid = try library.function("archive_entry_set_uid")
    entrySetGid = try library.function("archive_entry_set_gid")
    entrySetUname = try library.function("archive_entry_set_uname")
    entrySetGname = try library.function("archive_entry_set_gname")
  }

  /// What libarchive says about its last failure: foreign words, so few of them and harmless.
  func reason(_ archive: OpaquePointer) -> String {
    guard let text = errorString(archive) else { return "libarchive gives no reason" }
    return "libarchive: \(QuotedName.bounded(text, to: 200))"
  }
}
